package requests

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// openPrefix begins the partition keys of the index open.
const openPrefix = "o"

// openShard returns the partition of the index open that goes with one of the index work.
func openShard(work string) string { return openPrefix + work[1:] }

// setOpen puts a request into the index open, sorted by the deadline that binds, until it is closed.
func setOpen(item dynamo.Item, r request.Request) {
	if r.State.Final() {
		return
	}
	item["open"], item["dueAt"] = dynamo.String(openShard(dynamo.WorkShard(PK(r.ID)))), dynamo.Seconds(request.DueAt(r))
	if r.State == request.Open && r.Step == "" || r.Unopened() {
		text(item, "waitingFor", string(r.WaitsFor(time.Time{})))
	}
}

// Open implements [request.Queue] with one query of each partition of the index open, or more for a partition beyond 1 MB. The index has only requests
// that are not closed, so closed ones cost nothing.
func (s *Store) Open(ctx context.Context) (lines []request.Line, err error) {
	for shard := range dynamo.WorkShards {
		pages := dynamodb.NewQueryPaginator(s.Client, &dynamodb.QueryInput{
			TableName: &s.Table, IndexName: aws.String("open"),
			KeyConditionExpression:    aws.String("#o = :o"),
			ExpressionAttributeNames:  map[string]string{"#o": "open"},
			ExpressionAttributeValues: dynamo.Item{":o": dynamo.String(openPrefix + "#" + strconv.Itoa(shard))},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, err
			}
			for _, item := range page.Items {
				lines = append(lines, parseLine(item))
			}
		}
	}
	request.ByDeadline(lines)
	return lines, nil
}

func parseLine(item dynamo.Item) request.Line {
	return request.Line{
		ID: strings.TrimPrefix(dynamo.Text(item, dynamo.PK), PK("")), Right: privacy.Right(dynamo.Text(item, "right")),
		State: request.State(dynamo.Text(item, "state")), Jurisdiction: privacy.Jurisdiction(dynamo.Text(item, "jurisdiction")),
		ReceivedAt: dynamo.Time(item, "receivedAt"), DueAt: dynamo.Time(item, "dueAt"), WaitingFor: request.Wait(dynamo.Text(item, "waitingFor")),
	}
}
