package main

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
)

// deaf carries every call to DynamoDB, and loses the answers to writes.
type deaf struct{ lost int }

func (d *deaf) Do(r *http.Request) (*http.Response, error) {
	answer, err := http.DefaultClient.Do(r)
	if err != nil || dynamodbwire.Operation(r) != "PutItem" {
		return answer, err
	}
	d.lost++
	_, _ = io.Copy(io.Discard, answer.Body)
	return nil, errors.Join(io.ErrUnexpectedEOF, answer.Body.Close())
}

// F01: of a withdrawal whose write gave no answer nobody knows whether it stands. The service says so, and does not say that all is well. Here it
// stands, and sending it again changes nothing.
func TestFault_F01_AFailedWithdrawalClaimsNothing(t *testing.T) {
	s, visitor := newService(t), uuid.NewString()
	if status, answer, _ := s.call(t, "POST", "/v1/consents", decide(visitor, `"analytics_cookies":"granted"`)); status != 201 {
		t.Fatal(status, answer)
	}
	options, hearing, d := s.tables.Client.Options(), s.log.Client, &deaf{}
	options.HTTPClient, options.Retryer = d, aws.NopRetryer{}
	s.log.Client = dynamodb.New(options)
	const body = `{"purposes":["analytics_cookies"]}`
	status, problem, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", body)
	detail, _ := problem["detail"].(string)
	if status != 500 || d.lost == 0 || !strings.Contains(detail, "may or may not have been stored") || !strings.Contains(detail, "send it again") || strings.Contains(detail, "lost") {
		t.Errorf("%d %q, %d answers lost", status, detail, d.lost)
	}
	s.log.Client = hearing
	if _, answer, _ := s.call(t, "GET", "/v1/consents/"+visitor, ""); stateOf(t, answer, "analytics_cookies") != "denied" {
		t.Errorf("the withdrawal that failed: %v", answer)
	}
	if status, answer, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", body); status/100 != 2 || stateOf(t, answer, "analytics_cookies") != "denied" {
		t.Errorf("sent again: %d %v", status, answer)
	}
}
