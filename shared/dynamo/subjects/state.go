package subjects

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// State reads the state of a subject consistently. It returns an expired state too, because a walk still needs it. It returns false if there
// is none.
func (s *Store) State(ctx context.Context, sid privacy.SubjectID) (standing.Snapshot, bool, error) {
	item, err := s.get(ctx, "s#"+string(sid), stateSK)
	if err != nil || item == nil {
		return standing.Snapshot{}, false, err
	}
	state := standing.Snapshot{
		State: standing.State{
			Contract:    standing.Contract(dynamo.Text(item, "contract")),
			EndedAt:     moment(item, "endedAt"),
			Newest:      moment(item, "newest"),
			AccountData: dynamo.Flag(item, "accountData"),
			Endless:     dynamo.Flag(item, "endless"),
			Latest:      moment(item, "latest"),
			Marketing:   standing.Choice(dynamo.Text(item, "marketing")),
			Unconsented: moment(item, "unconsented"),
			Proof:       standing.Proof{Until: moment(item, "proofUntil"), Version: int(dynamo.Int(item, "proofVersion"))},
			Formerly:    formers(item),
			Into:        privacy.SubjectID(dynamo.Text(item, "into")),
		},
		Version:   dynamo.Int(item, "version"),
		Accounts:  dynamo.Int(item, "accounts"),
		ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
		Since:     dynamo.Time(item, since),
		Aliases:   texts(item, aliases),
		Shared:    texts(item, shared),
		Left:      texts(item, left),
		Primary:   dynamo.Text(item, primary),
	}
	return state, true, nil
}

// Create adds the writes that put a subject on record to a transaction, with the aliases that come to stand for them, and returns the state after
// them. DynamoDB refuses the transaction if one of the aliases has changed since it was read. shared is an address that they share from now on, or
// nil, and owner who used it alone so far, if somebody did.
func (s *Store) Create(
	tx *dynamo.Tx, id privacy.SubjectID, learns []identity.AliasChange, shares *identity.AliasChange, owner privacy.SubjectID, state standing.State, expires time.Time,
) standing.Snapshot {
	after := standing.Snapshot{State: state, Version: 1, Accounts: 1, ExpiresAt: expires, Since: s.Now().UTC().Truncate(time.Second)}
	for _, a := range learns {
		after.Aliases = append(after.Aliases, a.To.Key)
		if after.Primary == "" && subject.IsAddress(a.To.Key) {
			after.Primary = a.To.Key
		}
	}
	if shares != nil {
		after.Aliases, after.Shared = append(after.Aliases, shares.To.Key), []string{shares.To.Key}
	}
	what := dynamo.Key("s#"+string(id), stateSK)
	what[version], what["accounts"] = dynamo.Number(after.Version), dynamo.Number(after.Accounts)
	setTexts(what, aliases, after.Aliases)
	setTexts(what, shared, after.Shared)
	for name, value := range attributes(state) {
		what[name] = value
	}
	what[people], what[since] = dynamo.String(peopleShard(id)), dynamo.Seconds(after.Since)
	if after.Primary == "" {
		after.Primary = strings.Join(after.Shared, "")
	}
	if after.Primary != "" {
		what[primary] = dynamo.String(after.Primary)
	}
	if !expires.IsZero() {
		what[dynamo.ExpiresAt] = dynamo.Seconds(expires)
	}
	tx.Put(types.Put{TableName: aws.String(s.Table), Item: what, ConditionExpression: aws.String("attribute_not_exists(PK)")})
	s.learn(tx, id, learns, nil, expires)
	if shares != nil {
		s.Replace(tx, shares.From, shares.To)
	}
	if owner != "" {
		tx.Update(types.Update{TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(owner), stateSK),
			UpdateExpression: aws.String("ADD #shared :shared"), ConditionExpression: aws.String("attribute_exists(PK)"),
			ExpressionAttributeNames:  map[string]string{"#shared": shared},
			ExpressionAttributeValues: dynamo.Item{":shared": &types.AttributeValueMemberSS{Value: after.Shared}}})
	}
	return after
}

// learn adds the writes by which aliases come to stand for a subject.
func (s *Store) learn(tx *dynamo.Tx, id privacy.SubjectID, learns []identity.AliasChange, formers []subject.Former, expires time.Time) {
	for _, a := range learns {
		is := a.To
		is.Subjects, is.Formerly, is.ExpiresAt = []privacy.SubjectID{id}, formers, expires
		s.Replace(tx, a.From, is)
	}
}

// Same adds the condition that the state still has this version to a transaction.
func (s *Store) Same(tx *dynamo.Tx, sid privacy.SubjectID, version int64) {
	tx.Check(types.ConditionCheck{
		TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(sid), stateSK),
		ConditionExpression:       aws.String("version = :v"),
		ExpressionAttributeValues: dynamo.Item{":v": dynamo.Number(version)},
	})
}

// Touch adds a write to a transaction that stores account records without changing the state, and returns the state after it. It counts the
// writes of account records, so that only one of two writers that read the same account records succeeds.
func (s *Store) Touch(tx *dynamo.Tx, sid privacy.SubjectID, from standing.Snapshot) standing.Snapshot {
	after := from
	after.Accounts++
	tx.Update(types.Update{
		TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(sid), stateSK),
		UpdateExpression: aws.String("SET accounts = :next"), ConditionExpression: aws.String("version = :v AND accounts = :a"),
		ExpressionAttributeValues: dynamo.Item{
			":v": dynamo.Number(from.Version), ":a": dynamo.Number(from.Accounts), ":next": dynamo.Number(after.Accounts)},
	})
	return after
}

// Share is an alias that a data subject shares, and until when somebody else needs it.
type Share struct {
	alias  subject.Alias
	others []time.Time // when everything about the others expires; zero while something has no end
}

// Shares reads the aliases that a data subject shares with others, if there are any. [Store.Change] needs them, because such an alias expires with
// whoever expires last.
func (s *Store) Shares(ctx context.Context, id privacy.SubjectID, of standing.Snapshot) (all []Share, err error) {
	found, err := s.Aliases(ctx, of.Shared...)
	if err != nil {
		return nil, err
	}
	for _, key := range of.Shared {
		a, stored := found[key]
		if !stored {
			continue
		}
		share := Share{alias: a}
		for _, other := range a.Subjects {
			state, known, err := s.State(ctx, other)
			if err != nil {
				return nil, err
			}
			if other != id && known {
				share.others = append(share.others, state.ExpiresAt)
			}
		}
		all = append(all, share)
	}
	return all, nil
}

// Change adds the writes that replace a state to a transaction, and returns the state after them. DynamoDB refuses the transaction if the
// state has changed or account records were written since from was read. Attributes that this package does not know stay as they are. The
// aliases, and the states of those who were joined to the subject, are written only if the expiry changes. A renewed contract moves the subject to the end of their shard of the index people, where a
// walk that has begun still finds them.
func (s *Store) Change(tx *dynamo.Tx, id privacy.SubjectID, from standing.Snapshot, to standing.State, expires time.Time, also Also) standing.Snapshot {
	after := from
	after.State, after.ExpiresAt = to, expires
	u := s.update(id, &after, from)
	if to.ContractRenewed(from.State) {
		u.renew(&after, s.Now())
	}
	var learnt []string
	for _, a := range also.Learns {
		learnt = append(learnt, a.To.Key)
	}
	if len(learnt) > 0 {
		u.add = " ADD #aliases :aliases"
		u.ExpressionAttributeNames["#aliases"] = aliases
		u.ExpressionAttributeValues[":aliases"] = &types.AttributeValueMemberSS{Value: learnt}
	}
	tx.Update(u.build())
	if !expires.Equal(from.ExpiresAt) {
		s.moveAll(tx, after, also.Shares)
	}
	s.learn(tx, id, also.Learns, to.Formerly, expires)
	after.Aliases = slices.Concat(after.Aliases, learnt)
	return after
}

// Also is what changes with a state.
type Also struct {
	Learns []identity.AliasChange // aliases that come to stand for the subject
	Shares []Share                // aliases that expire with others too, as [Store.Shares] returns them; needed if the expiry changes
}

// update is a change of a state that is being put together.
type update struct {
	types.Update
	set, remove, add string
}

// update begins a change of a state from one snapshot to another, whose counters it sets.
func (s *Store) update(id privacy.SubjectID, to *standing.Snapshot, from standing.Snapshot) *update {
	to.Version, to.Accounts = from.Version+1, from.Accounts+1
	u := &update{set: "SET version = :v, accounts = :next", Update: types.Update{
		ExpressionAttributeNames: map[string]string{},
		TableName:                aws.String(s.Table), Key: dynamo.Key("s#"+string(id), stateSK),
		ConditionExpression: aws.String("attribute_exists(PK) AND version = :from AND accounts = :a"),
		ExpressionAttributeValues: dynamo.Item{":from": dynamo.Number(from.Version), ":v": dynamo.Number(to.Version),
			":a": dynamo.Number(from.Accounts), ":next": dynamo.Number(to.Accounts)},
	}}
	attrs := attributes(to.State)
	for _, name := range stateAttributes {
		u.attribute(name, attrs[name])
	}
	var expires types.AttributeValue
	if !to.ExpiresAt.IsZero() {
		expires = dynamo.Seconds(to.ExpiresAt)
	}
	u.attribute(dynamo.ExpiresAt, expires)
	return u
}

// attribute sets an attribute, or removes it if the value is nil.
func (u *update) attribute(name string, value types.AttributeValue) {
	u.ExpressionAttributeNames["#"+name] = name
	if value == nil {
		u.remove += ", #" + name
		return
	}
	u.set += ", #" + name + " = :" + name
	u.ExpressionAttributeValues[":"+name] = value
}

// renew moves the subject to the end of their shard of the index people.
func (u *update) renew(to *standing.Snapshot, now time.Time) {
	to.Since = now.UTC().Truncate(time.Second)
	u.attribute(since, dynamo.Seconds(to.Since))
}

func (u *update) build() types.Update {
	expression := u.set
	if u.remove != "" {
		expression += " REMOVE " + u.remove[2:]
	}
	u.UpdateExpression = aws.String(expression + u.add)
	return u.Update
}

// moveAll changes the expiry of everything that expires with a subject.
func (s *Store) moveAll(tx *dynamo.Tx, of standing.Snapshot, shares []Share) {
	for _, alias := range of.Aliases {
		if !slices.Contains(of.Shared, alias) {
			s.move(tx, alias, aliasSK, of.ExpiresAt)
		}
	}
	for _, share := range shares {
		is := share.alias
		is.ExpiresAt = standing.Latest(append(share.others, of.ExpiresAt)...)
		s.Replace(tx, share.alias, is)
	}
	for _, f := range of.Formerly {
		s.move(tx, "s#"+string(f.ID), stateSK, of.ExpiresAt)
	}
}

// move changes the expiry of an item. Without the condition, the update would create an empty item for a deleted one. An alias that stands for
// somebody else too since it was read does not move.
func (s *Store) move(tx *dynamo.Tx, pk, sk string, expires time.Time) {
	update := types.Update{
		TableName: aws.String(s.Table), Key: dynamo.Key(pk, sk),
		UpdateExpression: aws.String("REMOVE expiresAt"), ConditionExpression: aws.String("attribute_exists(PK)"),
	}
	if sk == aliasSK { // the word is reserved in expressions
		update.ConditionExpression = aws.String("attribute_exists(PK) AND attribute_not_exists(#shared)")
		update.ExpressionAttributeNames = map[string]string{"#shared": shared}
	}
	if !expires.IsZero() {
		update.UpdateExpression = aws.String("SET expiresAt = :x")
		update.ExpressionAttributeValues = dynamo.Item{":x": dynamo.Seconds(expires)}
	}
	tx.Update(update)
}

// stateAttributes are the attributes of [standing.State], in the order in which they are written.
var stateAttributes = [...]string{"contract", "endedAt", "newest", "accountData", "endless", "latest", "marketing", "proofUntil", "proofVersion", "unconsented",
	formerly, "into"}

func attributes(state standing.State) dynamo.Item {
	item := dynamo.Item{"contract": dynamo.String(string(state.Contract))}
	for name, at := range map[string]time.Time{
		"endedAt": state.EndedAt, "newest": state.Newest, "latest": state.Latest, "proofUntil": state.Proof.Until,
		"unconsented": state.Unconsented,
	} {
		if !at.IsZero() {
			item[name] = dynamo.String(at.UTC().Format(time.RFC3339Nano))
		}
	}
	if state.Marketing != standing.NoChoice {
		item["marketing"] = dynamo.String(string(state.Marketing))
	}
	setFormers(item, state.Formerly)
	if state.Into != "" {
		item["into"] = dynamo.String(string(state.Into))
	}
	if state.Proof.Version != 0 {
		item["proofVersion"] = dynamo.Number(int64(state.Proof.Version))
	}
	for name, on := range map[string]bool{"accountData": state.AccountData, "endless": state.Endless} {
		if on {
			item[name] = &types.AttributeValueMemberBOOL{Value: true}
		}
	}
	return item
}

func moment(item dynamo.Item, name string) time.Time {
	at, _ := time.Parse(time.RFC3339Nano, dynamo.Text(item, name))
	return at
}
