package subjects

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
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
		},
		Version:   dynamo.Int(item, "version"),
		Accounts:  dynamo.Int(item, "accounts"),
		ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
		Since:     dynamo.Time(item, since),
	}
	if set, ok := item["aliases"].(*types.AttributeValueMemberSS); ok {
		state.Aliases = set.Value
	}
	return state, true, nil
}

// Create adds the writes that put a subject and its first alias on record to a transaction, and returns the state after them. DynamoDB
// refuses the transaction if the alias exists and has not expired.
func (s *Store) Create(tx *dynamo.Tx, alias string, of subject.Known, state standing.State, expires time.Time) standing.Snapshot {
	who := dynamo.Key("i#"+alias, aliasSK)
	who["sid"], who["spelling"] = dynamo.String(string(of.Subject)), dynamo.String(of.Spelling)
	if of.Typed {
		who[typed] = &types.AttributeValueMemberBOOL{Value: true}
	}
	after := standing.Snapshot{State: state, Version: 1, Accounts: 1, ExpiresAt: expires, Since: s.Now().UTC().Truncate(time.Second), Aliases: []string{alias}}
	what := dynamo.Key("s#"+string(of.Subject), stateSK)
	what["version"], what["accounts"] = dynamo.Number(after.Version), dynamo.Number(after.Accounts)
	what["aliases"] = &types.AttributeValueMemberSS{Value: after.Aliases}
	for name, value := range attributes(state) {
		what[name] = value
	}
	what[people], what[since], what[primary] = dynamo.String(peopleShard(of.Subject)), dynamo.Seconds(after.Since), dynamo.String(alias)
	if !expires.IsZero() {
		who[dynamo.ExpiresAt], what[dynamo.ExpiresAt] = dynamo.Seconds(expires), dynamo.Seconds(expires)
	}
	tx.Put(types.Put{TableName: aws.String(s.Table), Item: what, ConditionExpression: aws.String("attribute_not_exists(PK)")})
	tx.Put(types.Put{TableName: aws.String(s.Table), Item: who,
		ConditionExpression:       aws.String("attribute_not_exists(PK) OR expiresAt <= :now"),
		ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(s.Now())}})
	return after
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

// Change adds the writes that replace a state to a transaction, and returns the state after them. DynamoDB refuses the transaction if the
// state has changed or account records were written since from was read. Attributes that this package does not know stay as they are. The
// aliases are written only if their expiry changes. A renewed contract moves the subject to the end of their shard of the index people, where
// a walk that has begun still finds them.
func (s *Store) Change(tx *dynamo.Tx, sid privacy.SubjectID, from standing.Snapshot, to standing.State, expires time.Time) standing.Snapshot {
	after := standing.Snapshot{State: to, Version: from.Version + 1, Accounts: from.Accounts + 1, ExpiresAt: expires, Since: from.Since, Aliases: from.Aliases}
	values := dynamo.Item{":from": dynamo.Number(from.Version), ":v": dynamo.Number(after.Version),
		":a": dynamo.Number(from.Accounts), ":next": dynamo.Number(after.Accounts)}
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
	if to.ContractRenewed(from.State) {
		after.Since = s.Now().UTC().Truncate(time.Second)
		set += ", since = :since"
		values[":since"] = dynamo.Seconds(after.Since)
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
	tx.Update(types.Update{
		TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(sid), stateSK), UpdateExpression: aws.String(set),
		ConditionExpression: aws.String("attribute_exists(PK) AND version = :from AND accounts = :a"), ExpressionAttributeValues: values,
	})
	if !expires.Equal(from.ExpiresAt) {
		for _, alias := range from.Aliases {
			s.moveAlias(tx, alias, expires)
		}
	}
	return after
}

// moveAlias changes the expiry of an alias. Without the condition, the update would create an empty item for a deleted alias.
func (s *Store) moveAlias(tx *dynamo.Tx, alias string, expires time.Time) {
	update := types.Update{
		TableName: aws.String(s.Table), Key: dynamo.Key("i#"+alias, aliasSK),
		UpdateExpression: aws.String("REMOVE expiresAt"), ConditionExpression: aws.String("attribute_exists(PK)"),
	}
	if !expires.IsZero() {
		update.UpdateExpression = aws.String("SET expiresAt = :x")
		update.ExpressionAttributeValues = dynamo.Item{":x": dynamo.Seconds(expires)}
	}
	tx.Update(update)
}

// stateAttributes are the attributes of [standing.State], in the order in which they are written.
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
