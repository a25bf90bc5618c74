package ledger

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Positions returns where the previous sweep stopped in each of the service's own tables. A table without a position is read from its start.
func (s *Store) Positions(ctx context.Context) (map[string]retention.Position, error) {
	out, err := s.Client.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String(s.Table), Key: dynamo.Key("cursor", "own"), ConsistentRead: aws.Bool(true)})
	if err != nil || out.Item == nil || dynamo.Expired(out.Item, s.Now()) {
		return nil, err
	}
	var positions map[string]retention.Position
	_ = json.Unmarshal([]byte(dynamo.Text(out.Item, "positions")), &positions) // positions that cannot be read mean a new start; an error would stop every sweep
	return positions, nil
}

// SavePositions stores where the next sweep continues, for as long as the schedule keeps notes of unfinished work. If every table
// was read to its end, it deletes the stored positions.
func (s *Store) SavePositions(ctx context.Context, before, next map[string]retention.Position) error {
	if len(next) == 0 {
		if len(before) == 0 {
			return nil
		}
		_, err := s.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: aws.String(s.Table), Key: dynamo.Key("cursor", "own")})
		return err
	}
	text, err := json.Marshal(next)
	if err != nil {
		return err
	}
	item, now := dynamo.Key("cursor", "own"), s.Now()
	item["positions"] = dynamo.String(string(text))
	item[dynamo.ExpiresAt] = dynamo.Seconds(s.Policy(now).SpanOf(policy.SweepCursor).After(now))
	_, err = s.Client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(s.Table), Item: item})
	return err
}
