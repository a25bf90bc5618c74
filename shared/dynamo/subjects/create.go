package subjects

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Create adds the writes that put a subject on record to a transaction, with the aliases that come to stand for them, and returns the state after
// them. DynamoDB refuses the transaction if one of the aliases has changed since it was read. shares is an address that they share from now on, or
// nil, and owner who used it alone so far, if somebody did.
func (s *Store) Create(
	tx *dynamo.Tx, id privacy.SubjectID, learns []identity.AliasChange, shares *identity.AliasChange, owner privacy.SubjectID, state standing.State, expires time.Time,
) standing.Snapshot {
	after := standing.Snapshot{State: state, Version: 1, Accounts: 1, ExpiresAt: expires, Since: s.Now().UTC().Truncate(time.Second)}
	var own []subject.Alias
	for _, a := range learns {
		own = append(own, a.To)
	}
	if shares != nil {
		own, after.Shared = append(own, shares.To), []string{shares.To.Key}
	}
	for _, is := range own {
		after.Aliases = append(after.Aliases, is.Key)
	}
	after.Primary = identity.PrimaryOf(own)
	tx.Put(types.Put{TableName: aws.String(s.Table), Item: stateItem(id, after), ConditionExpression: aws.String("attribute_not_exists(PK)")})
	s.learn(tx, id, learns, nil, expires)
	if shares != nil {
		s.Replace(tx, shares.From, shares.To)
	}
	if owner != "" {
		tx.Update(s.sharing(owner, after.Shared))
	}
	if state.TakesAway(standing.Unknown) { // they came on record by what they forbid
		s.note(tx, id, after, learns)
	}
	return after
}

// stateItem returns the item of a subject who becomes known.
func stateItem(id privacy.SubjectID, of standing.Snapshot) dynamo.Item {
	item := attributes(of.State)
	for name, value := range dynamo.Key("s#"+string(id), stateSK) {
		item[name] = value
	}
	item[version], item["accounts"] = dynamo.Number(of.Version), dynamo.Number(of.Accounts)
	item[people], item[since] = dynamo.String(peopleShard(id)), dynamo.Seconds(of.Since)
	setTexts(item, aliases, of.Aliases)
	setTexts(item, shared, of.Shared)
	if of.Primary != "" {
		item[primary] = dynamo.String(of.Primary)
	}
	if !of.ExpiresAt.IsZero() {
		item[dynamo.ExpiresAt] = dynamo.Seconds(of.ExpiresAt)
	}
	return item
}

// sharing notes in the state of a subject that somebody else uses some of their aliases too. It counts as a change of the state, so that whoever has
// read the state before reads it again.
func (s *Store) sharing(id privacy.SubjectID, keys []string) types.Update {
	return types.Update{
		TableName: aws.String(s.Table), Key: dynamo.Key("s#"+string(id), stateSK),
		UpdateExpression: aws.String("ADD #shared :shared, version :one"), ConditionExpression: aws.String("attribute_exists(PK)"),
		ExpressionAttributeNames:  map[string]string{"#shared": shared},
		ExpressionAttributeValues: dynamo.Item{":shared": &types.AttributeValueMemberSS{Value: keys}, ":one": dynamo.Number(1)},
	}
}

// learn adds the writes by which aliases come to stand for a subject.
func (s *Store) learn(tx *dynamo.Tx, id privacy.SubjectID, learns []identity.AliasChange, formers []subject.Former, expires time.Time) {
	for _, a := range learns {
		s.replace(tx, a.From, a.To.With(id, expires, formers))
	}
}
