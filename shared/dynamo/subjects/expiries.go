package subjects

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Shares reads the aliases that a data subject shares with others, in one request, if there are any. [Store.Change] needs them, since what such an
// alias says of the others decides when it expires.
func (s *Store) Shares(ctx context.Context, of standing.Snapshot) (all []subject.Alias, err error) {
	items, err := s.aliasItems(ctx, of.Shared)
	for _, item := range items {
		if item != nil {
			all = append(all, parseAlias(item))
		}
	}
	return all, err
}

// moveAll changes the expiry of everything that expires with a subject. It returns those of the aliases that were shared and that the subject uses alone
// now, because the data of the others has expired.
func (s *Store) moveAll(tx *dynamo.Tx, id privacy.SubjectID, of standing.Snapshot, shares []subject.Alias) (alone []string) {
	for _, alias := range of.Aliases {
		if !slices.Contains(of.Shared, alias) {
			s.move(tx, alias, aliasSK, of.ExpiresAt)
		}
	}
	for _, is := range shares {
		if !is.Belongs(id) {
			continue
		}
		to := is.With(id, of.ExpiresAt, of.Formerly).At(s.Now())
		s.replace(tx, is, to)
		if !to.Shared() {
			alone = append(alone, to.Key)
		}
	}
	for _, f := range of.Formerly {
		s.move(tx, "s#"+string(f.ID), stateSK, of.ExpiresAt)
	}
	return alone
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
