package openapitest

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/shared/web"
)

// Send passes a request to h as API Gateway does, checks the exchange against the contract, and returns the answer with its body
// decoded. Headers alternate between names and values; empty values are not sent. An answer of 5xx fails the test, because no
// caller may break a function.
func Send(t testing.TB, h http.Handler, method, path, body string, headers ...string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	return SendUnchecked(t, Wrap(t, h), method, path, body, headers...)
}

// SendUnchecked is like [Send], for requests that a function accepts although the contract does not allow them.
func SendUnchecked(t testing.TB, h http.Handler, method, path, body string, headers ...string) events.APIGatewayV2HTTPResponse {
	t.Helper()
	event := events.APIGatewayV2HTTPRequest{Version: "2.0", RawPath: path, Body: body, Headers: map[string]string{}}
	event.RequestContext.HTTP.Method, event.RequestContext.HTTP.SourceIP = method, "192.0.2.1"
	if !utf8.ValidString(body) { // JSON cannot represent the body
		event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString([]byte(body)), true
	}
	for i := 0; i < len(headers); i += 2 {
		switch {
		case headers[i+1] == "":
		case headers[i] == "Cookie": // API Gateway passes cookies in a list of their own
			event.Cookies = append(event.Cookies, strings.Split(headers[i+1], "; ")...)
		default:
			event.Headers[headers[i]] = headers[i+1]
		}
	}
	answer, err := web.Lambda(h)(t.Context(), event)
	if err != nil || answer.StatusCode >= http.StatusInternalServerError {
		t.Fatalf("%s %s: %d, %v", method, path, answer.StatusCode, err)
	}
	if answer.IsBase64Encoded {
		plain, err := base64.StdEncoding.DecodeString(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body = string(plain)
	}
	return answer
}
