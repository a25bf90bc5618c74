// Package subjects is the store of SubjectsTable, which says who is behind an address and has the state that decides how long account data
// is kept. A key has only the HMAC of an address. The spelling is an attribute, because we send mail to it.
package subjects

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	aliasSK = "ALIAS"
	stateSK = "!state"

	typed = "typed" // attribute of an alias

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
}

// New returns the store of the table.
func New(client *dynamodb.Client, table string, now func() time.Time) *Store {
	return &Store{Client: client, Table: table, Now: now}
}

// Find returns the data subject behind an alias, which [subject.Key.Alias] makes. It returns false if the alias is unknown, or if its
// retention has ended (fault F09).
func (s *Store) Find(ctx context.Context, alias string) (subject.Known, bool, error) {
	item, err := s.get(ctx, "i#"+alias, aliasSK)
	if err != nil || item == nil || dynamo.Expired(item, s.Now()) {
		return subject.Known{}, false, err
	}
	return subject.Known{Subject: privacy.SubjectID(dynamo.Text(item, "sid")), Spelling: dynamo.Text(item, "spelling"), Typed: dynamo.Flag(item, typed)}, true, nil
}

// Subject returns the id of the data subject behind an alias, or "" if [Store.Find] finds none.
func (s *Store) Subject(ctx context.Context, alias string) (privacy.SubjectID, error) {
	found, _, err := s.Find(ctx, alias)
	return found.Subject, err
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
