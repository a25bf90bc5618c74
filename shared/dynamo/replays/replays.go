// Package replays stores in LedgerTable what has to be done again after a restore. Most entries are written with the act that they are about
// ([dynamo.Replays]).
package replays

import (
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/replay"
)

// Store implements [erasure.Replay], and reads the entries.
type Store struct {
	Client *dynamodb.Client
	*dynamo.Replays
}

// Erasing implements [erasure.Replay].
func (s *Store) Erasing(ctx context.Context, w erasure.Whom, begun time.Time) error {
	var tx dynamo.Tx
	s.Add(&tx, replay.OfErasure(replay.Erasure{Request: w.Request, Subject: w.Subject, Persons: w.Persons, Mailboxes: w.Mailboxes}, begun))
	_, err := tx.Commit(ctx, s.Client)
	return err
}

// Entries yields the entries from the time since to the time until, oldest first, with one query for each day, or more for a day beyond 1 MB.
func (s *Store) Entries(ctx context.Context, since, until time.Time) iter.Seq2[replay.Entry, error] {
	return func(yield func(replay.Entry, error) bool) {
		for day := since.UTC().Truncate(24 * time.Hour); !day.After(until); day = day.AddDate(0, 0, 1) {
			pages := dynamodb.NewQueryPaginator(s.Client, &dynamodb.QueryInput{
				TableName: aws.String(s.Table()), KeyConditionExpression: aws.String("PK = :p"), ConsistentRead: aws.Bool(true),
				ExpressionAttributeValues: dynamo.Item{":p": dynamo.String(dynamo.ReplayPK(day))},
			})
			for pages.HasMorePages() {
				page, err := pages.NextPage(ctx)
				if err != nil {
					yield(replay.Entry{}, err)
					return
				}
				for _, item := range page.Items {
					var e replay.Entry
					err := json.Unmarshal([]byte(dynamo.Text(item, "entry")), &e)
					if err == nil && (e.At.Before(since) || e.At.After(until)) {
						continue
					}
					if !yield(e, err) || err != nil {
						return
					}
				}
			}
		}
	}
}
