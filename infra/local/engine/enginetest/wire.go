package enginetest

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
)

// Wire lies between clients and the engine. It counts calls, and a test can look at each of them, change it, answer it, fail it or lose its
// answer. Clients may call on many goroutines at once.
type Wire struct {
	// Through carries a call, with [Call.Send] if it is to reach the engine; where it is nil, every call does. Set it while no call is under way.
	Through func(c *Call) (*http.Response, error)
	// Next is where calls are sent on to, such as a [paging.DynamoDB]; nil is the engine itself.
	Next http.RoundTripper

	mu    sync.Mutex
	calls map[string]int
}

// toEngine keeps as many connections as tests have goroutines; http.DefaultTransport keeps two for each host.
var toEngine = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 100
	return t
}()

// Client returns a client like the one given, on the wire, with further options.
func (w *Wire) Client(like *dynamodb.Client, options ...func(*dynamodb.Options)) *dynamodb.Client {
	onWire := func(o *dynamodb.Options) { o.HTTPClient = &http.Client{Transport: w} }
	return dynamodb.New(like.Options(), append(options, onWire)...)
}

// Take returns how many calls of each operation there were since it was last called.
func (w *Wire) Take() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.calls
	w.calls = nil
	return taken
}

// RoundTrip carries one call.
func (w *Wire) RoundTrip(r *http.Request) (*http.Response, error) {
	operation := dynamodbwire.Operation(r)
	w.mu.Lock()
	if w.calls == nil {
		w.calls = map[string]int{}
	}
	w.calls[operation]++
	through, next := w.Through, w.Next
	w.mu.Unlock()
	if next == nil {
		next = toEngine
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	c := &Call{Operation: operation, Body: body, request: r, next: next}
	if through == nil {
		return c.Send()
	}
	return through(c)
}

// Call is one call of a client.
type Call struct {
	Operation string // such as PutItem
	Body      []byte // its JSON, which a test may change before it sends the call

	request *http.Request
	next    http.RoundTripper
}

// Context returns the context of whoever calls.
func (c *Call) Context() context.Context { return c.request.Context() }

// ID returns the id that the SDK gave the call. When the SDK retries a call, the id stays the same.
func (c *Call) ID() string { return c.request.Header.Get("Amz-Sdk-Invocation-Id") }

// Names reports whether the call has to do with the table of that name.
func (c *Call) Names(table string) bool { return bytes.Contains(c.Body, []byte(`"`+table+`"`)) }

// Send sends the call to the engine and returns its answer. On a connection that was closed while it was idle, the transport sends the call
// again by itself, which counts as one call; without GetBody the SDK would have to, and a test that counts calls would see two.
func (c *Call) Send() (*http.Response, error) {
	out := c.request.Clone(c.request.Context())
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.Body)), nil }
	out.Body, _ = out.GetBody()
	out.ContentLength = int64(len(c.Body))
	return c.next.RoundTrip(out)
}

// Answer returns an answer that looks like DynamoDB's: a status and what stands in the JSON.
func (c *Call) Answer(status int, body any) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Request: c.request, Body: io.NopCloser(bytes.NewReader(text)),
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}}, nil
}

// Refuse returns an answer that refuses the call with an error of DynamoDB's, such as ValidationException.
func (c *Call) Refuse(kind string) (*http.Response, error) {
	return c.Answer(http.StatusBadRequest, map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + kind, "message": "refused by the test"})
}
