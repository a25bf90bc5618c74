package subjects

import (
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/replay"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Change adds the writes that replace a state to a transaction, and returns the state after them. DynamoDB refuses the transaction if the
// state has changed or account records were written since from was read. Attributes that this package does not know stay as they are. The
// aliases, and the states of those who were joined to the subject, are written only if the expiry changes. A renewed contract moves the subject to
// the end of their shard of the index people, where a walk that has begun still finds them.
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
	if !expires.Equal(from.ExpiresAt) {
		if alone := s.moveAll(tx, id, after, also.Shares); len(alone) > 0 {
			after.Shared = slices.DeleteFunc(slices.Clone(after.Shared), func(key string) bool { return slices.Contains(alone, key) })
			u.attribute(shared, set(after.Shared))
		}
	}
	tx.Update(u.build())
	s.learn(tx, id, also.Learns, to.Formerly, expires)
	after.Aliases = slices.Concat(after.Aliases, learnt)
	if len(learnt) > 0 || to.TakesAway(from.State) {
		s.note(tx, id, after, also.Learns)
	}
	return after
}

// note notes a state, and the aliases that came to stand for the subject with it, for a restore.
func (s *Store) note(tx *dynamo.Tx, id privacy.SubjectID, is standing.Snapshot, learns []identity.AliasChange) {
	s.Replays.Add(tx, replay.OfStanding(id, is, s.Now()))
	for _, a := range learns {
		s.Replays.Add(tx, replay.OfAlias(a.To.With(id, is.ExpiresAt, is.Formerly), s.Now()))
	}
}

// Also is what changes with a state.
type Also struct {
	Learns []identity.AliasChange // aliases that come to stand for the subject
	Shares []subject.Alias        // aliases that others use too, as [Store.Shares] returns them; needed if the expiry changes
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

// set returns a set of texts, or nil if it is empty, since DynamoDB has no empty sets.
func set(values []string) types.AttributeValue {
	if len(values) == 0 {
		return nil
	}
	return &types.AttributeValueMemberSS{Value: values}
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
