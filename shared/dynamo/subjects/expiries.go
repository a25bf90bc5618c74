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
