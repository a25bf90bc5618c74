package enginetest

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

func TestACallOnTheWire(t *testing.T) {
	tables, w := DynamoDB(t), &Wire{}
	client := w.Client(tables.Client, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })
	put := func(key string) error {
		_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tables.Name("LedgerTable")), Item: map[string]types.AttributeValue{
			"PK": &types.AttributeValueMemberS{Value: key}, "SK": &types.AttributeValueMemberS{Value: "x"}}})
		return err
	}
	stored := func(key string) bool {
		t.Helper()
		out, err := tables.Client.Query(t.Context(), &dynamodb.QueryInput{TableName: aws.String(tables.Name("LedgerTable")), KeyConditionExpression: aws.String("PK = :key"),
			ExpressionAttributeValues: map[string]types.AttributeValue{":key": &types.AttributeValueMemberS{Value: key}}})
		if err != nil {
			t.Fatal(err)
		}
		return out.Count == 1
	}
	lost := errors.New("the answer is lost")
	for _, c := range []struct {
		key           string
		through       func(c *Call) (*http.Response, error)
		fails, stored bool
	}{
		{"as it is", nil, false, true},
		{"looked at", func(c *Call) (*http.Response, error) {
			if c.Operation != "PutItem" || !c.Names(tables.Name("LedgerTable")) || c.Names(tables.Name("Ledger")) || c.Context() == nil {
				t.Errorf("%s %s", c.Operation, c.Body)
			}
			return c.Send()
		}, false, true},
		{"changed", func(c *Call) (*http.Response, error) {
			c.Body = bytes.ReplaceAll(c.Body, []byte(`"changed"`), []byte(`"otherwise"`))
			return c.Send()
		}, false, false},
		{"refused", func(c *Call) (*http.Response, error) { return c.Refuse("ConditionalCheckFailedException") }, true, false},
		{"answered", func(c *Call) (*http.Response, error) { return c.Answer(http.StatusOK, map[string]any{}) }, false, false},
		{"lost", func(c *Call) (*http.Response, error) {
			answer, err := c.Send()
			if err != nil {
				return nil, err
			}
			return nil, errors.Join(lost, answer.Body.Close())
		}, true, true},
	} {
		w.Through = c.through
		err := put(c.key)
		if refusal := new(types.ConditionalCheckFailedException); c.key == "refused" && !errors.As(err, &refusal) || c.key == "lost" && !errors.Is(err, lost) {
			t.Errorf("%s: %v", c.key, err)
		}
		if (err != nil) != c.fails || stored(c.key) != c.stored {
			t.Errorf("%s: %v, stored: %t", c.key, err, stored(c.key))
		}
	}
	if calls := w.Take(); len(calls) != 1 || calls["PutItem"] != 6 || len(w.Take()) != 0 {
		t.Errorf("counted %v", calls)
	}
	if !stored("otherwise") {
		t.Error("the call that was changed did not arrive")
	}
}
