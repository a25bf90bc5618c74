package subjects

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// EraseSpelling implements sources.Aliases.
func (s *Store) EraseSpelling(ctx context.Context, is subject.Alias, box string, at time.Time) (done bool, err error) {
	update := &dynamodb.UpdateItemInput{
		TableName: aws.String(s.Table), Key: dynamo.Key(is.Key, aliasSK),
		UpdateExpression:         aws.String("SET erasedAt = :at, mailbox = :m, #version = #version + :one REMOVE spelling"),
		ConditionExpression:      aws.String("#version = :was"),
		ExpressionAttributeNames: map[string]string{"#version": version},
		ExpressionAttributeValues: dynamo.Item{
			":at": dynamo.Seconds(at), ":m": dynamo.String(box), ":one": dynamo.Number(1), ":was": dynamo.Number(is.Version)},
	}
	err = fault.Retry(ctx, func() (lost bool, err error) {
		_, err = s.Client.UpdateItem(ctx, update)
		if _, changed := dynamo.ConditionFailed(err); changed {
			return false, nil
		}
		done = err == nil
		if dynamo.Conflict(err) {
			return true, nil
		}
		return false, err
	})
	return done, err
}
