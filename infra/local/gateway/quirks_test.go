package gateway

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/runtime"
)

const (
	things = "/v1/things"
	absent = "<absent>" // a header that must not be there, a member that the event must not have
)

// quirk is one way in which API Gateway limits, changes or refuses what passes through it.
type quirk struct {
	name string

	change func(*Options) // what is special about the API
	answer string         // of the function; an empty 200 if not given
	fails  error          // of the function
	hangs  bool           // the function, for longer than the gateway waits

	request string // method and path
	body    string
	headers []string // pairs

	status int
	says   string            // the answer's body, where it matters
	got    map[string]string // headers of the answer
	seen   map[string]string // members of the function's event, by their path; nil: it does not matter
	unseen bool              // no function is asked
}

// own is the body of an answer of API Gateway's own.
func own(text string) string { return `{"message":"` + text + `"}` + "\n" }

var limits = []quirk{
	{name: "10 MB in", request: "POST " + things, body: strings.Repeat("x", MaxBody+1), headers: text, status: 413, says: own("Request Entity Too Large"), unseen: true},
	{name: "6 MB to a function", request: "POST " + things, body: strings.Repeat("x", 6<<20), headers: text, status: 413, says: own("Request Entity Too Large"), unseen: true},
	{name: "6 MB after base64", request: "POST " + things, body: strings.Repeat("x", 5<<20), headers: lines, status: 413, says: own("Request Entity Too Large"), unseen: true},
	{name: "4 MiB of NDJSON pass", request: "POST " + things, body: strings.Repeat("x", 4<<20), headers: lines, status: 200},
	{name: "10,240 bytes of headers", request: "GET " + things + "/1", headers: []string{"X-Long", strings.Repeat("x", 10240)}, status: 431, says: own("Request Header Fields Too Large"), unseen: true},
	{name: "less passes", request: "GET " + things + "/1", headers: []string{"X-Long", strings.Repeat("x", 10000)}, status: 200},
	{name: "a path counts as well", request: "GET " + things + "/" + strings.Repeat("x", 10240), status: 431, unseen: true},
	{name: "30 seconds", change: func(o *Options) { o.Timeout = 20 * time.Millisecond }, hangs: true, request: "GET " + things + "/1", status: 503, says: own("Service Unavailable")},
	{name: "a function that fails", fails: &runtime.Error{Type: "Runtime.ExitError"}, request: "GET " + things + "/1", status: 500, says: own("Internal Server Error")},
	{name: "6 MB from a function", fails: &runtime.Error{Type: "Function.ResponseSizeTooLarge"}, request: "GET " + things + "/1", status: 500, says: own("Internal Server Error")},
	{name: "the throttle", change: func(o *Options) { o.RouteLimits = map[string]Limit{"POST " + things: {Rate: 0, Burst: -1}} },
		request: "POST " + things, status: 429, says: own("Too Many Requests"), unseen: true},
	{name: "the throttle of another route", change: func(o *Options) { o.RouteLimits = map[string]Limit{"POST " + things: {Rate: 0, Burst: -1}} },
		request: "GET " + things + "/1", status: 200},
}

var (
	text  = []string{"Content-Type", "text/plain"}
	lines = []string{"Content-Type", "application/x-ndjson"}
)

var onTheWayIn = []quirk{
	{name: "payload format 2.0", request: "GET " + things + "/1", status: 200, seen: map[string]string{"version": "2.0", "routeKey": "GET /v1/things/{id}",
		"requestContext.stage": "$default", "requestContext.http.method": "GET", "requestContext.http.protocol": "HTTP/1.1",
		"requestContext.time": "12/Mar/2025:19:03:58 +0000", "requestContext.timeEpoch": "1741806238000", "body": absent}},
	{name: "a decoded path", request: "GET " + things + "/a%20b%2Fc", status: 200,
		seen: map[string]string{"rawPath": "/v1/things/a b/c", "pathParameters.id": "a b/c", "requestContext.http.path": "/v1/things/a b/c"}},
	{name: "parameters joined, the query as it came", request: "GET " + things + "/1?x=1&x=2&y=%C3%A9", status: 200,
		seen: map[string]string{"rawQueryString": "x=1&x=2&y=%C3%A9", "queryStringParameters.x": "1,2", "queryStringParameters.y": "é"}},
	{name: "names of headers in small letters, repeated ones joined", request: "GET " + things + "/1", headers: []string{"X-Two", "1", "X-Two", "2"}, status: 200,
		seen: map[string]string{"headers.x-two": "1,2", "headers.X-Two": absent}},
	{name: "cookies in a list of their own", request: "GET " + things + "/1", headers: []string{"Cookie", "a=1; b=2"}, status: 200,
		seen: map[string]string{"cookies": "[a=1 b=2]", "headers.cookie": absent}},
	{name: "HEAD is no GET", request: "HEAD " + things + "/1", status: 200, seen: map[string]string{"routeKey": "$default"}},
	{name: "a slash at the end is another path", request: "GET " + things + "/1/", status: 200, seen: map[string]string{"routeKey": "$default"}},
	{name: "JSON is text", request: "POST " + things, body: "{}", headers: []string{"Content-Type", "application/json; charset=utf-8"}, status: 200, seen: plain},
	{name: "other JSON is text", request: "POST " + things, body: "{}", headers: []string{"Content-Type", "application/problem+json"}, status: 200, seen: plain},
	{name: "CSV is text", request: "POST " + things, body: "{}", headers: []string{"Content-Type", "text/csv"}, status: 200, seen: plain},
	{name: "NDJSON is base64", request: "POST " + things, body: "{}", headers: lines, status: 200, seen: encoded},
	{name: "a form is base64", request: "POST " + things, body: "{}", headers: []string{"Content-Type", "application/x-www-form-urlencoded"}, status: 200, seen: encoded},
	{name: "an image is base64", request: "POST " + things, body: "{}", headers: []string{"Content-Type", "image/png"}, status: 200, seen: encoded},
	{name: "no type is base64", request: "POST " + things, body: "{}", status: 200, seen: encoded},
	{name: "what is no UTF-8 is base64", request: "POST " + things, body: "\xff", headers: text, status: 200, seen: map[string]string{"body": "/w==", "isBase64Encoded": "true"}},
}

var (
	plain   = map[string]string{"body": "{}", "isBase64Encoded": "false"}
	encoded = map[string]string{"body": "e30=", "isBase64Encoded": "true"}
)

var onTheWayOut = []quirk{
	{name: "a whole answer", answer: `{"statusCode":201,"headers":{"Content-Type":"application/json","ETag":"\"1\""},"body":"{}"}`, status: 201, says: "{}",
		got: map[string]string{"Content-Type": "application/json", "Etag": `"1"`}},
	{name: "base64 is decoded", answer: `{"statusCode":200,"body":"/w==","isBase64Encoded":true,"headers":{"content-type":"image/png"}}`, status: 200, says: "\xff", got: map[string]string{"Content-Type": "image/png"}},
	{name: "JSON without a status is a body", answer: `{"a":1}`, status: 200, says: `{"a":1}`, got: map[string]string{"Content-Type": "application/json"}},
	{name: "so is a string", answer: `"hello"`, status: 200, says: `"hello"`, got: map[string]string{"Content-Type": "application/json"}},
	{name: "a type where none is given", answer: `{"statusCode":200,"body":"x"}`, status: 200, says: "x", got: map[string]string{"Content-Type": "text/plain;charset=UTF-8"}},
	{name: "nothing", answer: `{"statusCode":204}`, status: 204, got: map[string]string{"Content-Type": absent}},
	{name: "no JSON", answer: `oops`, status: 500, says: own("Internal Server Error")},
	{name: "no base64", answer: `{"statusCode":200,"body":"*","isBase64Encoded":true}`, status: 500, says: own("Internal Server Error")},
	{name: "no status", answer: `{"statusCode":7}`, status: 500, says: own("Internal Server Error")},
	{name: "cookies", answer: `{"statusCode":200,"cookies":["a=1","b=2; Secure"]}`, status: 200, got: map[string]string{"Set-Cookie": "a=1|b=2; Secure"}},
	{name: "the CORS headers of a function are dropped", answer: `{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"}}`, status: 200, got: map[string]string{"Access-Control-Allow-Origin": absent}},
	{name: "and do not help a foreign origin", answer: `{"statusCode":200,"headers":{"Access-Control-Allow-Origin":"*"}}`, headers: []string{"Origin", "https://elsewhere.example"}, status: 200, got: map[string]string{"Access-Control-Allow-Origin": absent}},
	{name: "an allowed origin gets the API's", headers: []string{"Origin", origin}, status: 200, got: map[string]string{"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "etag"}},
	{name: "a preflight reaches no function", request: "OPTIONS " + things, headers: []string{"Origin", origin, "Access-Control-Request-Method", "POST"}, status: 204, unseen: true,
		got: map[string]string{"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Methods": "GET,POST", "Access-Control-Max-Age": "3600"}},
	{name: "nor does a foreign one", request: "OPTIONS " + things, headers: []string{"Origin", "https://elsewhere.example", "Access-Control-Request-Method", "POST"}, status: 204, unseen: true,
		got: map[string]string{"Access-Control-Allow-Origin": absent, "Access-Control-Allow-Methods": absent}},
	{name: "the request's id is the API's", answer: `{"statusCode":200,"headers":{"apigw-requestid":"mine","connection":"close"}}`, status: 200, got: map[string]string{"Connection": absent}},
}

// TestNoKinderThanAWS sends one request per limit and quirk of an HTTP API.
func TestNoKinderThanAWS(t *testing.T) {
	for group, quirks := range map[string][]quirk{"limits": limits, "the way in": onTheWayIn, "the way out": onTheWayOut} {
		for _, q := range quirks {
			t.Run(group+"/"+q.name, q.check)
		}
	}
}

func (q quirk) check(t *testing.T) {
	f := &function{answer: q.answer, err: q.fails}
	if q.hangs {
		f.hold, f.ended = make(chan struct{}), make(chan struct{})
	}
	if f.answer == "" {
		f.answer = `{"statusCode":200}`
	}
	if q.request == "" {
		q.request = "GET " + things + "/1"
	}
	method, path, _ := strings.Cut(q.request, " ")
	response, body := send(t, method, serve(t, f, q.change).URL+path, q.body, q.headers...)
	if response.StatusCode != q.status || q.says != "" && body != q.says {
		t.Errorf("%d %.80s, want %d %s", response.StatusCode, body, q.status, q.says)
	}
	for name, want := range q.got {
		if got := header(response.Header, name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if id := response.Header.Get("Apigw-Requestid"); len(id) != 16 {
		t.Errorf("the request's id is %q", id)
	}
	if q.hangs {
		close(f.hold)
		<-f.ended
	}
	if (f.raw == nil) != q.unseen {
		t.Errorf("the function saw the request: %t", f.raw != nil)
	}
	for member, want := range q.seen {
		if got := lookup(f.raw, member); got != want {
			t.Errorf("%s is %q, want %q", member, got, want)
		}
	}
}

func header(h http.Header, name string) string {
	if values := h.Values(name); len(values) > 0 {
		return strings.Join(values, "|")
	}
	return absent
}

// lookup returns a member of an event by its path.
func lookup(event map[string]any, path string) string {
	var value any = event
	for name := range strings.SplitSeq(path, ".") {
		members, _ := value.(map[string]any)
		var ok bool
		if value, ok = members[name]; !ok {
			return absent
		}
	}
	if number, ok := value.(float64); ok {
		return fmt.Sprintf("%.0f", number)
	}
	return fmt.Sprint(value)
}
