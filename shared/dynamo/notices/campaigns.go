package notices

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

// All returns every campaign. The index that lists them lags behind.
func (s *Store) All(ctx context.Context) ([]notice.Campaign, error) {
	var versions []string
	pages := dynamodb.NewQueryPaginator(s.Client, &dynamodb.QueryInput{
		TableName: &s.Table, IndexName: aws.String(again), KeyConditionExpression: aws.String("#again = :every"),
		ExpressionAttributeNames: map[string]string{"#again": again}, ExpressionAttributeValues: dynamo.Item{":every": dynamo.String(every)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, item := range page.Items {
			versions = append(versions, strings.TrimPrefix(dynamo.Text(item, dynamo.PK), "n#"))
		}
	}
	return s.Load(ctx, versions...)
}

// Load reads the campaigns of the versions consistently, in the order of the versions. Those whose retention has ended are left out.
func (s *Store) Load(ctx context.Context, versions ...string) ([]notice.Campaign, error) {
	keys := make([]dynamo.Item, len(versions))
	for i, version := range versions {
		keys[i] = dynamo.Key(campaignKey(version), skMeta)
	}
	items, err := s.batch(ctx, keys)
	if err != nil {
		return nil, err
	}
	found := map[string]notice.Campaign{}
	for _, item := range items {
		if !dynamo.Expired(item, s.Now()) {
			c := campaignOf(item)
			found[c.Version] = c
		}
	}
	var all []notice.Campaign
	for _, version := range versions {
		if c, stored := found[version]; stored {
			all = append(all, c)
		}
	}
	return all, nil
}

// Create stores new campaigns in one transaction.
func (s *Store) Create(ctx context.Context, all []notice.Campaign) error {
	var tx dynamo.Tx
	for _, c := range all {
		item := dynamo.Key(campaignKey(c.Version), skMeta)
		item[again], item[dynamo.NextAt] = dynamo.String(every), dynamo.Seconds(c.CreatedAt)
		maps.Copy(item, campaignItem(c))
		tx.Put(types.Put{TableName: &s.Table, Item: item, ConditionExpression: aws.String("attribute_not_exists(PK) OR expiresAt <= :now"),
			ExpressionAttributeValues: dynamo.Item{":now": dynamo.Seconds(s.Now())}})
	}
	return s.commit(ctx, &tx)
}

// Act stores what an act of staff changes, and its audit entry.
func (s *Store) Act(ctx context.Context, from, to notice.Campaign, entry audit.Entry, until time.Time) error {
	changed := campaignItem(to)
	update, names, values := assign(changed, "state", "reason", "finishedAt", "movedAt", "retryAskedAt")
	values[":from"] = dynamo.String(string(from.State))
	var tx dynamo.Tx
	tx.Update(types.Update{
		TableName: &s.Table, Key: dynamo.Key(campaignKey(from.Version), skMeta), UpdateExpression: &update,
		ConditionExpression:      aws.String("attribute_exists(PK) AND #state = :from"),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
	})
	tx.Audit(s.Ledger, entry, until)
	return s.commit(ctx, &tx)
}

func (s *Store) commit(ctx context.Context, tx *dynamo.Tx) error {
	refusal, err := tx.Commit(ctx, s.Client)
	if err == nil && refusal != nil {
		return notice.ErrChanged
	}
	return err
}

// Lease takes or renews the lease of a campaign. The same holder may take it again, because the answer to the first try may have been lost
// (fault F01).
func (s *Store) Lease(ctx context.Context, version string, lease notice.Lease) (notice.Campaign, error) {
	out, err := s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: dynamo.Key(campaignKey(version), skMeta), ReturnValues: types.ReturnValueAllNew,
		UpdateExpression:    aws.String("SET holder = :me, leasedUntil = :until"),
		ConditionExpression: aws.String("attribute_exists(PK) AND (attribute_not_exists(holder) OR leasedUntil <= :now OR holder = :me)"),
		ExpressionAttributeValues: dynamo.Item{":me": dynamo.String(lease.Holder), ":until": dynamo.Seconds(lease.Until),
			":now": dynamo.Seconds(s.Now())},
	})
	if dynamo.Conflict(err) {
		return notice.Campaign{}, notice.ErrLeaseLost
	}
	if err != nil {
		return notice.Campaign{}, err
	}
	return campaignOf(out.Attributes), nil
}

// Save stores what the runner has changed. An act of staff may be under way at the same time: if it holds up the write, the runner has lost
// nothing but time, so Save reports it like an act that was faster.
func (s *Store) Save(ctx context.Context, was notice.State, c notice.Campaign) error {
	update, names, values := assign(campaignItem(c), saved[:]...)
	values[":was"], values[":me"] = dynamo.String(string(was)), dynamo.String(c.Lease.Holder)
	condition := "#holder = :me AND #state IN (:was, :state)"
	_, err := s.Client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &s.Table, Key: dynamo.Key(campaignKey(c.Version), skMeta), UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames: names, ExpressionAttributeValues: values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if stored, unmet := dynamo.ConditionFailed(err); unmet {
		if dynamo.Text(stored, "holder") != c.Lease.Holder {
			return notice.ErrLeaseLost
		}
		return notice.ErrChanged
	}
	if dynamo.Conflict(err) {
		return notice.ErrChanged
	}
	return err
}

// saved are the attributes that [Store.Save] writes, in their order.
var saved = [...]string{"state", "reason", "startedAt", "finishedAt", "expected", "countedAt", "walkBegan", "lastWalk", "shard", "cursor", "next", "open", "lost",
	"retry", "retryBegunAt", "calls", "accepted", "failed", "waiting", "unknown", "movedAt", "holder", "leasedUntil"}

// assign returns the update that gives the named attributes the values that they have in item, and removes those that item does not have.
func assign(item dynamo.Item, attributes ...string) (update string, names map[string]string, values dynamo.Item) {
	names, values = map[string]string{}, dynamo.Item{}
	var set, remove []string
	for _, name := range attributes {
		names["#"+name] = name
		if value, present := item[name]; present {
			set, values[":"+name] = append(set, "#"+name+" = :"+name), value
		} else {
			remove = append(remove, "#"+name)
		}
	}
	update = "SET " + strings.Join(set, ", ")
	if len(remove) > 0 {
		update += " REMOVE " + strings.Join(remove, ", ")
	}
	return update, names, values
}

func campaignItem(c notice.Campaign) dynamo.Item {
	item := dynamo.Item{}
	setAll(item, map[string]string{
		"kind": c.Kind, "state": string(c.State), "reason": string(c.Reason), "cursor": c.Cursor, "holder": c.Lease.Holder,
	}, map[string]int{
		"expected": c.Expected, "shard": c.Shard, "next": c.Next, "open": c.Open, "retry": c.Retry, "calls": c.Tally.Calls,
		"accepted": c.Tally.Accepted, "failed": c.Tally.Failed, "waiting": c.Tally.Waiting, "unknown": c.Tally.Unknown,
	}, map[string]time.Time{
		"createdAt": c.CreatedAt, "announceAt": c.AnnounceAt, "deadline": c.Deadline, "endsAt": c.EndsAt, "startedAt": c.StartedAt,
		"finishedAt": c.FinishedAt, "countedAt": c.CountedAt, "walkBegan": c.WalkBegan, "lastWalk": c.LastWalk, "movedAt": c.MovedAt,
		"retryAskedAt": c.RetryAskedAt, "retryBegunAt": c.RetryBegunAt,
		"leasedUntil": c.Lease.Until, dynamo.ExpiresAt: c.ExpiresAt,
	})
	var lost []types.AttributeValue
	for _, n := range c.Lost {
		lost = append(lost, dynamo.Number(int64(n)))
	}
	if len(lost) > 0 {
		item["lost"] = &types.AttributeValueMemberL{Value: lost}
	}
	return item
}

// numbers reads a list of numbers.
func numbers(value types.AttributeValue) (all []int) {
	list, ok := value.(*types.AttributeValueMemberL)
	if !ok {
		return nil
	}
	for _, n := range list.Value {
		all = append(all, number(dynamo.Item{"n": n}, "n"))
	}
	return all
}

func campaignOf(item dynamo.Item) notice.Campaign {
	return notice.Campaign{
		Version: strings.TrimPrefix(dynamo.Text(item, dynamo.PK), "n#"), Kind: dynamo.Text(item, "kind"),
		State: notice.State(dynamo.Text(item, "state")), Reason: notice.Reason(dynamo.Text(item, "reason")),
		CreatedAt: dynamo.Time(item, "createdAt"), AnnounceAt: dynamo.Time(item, "announceAt"), Deadline: dynamo.Time(item, "deadline"),
		EndsAt: dynamo.Time(item, "endsAt"), StartedAt: dynamo.Time(item, "startedAt"), FinishedAt: dynamo.Time(item, "finishedAt"),
		Expected: number(item, "expected"), CountedAt: dynamo.Time(item, "countedAt"),
		MovedAt: dynamo.Time(item, "movedAt"), WalkBegan: dynamo.Time(item, "walkBegan"), LastWalk: dynamo.Time(item, "lastWalk"),
		Shard: number(item, "shard"), Cursor: dynamo.Text(item, "cursor"),
		Next: number(item, "next"), Open: number(item, "open"), Lost: numbers(item["lost"]), Retry: number(item, "retry"),
		RetryAskedAt: dynamo.Time(item, "retryAskedAt"), RetryBegunAt: dynamo.Time(item, "retryBegunAt"),
		Tally: notice.Tally{Calls: number(item, "calls"), Accepted: number(item, "accepted"), Failed: number(item, "failed"),
			Waiting: number(item, "waiting"), Unknown: number(item, "unknown")},
		Lease:     notice.Lease{Holder: dynamo.Text(item, "holder"), Until: dynamo.Time(item, "leasedUntil")},
		ExpiresAt: dynamo.Time(item, dynamo.ExpiresAt),
	}
}
