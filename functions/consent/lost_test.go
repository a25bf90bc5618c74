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

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
)

// F01: if the answer to the write of a withdrawal is lost, the service does not know whether it is recorded, and tells the caller so. In this
// test it is recorded, and sending it again changes nothing.
func TestFault_F01_AFailedWithdrawalClaimsNothing(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	if status, answer, _ := s.call(t, "POST", "/v1/consents", decide(visitor, `"analytics_cookies":"granted"`)); status != 201 {
		t.Fatal(status, answer)
	}
	hearing, lost := s.Client, 0
	s.Consents.Client = s.Wire.Client(s.Tables.Client, func(o *dynamodb.Options) { o.Retryer = aws.NopRetryer{} })
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) { // every call arrives, but the answers to writes are lost
		answer, err := c.Send()
		if err != nil || c.Operation != "PutItem" {
			return answer, err
		}
		lost++
		return nil, errors.Join(io.ErrUnexpectedEOF, answer.Body.Close())
	}
	const body = `{"purposes":["analytics_cookies"]}`
	status, problem, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", body)
	detail, _ := problem["detail"].(string)
	if status != 500 || lost == 0 || !strings.Contains(detail, "may or may not have been stored") || !strings.Contains(detail, "send it again") || strings.Contains(detail, "lost") {
		t.Errorf("%d %q, %d answers lost", status, detail, lost)
	}
	s.Consents.Client, s.Wire.Through = hearing, nil
	if _, answer, _ := s.call(t, "GET", "/v1/consents/"+visitor, ""); stateOf(t, answer, "analytics_cookies") != "denied" {
		t.Errorf("the withdrawal that failed: %v", answer)
	}
	if status, answer, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", body); status/100 != 2 || stateOf(t, answer, "analytics_cookies") != "denied" {
		t.Errorf("sent again: %d %v", status, answer)
	}
}
