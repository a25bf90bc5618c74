package enginetest

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// WrongExpiries returns the items of a table whose expiresAt TTL would ignore or take for another time (fault F10). Valid is only a
// number of ten digits, which are the epoch seconds of the years 2001 to 2286.
func WrongExpiries(ctx context.Context, client *dynamodb.Client, table string) (wrong []map[string]types.AttributeValue, err error) {
	pages := dynamodb.NewScanPaginator(client, &dynamodb.ScanInput{
		TableName: aws.String(table), ConsistentRead: aws.Bool(true),
		FilterExpression: aws.String("attribute_exists(expiresAt) AND NOT (attribute_type(expiresAt, :number) AND expiresAt BETWEEN :least AND :most)"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":number": &types.AttributeValueMemberS{Value: "N"},
			":least":  &types.AttributeValueMemberN{Value: "1000000000"}, ":most": &types.AttributeValueMemberN{Value: "9999999999"},
		}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return wrong, err
		}
		wrong = append(wrong, page.Items...)
	}
	return wrong, nil
}
