package streams

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
)

// identity says who made a change, in the form of Lambda's events. DynamoDB names nobody but its own TTL.
type identity struct {
	Type        string `json:"type"`
	PrincipalID string `json:"principalId"`
}

// changed is a record of a stream in its HTTP form. Lambda passes the change itself on unmodified.
type changed struct {
	EventID, EventName string
	Dynamodb           map[string]any
	UserIdentity       *identity // nil where a caller made the change
}

// records reads a page of a shard from the raw answer. dynoxide writes the members of `userIdentity` in lower case, which the SDK
// does not recognise but encoding/json accepts.
func (m *Mapping) records(ctx context.Context, iterator *string) (page []changed, next *string, err error) {
	var raw tee
	out, err := m.Client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator, Limit: aws.Int32(1000)},
		func(o *dynamodbstreams.Options) { raw.inner, o.HTTPClient = o.HTTPClient, &raw })
	if err != nil {
		return nil, nil, err
	}
	var seen struct{ Records []changed }
	if err := json.Unmarshal(raw.body, &seen); err != nil {
		return nil, nil, err
	}
	return seen.Records, out.NextShardIterator, nil
}

// tee keeps the body of the last answer.
type tee struct {
	inner dynamodbstreams.HTTPClient
	body  []byte
}

// Do keeps the body and passes it on.
func (t *tee) Do(r *http.Request) (*http.Response, error) {
	response, err := t.inner.Do(r)
	if err != nil {
		return nil, err
	}
	t.body, err = io.ReadAll(response.Body)
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(t.body))
	return response, err
}
