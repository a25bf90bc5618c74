// Package identities carries out acts on identities: it changes aliases and states of data subjects in the Subjects table in one transaction with
// the audit entry and with the change, which is in the Requests table, because that table has the index of due work.
package identities

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/identity"
)

// Tables are the names of the tables that an act touches.
type Tables struct {
	Subjects, Requests, Ledger string
}

// Store implements [identity.Store], [identity.Changes] and [identity.Contests].
type Store struct {
	*subjects.Store
	requests, ledger string
}

// New returns the store on the tables.
func New(client *dynamodb.Client, t Tables, now func() time.Time) *Store {
	s := &Store{Store: subjects.New(client, t.Subjects, now), requests: t.Requests, ledger: t.Ledger}
	s.Replays = dynamo.ReplaysIn(t.Ledger)
	return s
}

// Commit implements [identity.Store].
func (s *Store) Commit(ctx context.Context, t identity.Transaction) (lost bool, err error) {
	var tx dynamo.Tx
	for _, c := range t.States {
		s.ReplaceState(&tx, c)
		s.MoveFormer(&tx, c, t.States)
	}
	for _, c := range t.Aliases {
		s.Replace(&tx, c.From, c.To)
	}
	if t.Change.ID != "" {
		AddChange(&tx, s.requests, t.Change)
	}
	tx.Audit(s.ledger, t.Entry, t.Until)
	refusal, err := tx.Commit(ctx, s.Client)
	if dynamo.Throttled(err) {
		return true, nil
	}
	return refusal != nil, err
}

// AddChange adds a new change to a transaction, with an entry for each mailbox whose holder may contest it.
func AddChange(tx *dynamo.Tx, requests string, c identity.Change) {
	tx.Put(types.Put{TableName: &requests, Item: changeItem(c), ConditionExpression: aws.String("attribute_not_exists(PK)")})
	seen := map[string]bool{}
	for _, told := range c.Told {
		if told.Role == identity.Other && !seen[told.Mailbox] {
			seen[told.Mailbox] = true
			tx.Put(types.Put{TableName: &requests, Item: entryItem(told.Mailbox, c)})
		}
	}
}
