// Package subjects is the store of SubjectsTable, which says who is behind an address and has the state that decides how long account data
// is kept. A key has only the HMAC of an address or of an id. The spelling of an address is an attribute, because we send mail to it.
package subjects

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	aliasSK = "ALIAS"
	stateSK = "!state"

	// Attributes of a state that are no part of standing.State.
	aliases = "aliases"
	left    = "left" // aliases that were taken away from the subject

	// Attributes of a state for the index people.
	people  = "people"  // p#<00-15>: the shard
	since   = "since"   // when the subject became known or, if that was later, when their contract was last renewed
	primary = "primary" // the alias of the address that mail goes to
)

// Store reads SubjectsTable and builds the parts of transactions that change it.
type Store struct {
	Client *dynamodb.Client
	Table  string
	Now    func() time.Time
	// Replays notes what a restore must not bring back. It is nil where nothing of the kind is changed.
	Replays *dynamo.Replays
}

// New returns the store of the table.
func New(client *dynamodb.Client, table string, now func() time.Time) *Store {
	return &Store{Client: client, Table: table, Now: now}
}

// Find returns what is known by an alias, which [subject.Key.Alias] or [subject.Key.IDAlias] makes. It returns false if nobody is, because the
// alias is unknown, its retention has ended (fault F09), or the address was taken away from everybody. What is known of such an address is
// returned too.
func (s *Store) Find(ctx context.Context, alias string) (subject.Known, bool, error) {
	found, err := s.Aliases(ctx, alias)
	if err != nil {
		return subject.Known{}, false, err
	}
	a := found[alias]
	return a.Known(s.Now()), len(a.Subjects) > 0, nil
}

// Root implements mailbox.Persons.
func (s *Store) Root(ctx context.Context, id privacy.SubjectID) (root privacy.SubjectID, since time.Time, err error) {
	root, state, _, err := identity.Root(ctx, s, id)
	return root, state.LastJoin(), err
}

// get reads an item consistently. It returns nil if there is none.
func (s *Store) get(ctx context.Context, pk, sk string) (dynamo.Item, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: aws.String(s.Table), Key: dynamo.Key(pk, sk), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}
