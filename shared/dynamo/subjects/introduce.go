package subjects

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Introduce returns the data subject behind an alias that somebody typed. A subject who is unknown, or whose retention is over, is put on
// record with the spelling given, until the time given and no longer. One who is known keeps the spelling on record and stays known at
// least until that time. A race that is lost at every try is fault.Conflict.
func (s *Store) Introduce(ctx context.Context, alias, spelling string, until time.Time) (who subject.Known, err error) {
	err = fault.Retry(ctx, func() (lost bool, err error) {
		known, found, err := s.Find(ctx, alias)
		if err != nil {
			return false, err
		}
		if found {
			who = known
			return false, s.keep(ctx, known.Subject, until)
		}
		who = subject.Known{Subject: subject.NewID(), Spelling: spelling, Typed: true}
		fresh := standing.Unknown.Known(until)
		var tx dynamo.Tx
		s.Create(&tx, alias, who, fresh, fresh.Latest)
		refusal, err := tx.Commit(ctx, s.Client)
		return refusal != nil, err
	})
	return who, err
}

// Spell puts the spelling that a system of the company's uses in the place of one that somebody typed. Of several systems the first decides:
// nothing but a rectification changes it then.
func (s *Store) Spell(ctx context.Context, alias, spelling string) error {
	return fault.Retry(ctx, func() (lost bool, err error) {
		_, err = s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String(s.Table), Key: dynamo.Key("i#"+alias, aliasSK),
			UpdateExpression: aws.String("SET spelling = :s REMOVE " + typed), ConditionExpression: aws.String("attribute_exists(" + typed + ")"),
			ExpressionAttributeValues: dynamo.Item{":s": dynamo.String(spelling)},
		})
		if _, settled := dynamo.ConditionFailed(err); settled {
			return false, nil
		}
		if dynamo.Conflict(err) {
			return true, nil
		}
		return false, err
	})
}

// keep moves the end of what is kept to find a subject to a later time, never to an earlier one.
func (s *Store) keep(ctx context.Context, id privacy.SubjectID, until time.Time) error {
	_, _, err := s.Transition(ctx, id, func(from standing.Snapshot) (standing.State, time.Time) {
		if from.ExpiresAt.IsZero() || !until.After(from.ExpiresAt) {
			return from.State, from.ExpiresAt
		}
		to := from.Known(until)
		return to, to.Latest
	})
	return err
}

// Transition changes a subject's state as decide says, which also returns when the state and the aliases expire: zero while something
// has no end. It decides anew while another writer interferes, and returns the state that holds then. It reports false for a subject who is
// not there. A race that is lost at every try is fault.Conflict.
func (s *Store) Transition(
	ctx context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time),
) (after standing.Snapshot, found bool, err error) {
	err = fault.Retry(ctx, func() (lost bool, err error) {
		before, there, err := s.State(ctx, id)
		if after, found = before, there; err != nil || !found {
			return false, err
		}
		to, expires := decide(before)
		if to.Equal(before.State) && expires.Equal(before.ExpiresAt) {
			return false, nil
		}
		var tx dynamo.Tx
		after = s.Change(&tx, id, before, to, expires)
		refusal, err := tx.Commit(ctx, s.Client)
		return refusal != nil, err
	})
	if err != nil {
		return standing.Snapshot{}, false, err
	}
	return after, found, nil
}
