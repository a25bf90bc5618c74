package dynamodbwire_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
)

// sent keeps the last request and answers none.
type sent struct{ *http.Request }

func (s *sent) Do(r *http.Request) (*http.Response, error) {
	s.Request = r
	return nil, errors.New("no answer")
}

// The SDK's own requests are named, and a request that was made by hand looks like the SDK's.
func TestOperation(t *testing.T) {
	wire := &sent{}
	client := dynamodb.New(dynamodb.Options{Region: "eu-west-2", HTTPClient: wire, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	for want, call := range map[string]func(context.Context) error{
		"Scan": func(ctx context.Context) error {
			_, err := client.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("t")})
			return err
		},
		"TransactWriteItems": func(ctx context.Context) error {
			_, err := client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{}})
			return err
		},
	} {
		if err := call(t.Context()); err == nil || dynamodbwire.Operation(wire.Request) != want {
			t.Errorf("%s is taken for %q, %v", want, dynamodbwire.Operation(wire.Request), err)
		}
		byHand, _ := http.NewRequest(http.MethodPost, "http://localhost", nil)
		if got := dynamodbwire.Operation(byHand); got != "" {
			t.Errorf("a request without an operation is taken for %q", got)
		}
		dynamodbwire.SetOperation(byHand, want)
		if got := byHand.Header.Get("X-Amz-Target"); got != wire.Header.Get("X-Amz-Target") {
			t.Errorf("made by hand: %q", got)
		}
	}
}
