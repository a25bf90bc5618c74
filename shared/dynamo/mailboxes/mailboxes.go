// Package mailboxes stores mailboxes with their links, and wishes for links, in the Requests table.
package mailboxes

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Store implements [mailbox.Mailboxes] and [mailbox.Wishes].
type Store struct {
	Client *dynamodb.Client
	Table  string
	Now    func() time.Time
}

func key(kind work.Kind, id string) dynamo.Item {
	return dynamo.Key(queue.Key(work.Task{Kind: kind, Ref: id}))
}

// get reads an item consistently. It returns nil if there is none, or if its retention has ended.
func (s *Store) get(ctx context.Context, kind work.Kind, id string) (dynamo.Item, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.Table, Key: key(kind, id), ConsistentRead: aws.Bool(true)})
	if err != nil || out.Item == nil || dynamo.Expired(out.Item, s.Now()) {
		return nil, err
	}
	return out.Item, nil
}

// Load reads one mailbox consistently. found is false if there is none, or if its retention has ended.
func (s *Store) Load(ctx context.Context, id string) (m mailbox.Mailbox, found bool, err error) {
	stored, err := s.get(ctx, work.Mailbox, id)
	if err != nil || stored == nil {
		return mailbox.Mailbox{}, false, err
	}
	return parse(id, stored), true, nil
}

// Save replaces the mailbox if it is still at the version of m, and returns m with its new version. Version 0 stands for none, or for one whose
// retention has ended. If the mailbox has changed, Save returns [mailbox.ErrChanged].
func (s *Store) Save(ctx context.Context, m mailbox.Mailbox) (mailbox.Mailbox, error) {
	put := types.Put{
		TableName: &s.Table, Item: item(m), ConditionExpression: aws.String("attribute_not_exists(PK) OR expiresAt <= :now"),
		ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(s.Now())},
	}
	if m.Version > 0 {
		put.ConditionExpression, put.ExpressionAttributeValues = aws.String("v = :v"), dynamo.Item{":v": dynamo.Number(int64(m.Version))}
	}
	var tx dynamo.Tx
	tx.Put(put)
	refusal, err := tx.Commit(ctx, s.Client)
	if err != nil {
		return m, err
	}
	if refusal != nil {
		return m, mailbox.ErrChanged
	}
	m.Version++
	return m, nil
}

// LoadWish reads a wish for a link consistently.
func (s *Store) LoadWish(ctx context.Context, id string) (a mailbox.Wish, found bool, err error) {
	stored, err := s.get(ctx, work.Link, id)
	if err != nil || stored == nil {
		return mailbox.Wish{}, false, err
	}
	return parseWish(id, stored), true, nil
}

func parseWish(id string, it dynamo.Item) mailbox.Wish {
	return mailbox.Wish{
		ID: id, Email: dynamo.Text(it, "email"), ExpiresAt: dynamo.Time(it, dynamo.ExpiresAt), Due: work.Due{NextAt: dynamo.Time(it, dynamo.NextAt)},
	}
}

// SaveWish stores a wish for a link. Its id is random, so the write needs no condition, and may be repeated after a lost answer (fault F01).
func (s *Store) SaveWish(ctx context.Context, a mailbox.Wish) error {
	stored := key(work.Link, a.ID)
	stored["email"], stored[dynamo.ExpiresAt] = dynamo.String(a.Email), dynamo.Seconds(a.ExpiresAt)
	dynamo.SetWork(stored, a.NextAt)
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.Table, Item: stored})
	return err
}

// DeleteWish deletes a wish for a link.
func (s *Store) DeleteWish(ctx context.Context, id string) error {
	_, err := s.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &s.Table, Key: key(work.Link, id)})
	return err
}

func item(m mailbox.Mailbox) dynamo.Item {
	it := key(work.Mailbox, m.ID)
	it["v"], it["generation"], it[dynamo.ExpiresAt] = dynamo.Number(int64(m.Version)+1), dynamo.Number(int64(m.Generation)), dynamo.Seconds(m.ExpiresAt)
	it["email"] = dynamo.String(m.Address)
	if m.Subject != "" {
		it["subject"] = dynamo.String(string(m.Subject))
	}
	if len(m.Formerly) > 0 {
		joined := dynamo.Item{}
		for _, f := range m.Formerly {
			joined[string(f.ID)] = dynamo.Seconds(f.At)
		}
		it["formerly"] = &types.AttributeValueMemberM{Value: joined}
	}
	if m.Doubt != subject.NoDoubt {
		it["doubt"] = dynamo.String(string(m.Doubt))
	}
	if len(m.Shared) > 0 {
		sharers := make([]types.AttributeValue, len(m.Shared))
		for i, id := range m.Shared {
			sharers[i] = dynamo.String(string(id))
		}
		it["shared"] = &types.AttributeValueMemberL{Value: sharers}
	}
	if !m.CutAt.IsZero() {
		it["cutAt"] = dynamo.Seconds(m.CutAt)
	}
	if !m.SessionsEnd.IsZero() {
		it["sessionsEnd"] = dynamo.Seconds(m.SessionsEnd)
	}
	links := make([]types.AttributeValue, len(m.Links))
	for i, l := range m.Links {
		links[i] = linkItem(l)
	}
	it["links"] = &types.AttributeValueMemberL{Value: links}
	wanted := make([]types.AttributeValue, len(m.Wanted))
	for i, r := range m.Wanted {
		wanted[i] = dynamo.String(string(r))
	}
	it["wanted"] = &types.AttributeValueMemberL{Value: wanted}
	if !m.Mailed.On.IsZero() {
		counts := dynamo.Item{}
		for r, n := range m.Mailed.Counts {
			counts[string(r)] = dynamo.Number(int64(n))
		}
		it["day"], it["mailed"] = dynamo.Seconds(m.Mailed.On), &types.AttributeValueMemberM{Value: counts}
	}
	it["minted"], it["returned"], it["receipts"] = dynamo.Number(int64(m.Minted)), dynamo.Number(int64(m.Returned)), dynamo.Number(int64(m.Receipts))
	acts := make([]types.AttributeValue, len(m.Acts))
	for i, a := range m.Acts {
		acts[i] = actItem(a)
	}
	it["acts"] = &types.AttributeValueMemberL{Value: acts}
	setDue(it, "link", m.Due)
	setDue(it, "receipt", m.Receipt)
	dynamo.SetWork(it, earliest(m.NextAt, m.Receipt.NextAt))
	return it
}

// setDue stores when a mail is due, under names that begin with what it brings. The index needs the earliest time of all in one attribute.
func setDue(it dynamo.Item, what string, due work.Due) {
	if !due.NextAt.IsZero() {
		it[what+"At"], it[what+"Tries"] = dynamo.Seconds(due.NextAt), dynamo.Number(int64(due.Try))
	}
}

func parseDue(it dynamo.Item, what string) work.Due {
	return work.Due{NextAt: dynamo.Time(it, what+"At"), Try: int(dynamo.Int(it, what+"Tries"))}
}

// earliest returns the earlier of two times, of which either may be zero.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func actItem(a mailbox.Act) types.AttributeValue {
	it := dynamo.Item{"kind": dynamo.String(string(a.Kind)), "at": dynamo.Seconds(a.At)}
	for name, value := range map[string]string{"request": a.Request, "right": string(a.Right), "scope": string(a.Scope), "zone": a.TimeZone} {
		if value != "" {
			it[name] = dynamo.String(value)
		}
	}
	if !a.DueAt.IsZero() {
		it["dueAt"] = dynamo.Seconds(a.DueAt)
	}
	if len(a.Decisions) > 0 {
		decisions := dynamo.Item{}
		for purpose, state := range a.Decisions {
			decisions[string(purpose)] = dynamo.String(string(state))
		}
		it["decisions"] = &types.AttributeValueMemberM{Value: decisions}
	}
	return &types.AttributeValueMemberM{Value: it}
}

func parseAct(it dynamo.Item) mailbox.Act {
	a := mailbox.Act{
		Kind: mailbox.ActKind(dynamo.Text(it, "kind")), Request: dynamo.Text(it, "request"), Right: privacy.Right(dynamo.Text(it, "right")),
		Scope: privacy.Scope(dynamo.Text(it, "scope")), DueAt: dynamo.Time(it, "dueAt"), TimeZone: dynamo.Text(it, "zone"), At: dynamo.Time(it, "at"),
	}
	if decisions, ok := it["decisions"].(*types.AttributeValueMemberM); ok {
		a.Decisions = map[privacy.Purpose]consent.State{}
		for purpose := range decisions.Value {
			a.Decisions[privacy.Purpose(purpose)] = consent.State(dynamo.Text(decisions.Value, purpose))
		}
	}
	return a
}

func linkItem(l mailbox.Link) types.AttributeValue {
	it := dynamo.Item{"n": dynamo.Number(int64(l.N)), "hash": dynamo.Bytes(l.Hash), "at": dynamo.Seconds(l.MintedAt)}
	if l.Left {
		it["left"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	if l.Openings > 0 {
		it["opened"], it["openings"] = dynamo.Seconds(l.OpenedAt), dynamo.Number(int64(l.Openings))
	}
	return &types.AttributeValueMemberM{Value: it}
}

func parse(id string, it dynamo.Item) mailbox.Mailbox {
	m := mailbox.Mailbox{
		ID: id, Version: int(dynamo.Int(it, "v")), Address: dynamo.Text(it, "email"), Subject: privacy.SubjectID(dynamo.Text(it, "subject")),
		Generation: int(dynamo.Int(it, "generation")), SessionsEnd: dynamo.Time(it, "sessionsEnd"), ExpiresAt: dynamo.Time(it, dynamo.ExpiresAt),
		Minted: int(dynamo.Int(it, "minted")), Returned: int(dynamo.Int(it, "returned")), Due: parseDue(it, "link"), Receipts: int(dynamo.Int(it, "receipts")), Receipt: parseDue(it, "receipt"),
	}
	m.Doubt, m.CutAt = subject.Doubt(dynamo.Text(it, "doubt")), dynamo.Time(it, "cutAt")
	if joined, ok := it["formerly"].(*types.AttributeValueMemberM); ok {
		for id := range joined.Value {
			m.Formerly = append(m.Formerly, subject.Former{ID: privacy.SubjectID(id), At: dynamo.Time(joined.Value, id)})
		}
		slices.SortFunc(m.Formerly, func(a, b subject.Former) int { return a.At.Compare(b.At) })
	}
	for _, each := range list(it, "shared") {
		if id, ok := each.(*types.AttributeValueMemberS); ok {
			m.Shared = append(m.Shared, privacy.SubjectID(id.Value))
		}
	}
	for _, each := range list(it, "acts") {
		if a, ok := each.(*types.AttributeValueMemberM); ok {
			m.Acts = append(m.Acts, parseAct(a.Value))
		}
	}
	for _, each := range list(it, "links") {
		if l, ok := each.(*types.AttributeValueMemberM); ok {
			m.Links = append(m.Links, mailbox.Link{
				N: int(dynamo.Int(l.Value, "n")), Hash: dynamo.Blob(l.Value, "hash"), MintedAt: dynamo.Time(l.Value, "at"), Left: dynamo.Flag(l.Value, "left"),
				OpenedAt: dynamo.Time(l.Value, "opened"), Openings: int(dynamo.Int(l.Value, "openings")),
			})
		}
	}
	for _, each := range list(it, "wanted") {
		if r, ok := each.(*types.AttributeValueMemberS); ok {
			m.Wanted = append(m.Wanted, mailbox.Reason(r.Value))
		}
	}
	if counts, ok := it["mailed"].(*types.AttributeValueMemberM); ok {
		m.Mailed = mailbox.Day{On: dynamo.Time(it, "day"), Counts: map[mailbox.Reason]int{}}
		for r := range counts.Value {
			m.Mailed.Counts[mailbox.Reason(r)] = int(dynamo.Int(counts.Value, r))
		}
	}
	return m
}

func list(it dynamo.Item, name string) []types.AttributeValue {
	if l, ok := it[name].(*types.AttributeValueMemberL); ok {
		return l.Value
	}
	return nil
}
