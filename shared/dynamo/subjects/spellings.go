package subjects

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// Spellings returns the addresses behind aliases as they are spelt on record, by alias. An alias that is unknown, or whose retention has
// ended, is left out (fault F09), and so is one whose spelling was erased. An alias may be given more than once.
//
// The first read is not consistent, which halves its price: a spelling that was replaced a moment ago may still be the old one, and both are
// of the same address. Only an alias that it does not find is read again consistently, since somebody who became known a moment ago must not
// count as somebody without an address (fault F14).
func (s *Store) Spellings(ctx context.Context, aliases []string) (map[string]string, error) {
	spellings := make(map[string]string, len(aliases))
	for _, consistent := range []bool{false, true} {
		var missing []dynamo.Item
		for _, alias := range aliases {
			if _, found := spellings[alias]; !found {
				missing = append(missing, dynamo.Key(alias, aliasSK))
			}
		}
		items, err := dynamo.Batch(ctx, s.Client, s.Table, missing, types.KeysAndAttributes{
			ConsistentRead: &consistent, ProjectionExpression: aws.String("PK, sids, spelling, expiresAt")})
		if err != nil {
			return nil, err
		}
		for _, item := range items {
			if !dynamo.Expired(item, s.Now()) && item[sids] != nil && item[spelling] != nil {
				spellings[dynamo.Text(item, dynamo.PK)] = dynamo.Text(item, spelling)
			}
		}
	}
	return spellings, nil
}
