// Package confirmations stores decisions about consent that wait for the data subject to press a button in a mail. They are in the Requests
// table, because that table has the index of due work.
package confirmations

import (
	"context"
	"crypto/rand"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

const (
	prefix = "c#" // of partition keys
	sk     = "CONSENT"
)

// Store implements [mailbox.Confirmations].
type Store struct {
	Client *dynamodb.Client
	Table  string
	Now    func() time.Time
}

func partition(id string) string { return prefix + id }

// Key returns the key of a confirmation.
func Key(id string) dynamo.Item { return dynamo.Key(partition(id), sk) }

// Parse reads a confirmation. ok is false for another item, and for one whose retention has ended at now.
func Parse(item dynamo.Item, now time.Time) (c mailbox.Confirmation, ok bool) {
	id, ok := strings.CutPrefix(dynamo.Text(item, dynamo.PK), prefix)
	if !ok || dynamo.Expired(item, now) {
		return mailbox.Confirmation{}, false
	}
	return parse(id, item), true
}

// Load reads one confirmation consistently. It returns false if there is none, or if its retention has ended.
func (s *Store) Load(ctx context.Context, id string) (mailbox.Confirmation, bool, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.Table, Key: dynamo.Key(partition(id), sk), ConsistentRead: aws.Bool(true),
	})
	if err != nil || out.Item == nil || dynamo.Expired(out.Item, s.Now()) {
		return mailbox.Confirmation{}, false, err
	}
	return parse(id, out.Item), true, nil
}

// Save replaces the item if it is still at the version of c, and returns c with its new version. Version 0 stands for no item, or for one whose retention has ended. If the item
// has changed, Save returns [mailbox.ErrChanged]. A write that is repeated after a lost answer recognises its own item (fault F01).
func (s *Store) Save(ctx context.Context, c mailbox.Confirmation) (mailbox.Confirmation, error) {
	put := &dynamodb.PutItemInput{
		TableName: &s.Table, Item: item(c), ConditionExpression: aws.String("attribute_not_exists(PK) OR expiresAt <= :now"),
		ExpressionAttributeValues:           dynamo.Item{":now": dynamo.Seconds(s.Now())},
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}
	if c.Version > 0 {
		put.ConditionExpression = aws.String("v = :v")
		put.ExpressionAttributeValues = dynamo.Item{":v": dynamo.Number(int64(c.Version))}
	}
	_, err := s.Client.PutItem(ctx, put)
	if existing, failed := dynamo.ConditionFailed(err); failed {
		if dynamo.Text(existing, "op") != dynamo.Text(put.Item, "op") {
			return c, mailbox.ErrChanged
		}
		err = nil
	}
	if dynamo.Conflict(err) {
		return c, mailbox.ErrChanged
	}
	if err != nil {
		return c, err
	}
	c.Version++
	return c, nil
}

func item(c mailbox.Confirmation) dynamo.Item {
	decisions := dynamo.Item{}
	for purpose, state := range c.Act.Decisions {
		decisions[string(purpose)] = dynamo.String(string(state))
	}
	it := dynamo.Item{
		dynamo.PK: dynamo.String(partition(c.ID)), dynamo.SK: dynamo.String(sk), dynamo.ExpiresAt: dynamo.Seconds(c.ExpiresAt),
		"v": dynamo.Number(int64(c.Version) + 1), "op": dynamo.String(rand.Text()), "tries": dynamo.Number(int64(c.Tries)),
		"client": dynamo.String(c.Client), "email": dynamo.String(c.Email),
		"act": dynamo.String(c.Act.Operation), "pv": dynamo.String(c.Act.PolicyVersion), "lang": dynamo.String(c.Act.Language),
		"surface": dynamo.String(c.Act.Surface), "gpc": dynamo.String(strconv.FormatBool(c.Act.GPC)),
		"decisions": &types.AttributeValueMemberM{Value: decisions},
	}
	for name, at := range map[string]time.Time{"repeatedAt": c.RepeatedAt, "confirmedAt": c.ConfirmedAt, "createdAt": c.CreatedAt} {
		if !at.IsZero() {
			it[name] = dynamo.Seconds(at)
		}
	}
	if c.Mailbox != "" {
		it["mailbox"] = dynamo.String(c.Mailbox)
	}
	if c.Repeats > 0 {
		it["repeats"] = dynamo.Number(int64(c.Repeats))
	}
	dynamo.SetWork(it, c.NextAt)
	return it
}

func parse(id string, it dynamo.Item) mailbox.Confirmation {
	c := mailbox.Confirmation{
		ID: id, Version: int(dynamo.Int(it, "v")), Email: dynamo.Text(it, "email"), Client: dynamo.Text(it, "client"),
		Mailbox: dynamo.Text(it, "mailbox"), Repeats: int(dynamo.Int(it, "repeats")), RepeatedAt: dynamo.Time(it, "repeatedAt"),
		Tries: int(dynamo.Int(it, "tries")), ConfirmedAt: dynamo.Time(it, "confirmedAt"), CreatedAt: dynamo.Time(it, "createdAt"), NextAt: dynamo.Time(it, dynamo.NextAt), ExpiresAt: dynamo.Time(it, dynamo.ExpiresAt),
		Act: consent.Act{
			Operation: dynamo.Text(it, "act"), PolicyVersion: dynamo.Text(it, "pv"),
			Language: dynamo.Text(it, "lang"), Surface: dynamo.Text(it, "surface"), GPC: dynamo.Text(it, "gpc") == "true",
			Decisions: map[privacy.Purpose]consent.State{},
		},
	}
	if decisions, ok := it["decisions"].(*types.AttributeValueMemberM); ok {
		for purpose := range decisions.Value {
			c.Act.Decisions[privacy.Purpose(purpose)] = consent.State(dynamo.Text(decisions.Value, purpose))
		}
	}
	return c
}
