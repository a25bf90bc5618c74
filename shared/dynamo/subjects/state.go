package subjects

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// State reads the state of a subject consistently, also one whose retention is over: a walk still needs it. It reports
// false if there is none.
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
			AccountData: flag(item, "accountData"),
			Endless:     flag(item, "endless"),
			Latest:      moment(item, "latest"),
			Marketing:   standing.Choice(dynamo.Text(item, "marketing")),
			Unconsented: moment(item, "unconsented"),
			Proof:       standing.Proof{Until: moment(item, "proofUntil"), Version: int(dynamo.Int(item, "proofVersion"))},
		},
		Version:   dynamo.Int(item, "version"),
		Accounts:  dynamo.Int(item, "accounts"),
		ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}
	if set, ok := item["aliases"].(*types.AttributeValueMemberSS); ok {
		state.Aliases = set.Value
	}
	return state, true, nil
}

// Create returns the writes that make a subject known by its first alias. They fail if the alias is taken by then.
func (s *Store) Create(alias string, of Alias, state standing.State, expires time.Time) []types.TransactWriteItem {
	who := dynamo.Key("i#"+alias, aliasSK)
	who["sid"], who["spelling"] = dynamo.String(string(of.Subject)), dynamo.String(of.Spelling)
	if of.Typed {
		who[typed] = &types.AttributeValueMemberBOOL{Value: true}
	}
	what := dynamo.Key("s#"+string(of.Subject), stateSK)
	what["version"], what["accounts"] = dynamo.Number(1), dynamo.Number(1)
	what["aliases"] = &types.AttributeValueMemberSS{Value: []string{alias}}
	for name, value := range attributes(state) {
		what[name] = value
	}
	if !expires.IsZero() {
		who[dynamo.ExpiresAt], what[dynamo.ExpiresAt] = dynamo.Seconds(expires), dynamo.Seconds(expires)
	}
	return []types.TransactWriteItem{
		{Put: &types.Put{TableName: aws.String(s.Table), Item: what, ConditionExpression: aws.String("attribute_not_exists(PK)")}},
		{Put: &types.Put{TableName: aws.String(s.Table), Item: who,
			ConditionExpression:       aws.String("attribute_not_exists(PK) OR expiresAt <= :now"),
			ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(s.Now())}}},
	}
}

// Same returns the write that holds a transaction to the state it was decided on.
func (s *Store) Same(sid privacy.SubjectID, version int64) types.TransactWriteItem {
	return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
		TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(sid), stateSK),
		ConditionExpression:       aws.String("version = :v"),
		ExpressionAttributeValues: dynamo.Item{":v": dynamo.Number(version)},
	}}
}

// Touch returns the write that goes with account records which leave the state as it is. Of two writers who both read the account
// records only one succeeds.
func (s *Store) Touch(sid privacy.SubjectID, from standing.Snapshot) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(sid), stateSK),
		UpdateExpression: aws.String("SET accounts = :next"), ConditionExpression: aws.String("version = :v AND accounts = :a"),
		ExpressionAttributeValues: dynamo.Item{
			":v": dynamo.Number(from.Version), ":a": dynamo.Number(from.Accounts), ":next": dynamo.Number(from.Accounts + 1)},
	}}
}

// Change returns the writes that replace a state. They fail if it has changed meanwhile, or account records were written; attributes
// that this package does not know stay as they are. The aliases are written only when they expire at another time than before.
func (s *Store) Change(sid privacy.SubjectID, from standing.Snapshot, to standing.State, expires time.Time) []types.TransactWriteItem {
	values := dynamo.Item{":from": dynamo.Number(from.Version), ":v": dynamo.Number(from.Version + 1),
		":a": dynamo.Number(from.Accounts), ":next": dynamo.Number(from.Accounts + 1)}
	set, remove := "SET version = :v, accounts = :next", ""
	attrs := attributes(to)
	for _, name := range stateAttributes {
		if value, present := attrs[name]; present {
			set += ", " + name + " = :" + name
			values[":"+name] = value
		} else {
			remove += ", " + name
		}
	}
	if expires.IsZero() {
		remove += ", expiresAt"
	} else {
		set += ", expiresAt = :x"
		values[":x"] = dynamo.Seconds(expires)
	}
	if remove != "" {
		set += " REMOVE " + remove[2:]
	}
	writes := []types.TransactWriteItem{{Update: &types.Update{
		TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(sid), stateSK), UpdateExpression: aws.String(set),
		ConditionExpression: aws.String("attribute_exists(PK) AND version = :from AND accounts = :a"), ExpressionAttributeValues: values,
	}}}
	if expires.Equal(from.ExpiresAt) {
		return writes
	}
	for _, alias := range from.Aliases {
		writes = append(writes, s.moveAlias(alias, expires))
	}
	return writes
}

// moveAlias never makes an alias that is gone: an update without that condition would bring back an empty one.
func (s *Store) moveAlias(alias string, expires time.Time) types.TransactWriteItem {
	update := &types.Update{
		TableName: aws.String(s.Table), Key: dynamo.Key("i#"+alias, aliasSK),
		UpdateExpression: aws.String("REMOVE expiresAt"), ConditionExpression: aws.String("attribute_exists(PK)"),
	}
	if !expires.IsZero() {
		update.UpdateExpression = aws.String("SET expiresAt = :x")
		update.ExpressionAttributeValues = dynamo.Item{":x": dynamo.Seconds(expires)}
	}
	return types.TransactWriteItem{Update: update}
}

// stateAttributes are the attributes of standing.State, in the order in which they are written.
var stateAttributes = [...]string{"contract", "endedAt", "newest", "accountData", "endless", "latest", "marketing", "proofUntil", "proofVersion", "unconsented"}

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

func flag(item dynamo.Item, name string) bool {
	b, ok := item[name].(*types.AttributeValueMemberBOOL)
	return ok && b.Value
}
