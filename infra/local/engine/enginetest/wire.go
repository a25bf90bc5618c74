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

// Wire is between clients and the engine. It counts calls. A test can look at each call, change it, answer it, fail it or lose its
// answer. Clients may call from many goroutines at once.
type Wire struct {
	// Through handles each call. It uses [Call.Send] for a call that should reach the engine. If it is nil, every call does. Set it
	// while no call is in progress.
	Through func(c *Call) (*http.Response, error)
	// Next is where calls are sent, such as a [paging.DynamoDB]; nil means the engine itself.
	Next http.RoundTripper

	mu    sync.Mutex
	calls map[string]int
}

// toEngine keeps as many connections as tests have goroutines, while http.DefaultTransport keeps two per host.
var toEngine = func() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 100
	return t
}()

// Client returns a client like the given one that calls through the wire, with further options.
func (w *Wire) Client(like *dynamodb.Client, options ...func(*dynamodb.Options)) *dynamodb.Client {
	onWire := func(o *dynamodb.Options) { o.HTTPClient = &http.Client{Transport: w} }
	return dynamodb.New(like.Options(), append(options, onWire)...)
}

// Take returns how often each operation was called since the last call of Take.
func (w *Wire) Take() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.calls
	w.calls = nil
	return taken
}

// RoundTrip counts one call and passes it on.
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

// Context returns the context of the caller.
func (c *Call) Context() context.Context { return c.request.Context() }

// ID returns the id that the SDK gave the call. When the SDK retries a call, the id stays the same.
func (c *Call) ID() string { return c.request.Header.Get("Amz-Sdk-Invocation-Id") }

// Names reports whether the call names the table.
func (c *Call) Names(table string) bool { return bytes.Contains(c.Body, []byte(`"`+table+`"`)) }

// Send sends the call to the engine and returns its answer. If a connection was closed while idle, the transport repeats the call
// itself, which counts as one call. Without GetBody the SDK would repeat it, and a test that counts calls would see two.
func (c *Call) Send() (*http.Response, error) {
	out := c.request.Clone(c.request.Context())
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(c.Body)), nil }
	out.Body, _ = out.GetBody()
	out.ContentLength = int64(len(c.Body))
	return c.next.RoundTrip(out)
}

// Answer returns an answer in DynamoDB's form, with a status and a JSON body.
func (c *Call) Answer(status int, body any) (*http.Response, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Request: c.request, Body: io.NopCloser(bytes.NewReader(text)),
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}}, nil
}

// Refuse returns an answer that refuses the call with a DynamoDB error, such as ValidationException.
func (c *Call) Refuse(kind string) (*http.Response, error) {
	return c.Answer(http.StatusBadRequest, map[string]string{"__type": "com.amazonaws.dynamodb.v20120810#" + kind, "message": "refused by the test"})
}
