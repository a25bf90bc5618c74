package streams

import (
	"context"
	"encoding/json"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/failures"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// F09: a deletion by DynamoDB's TTL starts no work and is never mistaken for something else, because no stream of the template
// delivers deletions, whoever made them.
func TestFault_F09_ADeletionByTTLWakesNothing(t *testing.T) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]any{"PK": map[string]any{"S": "r#1"}, "SK": map[string]any{"S": "EXPORT#1"}}
	old := map[string]any{"PK": keys["PK"], "SK": keys["SK"], "work": map[string]any{"S": "w#1"}}
	deletions := []map[string]any{
		{"eventName": "REMOVE", "dynamodb": map[string]any{"Keys": keys, "OldImage": old},
			"userIdentity": map[string]any{"type": "Service", "principalId": "dynamodb.amazonaws.com"}},
		{"eventName": "REMOVE", "dynamodb": map[string]any{"Keys": keys, "OldImage": old}},
	}
	streams := 0
	for _, f := range template.Functions {
		for _, stream := range f.Streams {
			streams++
			filter, err := newFilter(stream.Filters)
			if err != nil {
				t.Fatal(err)
			}
			for _, deletion := range deletions {
				if filter.passes(deletion) {
					t.Errorf("%s delivers a deletion", stream.LogicalID)
				}
			}
		}
	}
	if streams == 0 {
		t.Error("the template has no streams: this test looks in the wrong place")
	}
}

// listener passes on the deletions that a function receives.
type listener chan events.DynamoDBEventRecord

func (l listener) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	var event events.DynamoDBEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		return nil, err
	}
	for _, record := range event.Records {
		if record.EventName == "REMOVE" {
			l <- record
		}
	}
	return []byte(`{}`), nil
}

// F09: if a deletion does reach a function, one by the engine's own TTL carries the identity of that service and is skipped. One by
// a caller carries none and is processed.
func TestFault_F09_ADeletionByTTLNamesItsService(t *testing.T) {
	e, err := engine.Start(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Stop)
	table := sam.Table{LogicalID: "Things", PK: "PK", SK: "SK", StreamView: "NEW_AND_OLD_IMAGES", TTL: "expiresAt", Attributes: map[string]string{"PK": "S", "SK": "S"}}
	if err := engine.Create(t.Context(), e.Client(), table, "Things"); err != nil {
		t.Fatal(err)
	}
	heard := make(listener, 10)
	m, err := New(Mapping{Stream: sam.Stream{LogicalID: "Wake", BatchSize: 10}, Table: "Things", Function: heard, Dir: t.TempDir(),
		Failures: failures.Open(t.TempDir(), func(string) {}), Log: func(string) {},
		Client: dynamodbstreams.New(dynamodbstreams.Options{Region: engine.Region, BaseEndpoint: aws.String(e.Endpoint),
			Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})})
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { m.Run(t.Context()) })
	t.Cleanup(running.Wait)

	for _, sk := range []string{"REQUEST", "EXPORT#1"} {
		item := map[string]types.AttributeValue{"PK": &types.AttributeValueMemberS{Value: "r#1"}, "SK": &types.AttributeValueMemberS{Value: sk}}
		if sk == "REQUEST" {
			item["expiresAt"] = &types.AttributeValueMemberN{Value: strconv.FormatInt(time.Now().Unix()-1, 10)}
		}
		if _, err := e.Client().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("Things"), Item: item}); err != nil {
			t.Fatal(err)
		}
		if sk == "EXPORT#1" {
			delete(item, "expiresAt")
			if _, err := e.Client().DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("Things"), Key: item}); err != nil {
				t.Fatal(err)
			}
		}
	}
	_, _ = enginetest.SweepTTL(t.Context(), e) // DynamoDB Local cannot be told to, and sweeps by itself

	for range 2 {
		select {
		case record := <-heard:
			sk := record.Change.Keys["SK"].String()
			looked := queue.Event{Records: []events.DynamoDBEventRecord{record}}.Tasks()[0] != (work.Task{})
			if named := record.UserIdentity != nil; named != (sk == "REQUEST") || looked == named {
				t.Errorf("%s: deleted by %+v, looked at: %t", sk, record.UserIdentity, looked)
			}
		case <-time.After(3 * time.Minute):
			t.Fatal("a deletion was not told of")
		}
	}
}
