package subjects

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// tries is how often a transition that lost a race is decided anew.
const tries = 10

// errRaces is the answer when every try lost its race.
var errRaces = errors.New("subjects: the state moved at every try")

// Introduce returns the data subject behind an alias that somebody typed. A subject who is unknown, or whose retention is over, is put on
// record with the spelling given, until the time given and no longer. One who is known keeps the spelling on record and stays known at
// least until that time.
func (s *Store) Introduce(ctx context.Context, alias, spelling string, until time.Time) (Alias, error) {
	for range tries {
		known, ok, err := s.Find(ctx, alias)
		if err != nil {
			return Alias{}, err
		}
		if ok {
			return known, s.keep(ctx, known.Subject, until)
		}
		fresh := standing.Unknown.Known(until)
		who := Alias{Subject: subject.NewID(), Spelling: spelling, Typed: true}
		if done, err := s.commit(ctx, s.Create(alias, who, fresh, fresh.Latest)); done || err != nil {
			return who, err
		}
	}
	return Alias{}, errRaces
}

// Spell puts the spelling that a system of the company's uses in the place of one that somebody typed. Of several systems the first decides:
// nothing but a rectification changes it then.
func (s *Store) Spell(ctx context.Context, alias, spelling string) error {
	for range tries {
		_, err := s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String(s.Table), Key: dynamo.Key("i#"+alias, aliasSK),
			UpdateExpression: aws.String("SET spelling = :s REMOVE " + typed), ConditionExpression: aws.String("attribute_exists(" + typed + ")"),
			ExpressionAttributeValues: dynamo.Item{":s": dynamo.String(spelling)},
		})
		if _, settled := dynamo.ConditionFailed(err); settled {
			return nil
		}
		if !dynamo.Conflict(err) {
			return err
		}
	}
	return errRaces
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
// has no end. It decides anew as long as another writer moves the state, and returns the state that holds. It reports false for a
// subject who is not there.
func (s *Store) Transition(ctx context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time)) (standing.Snapshot, bool, error) {
	for range tries {
		from, found, err := s.State(ctx, id)
		if err != nil || !found {
			return standing.Snapshot{}, false, err
		}
		to, expires := decide(from)
		if to.Equal(from.State) && expires.Equal(from.ExpiresAt) {
			return from, true, nil
		}
		if done, err := s.commit(ctx, s.Change(id, from, to, expires)); done || err != nil {
			from.State, from.Version, from.Accounts, from.ExpiresAt = to, from.Version+1, from.Accounts+1, expires
			return from, done, err
		}
	}
	return standing.Snapshot{}, false, errRaces
}

// commit carries out a transaction. It reports false if the state it was decided on has moved.
func (s *Store) commit(ctx context.Context, writes []types.TransactWriteItem) (bool, error) {
	_, err := s.Client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: writes})
	if reasons := dynamo.Cancelled(err); reasons != nil {
		for _, r := range reasons {
			if aws.ToString(r.Code) == "ValidationError" {
				return false, err
			}
		}
		return false, nil
	}
	return err == nil, err
}
