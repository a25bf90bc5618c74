package subjects

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// mostKeys is how many items one BatchGetItem may ask for (fault F12).
const mostKeys = 100

// Pauses after a call of which DynamoDB processed nothing.
const (
	firstPause   = 20 * time.Millisecond
	longestPause = time.Second
)

// Spellings returns the addresses behind aliases as they are spelt on record, by alias. An alias that is unknown, or whose retention has
// ended, is left out (fault F09). An alias may be given more than once.
//
// The reads are not consistent, which halves their price, so a spelling that was replaced a moment ago may still be the old one. Both
// spellings are of the same address.
func (s *Store) Spellings(ctx context.Context, aliases []string) (map[string]string, error) {
	spellings, pause := make(map[string]string, len(aliases)), firstPause
	for left := aliasKeys(aliases); len(left) > 0; {
		asked := left[:min(len(left), mostKeys)]
		out, err := s.Client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
			s.Table: {Keys: asked, ProjectionExpression: aws.String("PK, spelling, expiresAt")},
		}})
		if err != nil {
			return nil, err
		}
		for _, item := range out.Responses[s.Table] {
			if !dynamo.Expired(item, s.Now()) {
				spellings[strings.TrimPrefix(dynamo.Text(item, dynamo.PK), "i#")] = dynamo.Text(item, "spelling")
			}
		}
		unprocessed := out.UnprocessedKeys[s.Table].Keys
		left = append(slices.Clip(unprocessed), left[len(asked):]...)
		if len(unprocessed) < len(asked) {
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
	return spellings, nil
}

// aliasKeys returns the key of each alias once, since DynamoDB refuses a call that names a key twice.
func aliasKeys(aliases []string) []dynamo.Item {
	once := slices.Compact(slices.Sorted(slices.Values(aliases)))
	keys := make([]dynamo.Item, len(once))
	for i, alias := range once {
		keys[i] = dynamo.Key("i#"+alias, aliasSK)
	}
	return keys
}
