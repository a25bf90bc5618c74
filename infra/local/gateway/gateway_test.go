package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
)

// function is an Invoker that records the last event.
type function struct {
	event  events.APIGatewayV2HTTPRequest
	raw    map[string]any // the same, as it came
	answer string
	err    error
	hold   chan struct{} // what it waits for before it does anything, or nil
	ended  chan struct{} // told of its end then
}

func (f *function) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	if f.hold != nil {
		<-f.hold
		defer close(f.ended)
	}
	if err := errors.Join(json.Unmarshal(payload, &f.event), json.Unmarshal(payload, &f.raw)); err != nil {
		return nil, err
	}
	return []byte(f.answer), f.err
}

const origin = "https://www.example.com"

func serve(t *testing.T, f Invoker, change func(*Options)) *httptest.Server {
	t.Helper()
	o := Options{
		Routes: map[string]Invoker{"GET /v1/things/{id}": f, "POST /v1/things": f, "$default": f},
		CORS:   CORS{Origins: []string{origin}, Methods: []string{"GET", "POST"}, Headers: []string{"content-type"}, ExposeHeaders: []string{"etag"}, MaxAge: time.Hour},
		Domain: "localhost", Now: func() time.Time { return time.Date(2025, 3, 12, 19, 3, 58, 0, time.UTC) },
	}
	if change != nil {
		change(&o)
	}
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	return server
}

// send sends headers as pairs and returns the response with its body read.
func send(t *testing.T, method, url, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, _ := io.ReadAll(response.Body)
	return response, string(text)
}

func TestThreat_T21_OnlyTheConnectionsAddressCounts(t *testing.T) {
	f := &function{answer: `{"statusCode":200}`}
	server := serve(t, f, nil)
	send(t, "GET", server.URL+"/v1/things/1", "", "X-Forwarded-For", "203.0.113.9", "X-Real-Ip", "203.0.113.9", "Forwarded", "for=203.0.113.9")
	if got := f.event.RequestContext.HTTP.SourceIP; got != "127.0.0.1" {
		t.Errorf("source %s", got)
	}
	if got := f.event.Headers["x-forwarded-for"]; got != "203.0.113.9, 127.0.0.1" {
		t.Errorf("forwarded for %s", got)
	}
}

func TestThrottling(t *testing.T) {
	clock := testclock.New(time.Unix(1_700_000_000, 0))
	server := serve(t, &function{answer: `{"statusCode":200}`}, func(o *Options) {
		o.RouteLimits = map[string]Limit{"POST /v1/things": {Rate: 1, Burst: 2}}
		o.Now = clock.Now
	})
	for i, want := range []int{200, 200, 429} {
		if r, _ := send(t, "POST", server.URL+"/v1/things", ""); r.StatusCode != want {
			t.Errorf("call %d: %d", i, r.StatusCode)
		}
	}
	clock.Advance(time.Second)
	if r, _ := send(t, "POST", server.URL+"/v1/things", ""); r.StatusCode != 200 {
		t.Errorf("a second later: %d", r.StatusCode)
	}
	if r, _ := send(t, "GET", server.URL+"/v1/things/1", ""); r.StatusCode != 200 {
		t.Errorf("another route: %d", r.StatusCode)
	}
}
