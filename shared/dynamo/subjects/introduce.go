package subjects

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Introduce returns what is known by an alias that somebody typed. If nobody is known by it, Introduce puts a new data subject on record with
// this spelling, until the given time, unless the address was taken away from somebody not long ago. A known data subject keeps the spelling on
// record and is kept at least until that time. If every try loses a race, the error is [fault.Conflict].
func (s *Store) Introduce(ctx context.Context, alias, spelling string, until time.Time) (who subject.Known, err error) {
	err = fault.Retry(ctx, func() (lost bool, err error) {
		found, err := s.Aliases(ctx, alias)
		if err != nil {
			return false, err
		}
		is := found[alias]
		for _, id := range is.Subjects {
			if joined, err := s.keep(ctx, id, until); joined || err != nil {
				return joined, err
			}
		}
		if who = is.Known(s.Now()); !is.Unknown(s.Now()) {
			return false, nil
		}
		was := is
		was.Key = alias
		is.Key, is.Spelling, is.Typed = alias, spelling, true
		id, fresh := subject.NewID(), standing.Unknown.Known(until)
		var tx dynamo.Tx
		s.Create(&tx, id, []identity.AliasChange{{From: was, To: is}}, nil, "", fresh, fresh.Latest)
		is.Subjects = []privacy.SubjectID{id}
		who = is.Known(s.Now())
		return s.commit(ctx, &tx)
	})
	return who, err
}

// Spell replaces a spelling that somebody typed, or one that was erased, with the one that a system of the company uses. The first system decides: after
// it, only an act on identities changes the spelling.
func (s *Store) Spell(ctx context.Context, alias, spelling, client string) error {
	return fault.Retry(ctx, func() (lost bool, err error) {
		_, err = s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: aws.String(s.Table), Key: dynamo.Key(alias, aliasSK),
			UpdateExpression:          aws.String("SET spelling = :s, client = :c, version = version + :one REMOVE " + typed),
			ConditionExpression:       aws.String("attribute_exists(PK) AND (attribute_exists(" + typed + ") OR attribute_not_exists(spelling))"),
			ExpressionAttributeValues: dynamo.Item{":s": dynamo.String(spelling), ":one": dynamo.Number(1), ":c": dynamo.String(client)},
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

// keep moves the expiry of a subject's state and aliases to a later time, never to an earlier one. It reports true, and changes nothing, if the
// subject was joined to somebody since the alias was read.
func (s *Store) keep(ctx context.Context, id privacy.SubjectID, until time.Time) (joined bool, err error) {
	after, _, err := s.Transition(ctx, id, func(from standing.Snapshot) (standing.State, time.Time) {
		if from.ExpiresAt.IsZero() || !until.After(from.ExpiresAt) {
			return from.State, from.ExpiresAt
		}
		to := from.Known(until)
		return to, to.Latest
	})
	return after.Into != "", err
}

// Transition changes a subject's state to the one that decide returns, and returns the new state. decide also returns when the state and
// the aliases expire: zero means never. While another writer interferes, Transition reads the state again and calls decide again. found is
// false if the subject is unknown. If every try loses a race, the error is [fault.Conflict]. The state of somebody who was joined to another one is
// kept as it was before, so Transition never changes it.
func (s *Store) Transition(
	ctx context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time),
) (after standing.Snapshot, found bool, err error) {
	return s.transition(ctx, id, decide, false)
}

// transition does what [Store.Transition] does. With always, it commits a transaction even if nothing changes, which checks that the state is the one
// that was read.
func (s *Store) transition(
	ctx context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time), always bool,
) (after standing.Snapshot, found bool, err error) {
	err = fault.Retry(ctx, func() (lost bool, err error) {
		before, there, err := s.State(ctx, id)
		if after, found = before, there; err != nil || !found {
			return false, err
		}
		to, expires := decide(before)
		same := to.Equal(before.State) && expires.Equal(before.ExpiresAt)
		if before.Into != "" || same && !always {
			return false, nil
		}
		var tx dynamo.Tx
		if same {
			s.Same(&tx, id, before.Version)
			return s.commit(ctx, &tx)
		}
		var shares []subject.Alias
		if !expires.Equal(before.ExpiresAt) {
			if shares, err = s.Shares(ctx, before); err != nil {
				return false, err
			}
		}
		after = s.Change(&tx, id, before, to, expires, Also{Shares: shares})
		return s.commit(ctx, &tx)
	})
	if err != nil {
		return standing.Snapshot{}, false, err
	}
	return after, found, nil
}

// commit carries out a transaction. It returns true for a lost race and for throttling, since both are tried again.
func (s *Store) commit(ctx context.Context, tx *dynamo.Tx) (lost bool, err error) {
	refusal, err := tx.Commit(ctx, s.Client)
	if dynamo.Throttled(err) {
		return true, nil
	}
	return refusal != nil, err
}
