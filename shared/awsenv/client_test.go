package awsenv

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
)

// early answers a request before its body is read.
type early struct{ body io.ReadCloser }

func (e *early) Do(r *http.Request) (*http.Response, error) {
	e.body = r.Body
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"MessageId":"1"}`))}, nil
}

// F04: an answer that overtakes the end of its request is no failure of the request, so the mail is not sent again.
func TestFault_F04_AnAnswerOvertakesItsRequest(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		t.Setenv(name, "test")
	}
	inner := &early{}
	for _, repaired := range []bool{true, false} {
		cfg := Config("SESV2")
		if _, ok := cfg.HTTPClient.(client); !ok {
			t.Fatalf("the client is %T", cfg.HTTPClient)
		}
		cfg.HTTPClient = inner
		if repaired {
			cfg.HTTPClient = client{inner}
		}
		_, err := sesv2.NewFromConfig(cfg).SendEmail(t.Context(), &sesv2.SendEmailInput{Content: &types.EmailContent{Simple: &types.Message{
			Subject: &types.Content{Data: aws.String("x")}, Body: &types.Body{}}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, inner.body); (err == nil) != repaired {
			t.Errorf("repaired %v: %v; if the SDK no longer needs the repair, remove it", repaired, err)
		}
	}
}

// A request without a body stays one, or net/http would send it in chunks.
func TestARequestWithoutABody(t *testing.T) {
	inner := &early{}
	for _, body := range []io.ReadCloser{nil, http.NoBody} {
		if _, err := (client{inner}).Do(&http.Request{Body: body}); err != nil || inner.body != body {
			t.Errorf("%v became %v, %v", body, inner.body, err)
		}
	}
}
