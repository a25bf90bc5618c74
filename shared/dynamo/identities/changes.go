package identities

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// EntryPrefix is what the sort key of the entry of a change under a mailbox begins with.
const EntryPrefix = "CHANGE#"

func changeKey(id string) dynamo.Item {
	return dynamo.Key(queue.Key(work.Task{Kind: work.Identity, Ref: id}))
}

func entryKey(mailbox, id string) dynamo.Item {
	pk, _ := queue.Key(work.Task{Kind: work.Mailbox, Ref: mailbox})
	return dynamo.Key(pk, EntryPrefix+id)
}

// LoadChange implements [identity.Changes].
func (s *Store) LoadChange(ctx context.Context, id string) (identity.Change, bool, error) {
	item, err := s.read(ctx, changeKey(id))
	if err != nil || item == nil {
		return identity.Change{}, false, err
	}
	return parseChange(id, item), true, nil
}

func (s *Store) read(ctx context.Context, key dynamo.Item) (dynamo.Item, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.requests, Key: key, ConsistentRead: aws.Bool(true)})
	if err != nil || out.Item == nil || dynamo.Expired(out.Item, s.Now()) {
		return nil, err
	}
	return out.Item, nil
}

// SaveChange implements [identity.Changes].
func (s *Store) SaveChange(ctx context.Context, c identity.Change) (lost bool, err error) {
	var tx dynamo.Tx
	tx.Put(s.replaceChange(c))
	refusal, err := tx.Commit(ctx, s.Client)
	return refusal != nil, err
}

// replaceChange returns the write that replaces a stored change.
func (s *Store) replaceChange(c identity.Change) types.Put {
	return types.Put{TableName: &s.requests, Item: changeItem(c), ConditionExpression: aws.String("v = :v"),
		ExpressionAttributeValues: dynamo.Item{":v": dynamo.Number(int64(c.Version))}}
}

// LoadContestable implements [identity.Contests].
func (s *Store) LoadContestable(ctx context.Context, mailbox, id string) (identity.Contestable, bool, error) {
	item, err := s.read(ctx, entryKey(mailbox, id))
	if err != nil || item == nil {
		return identity.Contestable{}, false, err
	}
	c, ok := ParseEntry(item, s.Now())
	return c, ok, nil
}

// Contest implements [identity.Contests].
func (s *Store) Contest(ctx context.Context, c identity.Change, mailbox string) (lost bool, err error) {
	var tx dynamo.Tx
	tx.Put(s.replaceChange(c))
	tx.Delete(types.Delete{TableName: &s.requests, Key: entryKey(mailbox, c.ID), ConditionExpression: aws.String("attribute_exists(PK)")})
	refusal, err := tx.Commit(ctx, s.Client)
	return refusal != nil, err
}

// Seen implements [identity.Contests].
func (s *Store) Seen(ctx context.Context, mailbox, id string) (found bool, err error) {
	_, err = s.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: &s.requests, Key: entryKey(mailbox, id), ConditionExpression: aws.String("attribute_exists(PK)")})
	if _, missing := dynamo.ConditionFailed(err); missing {
		return false, nil
	}
	return err == nil, err
}

// ParseEntry reads the entry of a change under a mailbox. ok is false for another item, and for one whose retention has ended at now.
func ParseEntry(item dynamo.Item, now time.Time) (c identity.Contestable, ok bool) {
	id, ok := strings.CutPrefix(dynamo.Text(item, dynamo.SK), EntryPrefix)
	if !ok || dynamo.Expired(item, now) {
		return identity.Contestable{}, false
	}
	return identity.Contestable{ID: id, Kind: audit.Act(dynamo.Text(item, "kind")), At: dynamo.Time(item, "at")}, true
}

func entryItem(mailbox string, c identity.Change) dynamo.Item {
	item := entryKey(mailbox, c.ID)
	item["kind"], item["at"], item[dynamo.ExpiresAt] = dynamo.String(string(c.Kind)), dynamo.Seconds(c.At), dynamo.Seconds(c.ExpiresAt)
	return item
}

func changeItem(c identity.Change) dynamo.Item {
	item := changeKey(c.ID)
	item["v"], item["kind"], item["sid"] = dynamo.Number(int64(c.Version)+1), dynamo.String(string(c.Kind)), dynamo.String(string(c.Subject))
	item["at"], item[dynamo.ExpiresAt], item["tries"] = dynamo.Seconds(c.At), dynamo.Seconds(c.ExpiresAt), dynamo.Number(int64(c.Try))
	var cut, told []types.AttributeValue
	for _, one := range c.Cut {
		cut = append(cut, texts(map[string]string{"mailbox": one.Mailbox, "leaves": string(one.Leaves)}))
	}
	for _, one := range c.Told {
		told = append(told, texts(map[string]string{"email": one.Address, "mailbox": one.Mailbox, "role": string(one.Role)}))
	}
	rebuild := make([]types.AttributeValue, len(c.Rebuild))
	for i, id := range c.Rebuild {
		rebuild[i] = dynamo.String(string(id))
	}
	freezes := make([]types.AttributeValue, len(c.Freezes))
	for i, alias := range c.Freezes {
		freezes[i] = dynamo.String(alias)
	}
	for name, values := range map[string][]types.AttributeValue{"cut": cut, "told": told, "rebuild": rebuild, "freezes": freezes} {
		if len(values) > 0 {
			item[name] = &types.AttributeValueMemberL{Value: values}
		}
	}
	if !c.ContestedAt.IsZero() {
		item["contestedAt"], item["contestedBy"] = dynamo.Seconds(c.ContestedAt), dynamo.String(c.ContestedBy)
	}
	dynamo.SetWork(item, c.NextAt)
	return item
}

// texts returns a map of those texts that are not empty.
func texts(all map[string]string) types.AttributeValue {
	m := dynamo.Item{}
	for name, text := range all {
		if text != "" {
			m[name] = dynamo.String(text)
		}
	}
	return &types.AttributeValueMemberM{Value: m}
}

func parseChange(id string, item dynamo.Item) identity.Change {
	c := identity.Change{
		ID: id, Version: int(dynamo.Int(item, "v")), Kind: audit.Act(dynamo.Text(item, "kind")), Subject: privacy.SubjectID(dynamo.Text(item, "sid")),
		At: dynamo.Time(item, "at"), ContestedAt: dynamo.Time(item, "contestedAt"), ContestedBy: dynamo.Text(item, "contestedBy"),
		Due: work.Due{NextAt: dynamo.Time(item, dynamo.NextAt), Try: int(dynamo.Int(item, "tries"))}, ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}
	for _, one := range list(item, "cut") {
		if m, ok := one.(*types.AttributeValueMemberM); ok {
			c.Cut = append(c.Cut, identity.Cut{Mailbox: dynamo.Text(m.Value, "mailbox"), Leaves: privacy.SubjectID(dynamo.Text(m.Value, "leaves"))})
		}
	}
	for _, one := range list(item, "told") {
		if m, ok := one.(*types.AttributeValueMemberM); ok {
			c.Told = append(c.Told, identity.Told{
				Address: dynamo.Text(m.Value, "email"), Mailbox: dynamo.Text(m.Value, "mailbox"), Role: identity.Role(dynamo.Text(m.Value, "role"))})
		}
	}
	for _, one := range list(item, "rebuild") {
		if id, ok := one.(*types.AttributeValueMemberS); ok {
			c.Rebuild = append(c.Rebuild, privacy.SubjectID(id.Value))
		}
	}
	for _, one := range list(item, "freezes") {
		if alias, ok := one.(*types.AttributeValueMemberS); ok {
			c.Freezes = append(c.Freezes, alias.Value)
		}
	}
	return c
}

func list(item dynamo.Item, name string) []types.AttributeValue {
	if l, ok := item[name].(*types.AttributeValueMemberL); ok {
		return l.Value
	}
	return nil
}
