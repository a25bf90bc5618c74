package notices

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

func claimKey(version string, n int) dynamo.Item {
	return dynamo.Key(campaignKey(version), fmt.Sprintf("%s%010d", skClaim, n))
}

// Claim stores the recipients of a call to SES. A claim is never replaced, so what SES reports about its positions stays true.
func (s *Store) Claim(ctx context.Context, claim notice.Claim, until time.Time) error {
	item := claimKey(claim.Version, claim.Number)
	list := make([]types.AttributeValue, len(claim.Aliases))
	for i, alias := range claim.Aliases {
		list[i] = dynamo.String(alias)
	}
	item["aliases"] = &types.AttributeValueMemberL{Value: list}
	item["at"], item[dynamo.ExpiresAt] = dynamo.Seconds(claim.At), dynamo.Seconds(until)
	if claim.Again {
		item["mailedBefore"] = &types.AttributeValueMemberBOOL{Value: true}
	}
	var tx dynamo.Tx
	tx.Put(types.Put{TableName: &s.Table, Item: item, ConditionExpression: aws.String("attribute_not_exists(PK)")})
	return s.commit(ctx, &tx)
}

// Claimed reads a claim. It tries without consistency first, at half the price, because a claim never changes.
func (s *Store) Claimed(ctx context.Context, version string, number int) (notice.Claim, bool, error) {
	for _, consistent := range []bool{false, true} {
		out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: &s.Table, Key: claimKey(version, number), ConsistentRead: &consistent})
		if err != nil {
			return notice.Claim{}, false, err
		}
		if out.Item == nil {
			continue
		}
		if dynamo.Expired(out.Item, s.Now()) {
			break
		}
		claim := notice.Claim{Version: version, Number: number, At: dynamo.Time(out.Item, "at"), Again: dynamo.Flag(out.Item, "mailedBefore")}
		if list, ok := out.Item["aliases"].(*types.AttributeValueMemberL); ok {
			for _, alias := range list.Value {
				if text, ok := alias.(*types.AttributeValueMemberS); ok {
					claim.Aliases = append(claim.Aliases, text.Value)
				}
			}
		}
		return claim, true, nil
	}
	return notice.Claim{}, false, nil
}

// Arrived stores when an event of SES arrived. Of two writers the later time need not win: both are recent.
func (s *Store) Arrived(ctx context.Context, version string, at, until time.Time) error {
	item := dynamo.Key(campaignKey(version), skEvents)
	item["at"], item[dynamo.ExpiresAt] = dynamo.Seconds(at), dynamo.Seconds(until)
	_, err := s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: &s.Table, Item: item})
	return err
}

// LastArrival reads when SES last reported about a mail of the campaign.
func (s *Store) LastArrival(ctx context.Context, version string) (time.Time, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &s.Table, Key: dynamo.Key(campaignKey(version), skEvents), ConsistentRead: aws.Bool(true)})
	if err != nil || dynamo.Expired(out.Item, s.Now()) {
		return time.Time{}, err
	}
	return dynamo.Time(out.Item, "at"), nil
}
