package dynamo

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Limits of BatchGetItem, and the pauses after a call of which DynamoDB processed nothing (fault F12).
const (
	mostKeys     = 100
	firstPause   = 20 * time.Millisecond
	longestPause = time.Second
)

// Batch reads items of one table, a hundred at a time, until DynamoDB has processed every key. It reads a key that is given twice once, since
// DynamoDB refuses a call that names a key twice. what is how the items are read; its Keys are ignored.
func Batch(ctx context.Context, client *dynamodb.Client, table string, keys []Item, what types.KeysAndAttributes) (items []Item, err error) {
	for left, pause := once(keys), firstPause; len(left) > 0; {
		what.Keys = left[:min(len(left), mostKeys)]
		out, err := client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{table: what}})
		if err != nil {
			return nil, err
		}
		items = append(items, out.Responses[table]...)
		unprocessed := out.UnprocessedKeys[table].Keys
		left = append(slices.Clip(unprocessed), left[len(what.Keys):]...)
		if len(unprocessed) < len(what.Keys) {
			pause = firstPause
			continue
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // a pause is no secret
		}
		pause = min(2*pause, longestPause)
	}
	return items, nil
}

// once returns the keys without those that stand there before.
func once(keys []Item) []Item {
	type key struct{ pk, sk string }
	seen := make(map[key]bool, len(keys))
	var all []Item
	for _, item := range keys {
		if k := (key{Text(item, PK), Text(item, SK)}); !seen[k] {
			seen[k], all = true, append(all, item)
		}
	}
	return all
}
