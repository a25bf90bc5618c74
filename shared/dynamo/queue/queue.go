// Package queue finds due tasks in the Requests table, through the index "work" and through the table's stream. It turns the keys of items
// into tasks and back.
package queue

import (
	"context"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Queue implements [work.Queue].
type Queue struct {
	Client *dynamodb.Client
	Table  string
}

// Due returns the tasks that the index lists as due at now. The index may lag, so the code that does a task checks the table (fault F14).
// Each minute another shard comes first, so that tasks that fail slowly cannot block the other shards forever (fault F19).
func (q *Queue) Due(ctx context.Context, now time.Time) ([]work.Task, error) {
	var due []work.Task
	first := int(now.Unix() / 60 % dynamo.WorkShards)
	for i := range dynamo.WorkShards {
		shard := (first + i) % dynamo.WorkShards
		pages := dynamodb.NewQueryPaginator(q.Client, &dynamodb.QueryInput{
			TableName: &q.Table, IndexName: aws.String("work"),
			KeyConditionExpression:    aws.String("#w = :w AND nextAt <= :now"),
			ExpressionAttributeNames:  map[string]string{"#w": dynamo.Work},
			ExpressionAttributeValues: dynamo.Item{":w": dynamo.String("w#" + strconv.Itoa(shard)), ":now": dynamo.Seconds(now)},
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return due, err
			}
			for _, item := range page.Items {
				due = append(due, Parse(dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK)))
			}
		}
	}
	return due, nil
}
