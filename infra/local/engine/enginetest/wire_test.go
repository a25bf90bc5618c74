package enginetest

import (
	"bytes"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// isStored reports whether there is an item with the partition key, as the engine itself says.
func isStored(t *testing.T, tables *Tables, key string) bool {
	t.Helper()
	out, err := tables.Client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String(tables.Name("LedgerTable")), Key: dynamo.Key(key, "x"), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return len(out.Item) > 0
}

func TestACallOnTheWire(t *testing.T) {
	tables, w := DynamoDB(t), &Wire{}
	client := w.Client(tables.Client, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })
	put := func(key string) error {
		_, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(tables.Name("LedgerTable")), Item: dynamo.Key(key, "x")})
		return err
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
		if (err != nil) != c.fails || isStored(t, tables, c.key) != c.stored {
			t.Errorf("%s: %v, stored: %t", c.key, err, isStored(t, tables, c.key))
		}
	}
	if calls := w.Take(); len(calls) != 1 || calls["PutItem"] != 6 || len(w.Take()) != 0 {
		t.Errorf("counted %v", calls)
	}
	if !isStored(t, tables, "otherwise") {
		t.Error("the call that was changed did not arrive")
	}
}
