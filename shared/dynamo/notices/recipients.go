package notices

import (
	"context"
	"iter"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

// Known reads recipients consistently, because one that is missed would be mailed twice. Those whose retention has ended are left out.
func (s *Store) Known(ctx context.Context, version string, aliases []string) (map[string]notice.Recipient, error) {
	keys := make([]dynamo.Item, 0, len(aliases))
	for _, alias := range aliases {
		keys = append(keys, dynamo.Key(partitionKey(version, alias), alias))
	}
	items, err := s.batch(ctx, keys)
	if err != nil {
		return nil, err
	}
	known := make(map[string]notice.Recipient, len(items))
	for _, item := range items {
		if !dynamo.Expired(item, s.Now()) {
			r := recipientOf(item)
			known[r.Alias] = r
		}
	}
	return known, nil
}

// Put stores a recipient under the condition that what is stored has the revision, the outcome and the claim of was. On a lost race, DynamoDB
// returns the stored item without a further read.
func (s *Store) Put(ctx context.Context, version string, was, is notice.Recipient) (notice.Recipient, error) {
	item := dynamo.Key(partitionKey(version, is.Alias), is.Alias)
	condition, values := "attribute_not_exists(PK) OR expiresAt <= :now", dynamo.Item{":now": dynamo.Seconds(s.Now())}
	var names map[string]string
	if was.Revision > 0 {
		condition, names = "revision = :revision AND #state = :state AND #claim = :claim", map[string]string{"#state": "state", "#claim": "claim"}
		values = dynamo.Item{":revision": dynamo.Number(int64(was.Revision)), ":state": dynamo.String(string(was.Outcome)), ":claim": dynamo.Number(int64(was.Claim))}
	}
	is.Revision = was.Revision + 1
	recipientItem(item, version, is)
	put := types.Put{TableName: &s.Table, Item: item, ConditionExpression: &condition, ExpressionAttributeNames: names, ExpressionAttributeValues: values}
	var tx dynamo.Tx
	tx.Put(put)
	refusal, err := tx.Commit(ctx, s.Client)
	if err != nil {
		return notice.Recipient{}, err
	}
	if refusal == nil {
		return is, nil
	}
	if stored := refusal.Unmet[0]; stored != nil && !dynamo.Expired(stored, s.Now()) {
		return recipientOf(stored), notice.ErrChanged
	}
	return notice.Recipient{Alias: is.Alias}, notice.ErrChanged
}

// Due reads the first recipients of a campaign in the index again.
func (s *Store) Due(ctx context.Context, version string, now time.Time, limit int) ([]string, error) {
	var due []string
	in := &dynamodb.QueryInput{
		TableName: &s.Table, IndexName: aws.String(again), KeyConditionExpression: aws.String("#again = :c AND nextAt <= :now"),
		ExpressionAttributeNames:  map[string]string{"#again": again},
		ExpressionAttributeValues: dynamo.Item{":c": dynamo.String(campaignKey(version)), ":now": dynamo.Seconds(now)},
	}
	for {
		in.Limit = aws.Int32(int32(limit - len(due)))
		page, err := s.Client.Query(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			due = append(due, dynamo.Text(item, dynamo.SK))
		}
		if in.ExclusiveStartKey = page.LastEvaluatedKey; len(due) >= limit || len(page.LastEvaluatedKey) == 0 {
			return due, nil
		}
	}
}

// Partition reads one partition of a campaign's recipients, in pages of up to 1 MB. The reads are not consistent, since what is counted
// changes all the time.
func (s *Store) Partition(ctx context.Context, version string, n int) iter.Seq2[notice.Recipient, error] {
	return func(yield func(notice.Recipient, error) bool) {
		pages := dynamodb.NewQueryPaginator(s.Client, &dynamodb.QueryInput{
			TableName: &s.Table, KeyConditionExpression: aws.String("PK = :p"),
			ExpressionAttributeValues: dynamo.Item{":p": dynamo.String(numbered(version, n))},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(notice.Recipient{}, err)
				return
			}
			for _, item := range page.Items {
				if !dynamo.Expired(item, s.Now()) && !yield(recipientOf(item), nil) {
					return
				}
			}
		}
	}
}

func recipientItem(item dynamo.Item, version string, r notice.Recipient) {
	item["state"], item["claim"] = dynamo.String(string(r.Outcome)), dynamo.Number(int64(r.Claim)) // always, since Put compares them
	setAll(item, map[string]string{"reason": string(r.Reason), "messageId": r.MessageID}, map[string]int{
		"attempt": r.Attempt, "position": r.Position, "revision": r.Revision,
	}, map[string]time.Time{"since": r.Since, dynamo.NextAt: r.NextAt, dynamo.ExpiresAt: r.ExpiresAt})
	for name, on := range map[string]bool{"permanent": r.Permanent, "doubled": r.Doubled, "unsettled": r.Unsettled, "complained": r.Complained, "followed": r.Followed} {
		if on {
			item[name] = &types.AttributeValueMemberBOOL{Value: true}
		}
	}
	if !r.NextAt.IsZero() {
		item[again] = dynamo.String(campaignKey(version))
	}
}

func recipientOf(item dynamo.Item) notice.Recipient {
	return notice.Recipient{
		Alias: dynamo.Text(item, dynamo.SK), Outcome: notice.Outcome(dynamo.Text(item, "state")), Reason: notice.Reason(dynamo.Text(item, "reason")),
		Permanent: dynamo.Flag(item, "permanent"), Doubled: dynamo.Flag(item, "doubled"), Unsettled: dynamo.Flag(item, "unsettled"), Complained: dynamo.Flag(item, "complained"),
		Followed: dynamo.Flag(item, "followed"),
		Attempt:  number(item, "attempt"), Claim: number(item, "claim"), Position: number(item, "position"), Revision: number(item, "revision"),
		MessageID: dynamo.Text(item, "messageId"),
		Since:     dynamo.Time(item, "since"), NextAt: dynamo.Time(item, dynamo.NextAt), ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}
}

// batch reads items consistently.
func (s *Store) batch(ctx context.Context, keys []dynamo.Item) ([]dynamo.Item, error) {
	return dynamo.Batch(ctx, s.Client, s.Table, keys, types.KeysAndAttributes{ConsistentRead: aws.Bool(true)})
}
