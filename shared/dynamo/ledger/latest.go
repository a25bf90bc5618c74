package ledger

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// ErrNoReport is the error of [Store.Latest] when neither this year nor the last has a report.
var ErrNoReport = errors.New("ledger: no retention report")

// Latest returns the newest retention report (promise F07). The store does not keep PastExpiry, so it is zero.
func (s *Store) Latest(ctx context.Context) (retention.Report, error) {
	year := s.Now().UTC().Year()
	for _, y := range []int{year, year - 1} {
		out, err := s.Client.Query(ctx, &dynamodb.QueryInput{
			TableName: aws.String(s.Table), KeyConditionExpression: aws.String("PK = :p"),
			ExpressionAttributeValues: dynamo.Item{":p": dynamo.String("report#" + strconv.Itoa(y))},
			ScanIndexForward:          aws.Bool(false), Limit: aws.Int32(1), ConsistentRead: aws.Bool(true),
		})
		if err != nil {
			return retention.Report{}, err
		}
		if len(out.Items) == 0 || dynamo.Expired(out.Items[0], s.Now()) {
			continue
		}
		var report retention.Report
		if err := json.Unmarshal([]byte(dynamo.Text(out.Items[0], "report")), &report); err != nil {
			return report, fmt.Errorf("ledger: report: %w", err)
		}
		return report, nil
	}
	return retention.Report{}, ErrNoReport
}
