package gateway

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/runtime"
)

// function is an Invoker that remembers the last event.
type function struct {
	event  events.APIGatewayV2HTTPRequest
	answer string
	err    error
	pause  time.Duration
}

func (f *function) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	time.Sleep(f.pause)
	if err := json.Unmarshal(payload, &f.event); err != nil {
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

func wantMessage(t *testing.T, response *http.Response, body string, status int, text string) {
	t.Helper()
	if response.StatusCode != status || strings.TrimSpace(body) != `{"message":"`+text+`"}` {
		t.Errorf("got %d %s, want %d %s", response.StatusCode, body, status, text)
	}
}

func TestEventIsPayloadFormat2(t *testing.T) {
	f := &function{answer: `{"statusCode":200}`}
	server := serve(t, f, nil)
	send(t, "GET", server.URL+"/v1/things/a%20b?x=1&x=2&y=%C3%A9", "", "Cookie", "a=1; b=2", "X-Two", "1", "X-Two", "2")
	e := f.event
	if e.Version != "2.0" || e.RouteKey != "GET /v1/things/{id}" || e.RawPath != "/v1/things/a b" || e.RawQueryString != "x=1&x=2&y=%C3%A9" {
		t.Errorf("event %+v", e)
	}
	if e.PathParameters["id"] != "a b" || e.QueryStringParameters["x"] != "1,2" || e.QueryStringParameters["y"] != "é" {
		t.Errorf("parameters %v %v", e.PathParameters, e.QueryStringParameters)
	}
	if strings.Join(e.Cookies, "|") != "a=1|b=2" || e.Headers["cookie"] != "" || e.Headers["x-two"] != "1,2" {
		t.Errorf("cookies %v, headers %v", e.Cookies, e.Headers)
	}
	c := e.RequestContext
	if c.HTTP.Method != "GET" || c.HTTP.Protocol != "HTTP/1.1" || c.Stage != "$default" || c.Time != "12/Mar/2025:19:03:58 +0000" || c.TimeEpoch != 1741806238000 {
		t.Errorf("context %+v", c)
	}
	if e.Body != "" || e.IsBase64Encoded {
		t.Error("a body from nowhere")
	}
}

func TestBodiesAreBase64ByContentType(t *testing.T) {
	f := &function{answer: `{"statusCode":200}`}
	server := serve(t, f, nil)
	for contentType, encoded := range map[string]bool{
		"application/json": false, "application/json; charset=utf-8": false, "text/csv": false, "application/problem+json": false,
		"application/x-ndjson": true, "application/x-www-form-urlencoded": true, "image/png": true, "": true,
	} {
		send(t, "POST", server.URL+"/v1/things", "{}", "Content-Type", contentType)
		if f.event.IsBase64Encoded != encoded {
			t.Errorf("%q: base64 is %v", contentType, f.event.IsBase64Encoded)
		}
	}
	send(t, "POST", server.URL+"/v1/things", "\xff", "Content-Type", "text/plain")
	if !f.event.IsBase64Encoded || f.event.Body != "/w==" {
		t.Error("bytes that are no UTF-8 went into JSON")
	}
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

func TestLimits(t *testing.T) {
	f := &function{answer: `{"statusCode":200}`}
	server := serve(t, f, nil)
	r, body := send(t, "POST", server.URL+"/v1/things", strings.Repeat("x", MaxBody+1), "Content-Type", "text/plain")
	wantMessage(t, r, body, 413, "Request Entity Too Large")
	r, body = send(t, "POST", server.URL+"/v1/things", strings.Repeat("x", 5<<20), "Content-Type", "application/x-ndjson")
	wantMessage(t, r, body, 413, "Request Entity Too Large")
	r, _ = send(t, "POST", server.URL+"/v1/things", strings.Repeat("x", 4<<20), "Content-Type", "application/x-ndjson")
	if r.StatusCode != 200 {
		t.Errorf("4 MiB of NDJSON: %d", r.StatusCode)
	}
	r, body = send(t, "GET", server.URL+"/v1/things/1", "", "X-Long", strings.Repeat("x", MaxHeaders))
	wantMessage(t, r, body, 431, "Request Header Fields Too Large")
}

func TestFailures(t *testing.T) {
	f := &function{err: &runtime.Error{Type: "Runtime.ExitError"}}
	server := serve(t, f, func(o *Options) { o.Timeout = 50 * time.Millisecond })
	r, body := send(t, "GET", server.URL+"/v1/things/1", "")
	wantMessage(t, r, body, 500, "Internal Server Error")
	f.err, f.pause = nil, 200*time.Millisecond
	r, body = send(t, "GET", server.URL+"/v1/things/1", "")
	wantMessage(t, r, body, 503, "Service Unavailable")
	time.Sleep(f.pause)
}

func TestThrottling(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	server := serve(t, &function{answer: `{"statusCode":200}`}, func(o *Options) {
		o.RouteLimits = map[string]Limit{"POST /v1/things": {Rate: 1, Burst: 2}}
		o.Now = func() time.Time { return now }
	})
	for i, want := range []int{200, 200, 429} {
		if r, _ := send(t, "POST", server.URL+"/v1/things", ""); r.StatusCode != want {
			t.Errorf("call %d: %d", i, r.StatusCode)
		}
	}
	r, body := send(t, "POST", server.URL+"/v1/things", "")
	wantMessage(t, r, body, 429, "Too Many Requests")
	now = now.Add(time.Second)
	if r, _ := send(t, "POST", server.URL+"/v1/things", ""); r.StatusCode != 200 {
		t.Errorf("a second later: %d", r.StatusCode)
	}
	if r, _ := send(t, "GET", server.URL+"/v1/things/1", ""); r.StatusCode != 200 {
		t.Errorf("another route: %d", r.StatusCode)
	}
}
