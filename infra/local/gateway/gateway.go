// Package gateway is an API Gateway HTTP API for one machine: routes, payload format 2.0, CORS, throttling and limits, as strict as on AWS.
package gateway

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/runtime"
)

// Limits that API Gateway sets on an HTTP API.
const (
	MaxBody            = 10 << 20         // bytes of a request's body
	MaxHeaders         = 10240            // bytes of the request line and the headers together
	integrationTimeout = 30 * time.Second // from the invocation to the answer
)

// Invoker runs a function once.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Options describe the API.
type Options struct {
	Routes      map[string]Invoker // by route key: "POST /v1/consents", "$default"
	CORS        CORS
	Limit       Limit            // of every route that has none of its own
	RouteLimits map[string]Limit // by route key
	Domain      string           // host of the API
	Timeout     time.Duration    // 0: API Gateway's 30 seconds
	Now         func() time.Time
	Access      func(Access) // told of every request answered, nil: nobody
}

// Access is a line of the access log: like template.yaml's, it names the route and never the path or the caller.
type Access struct {
	RouteKey string
	Method   string
	Status   int
	Latency  time.Duration
	Failure  string // type of a function's failure, "" without one
}

// Gateway is an http.Handler.
type Gateway struct {
	options Options
	table   table
	limits  *limiter
}

// New returns a gateway. A route key that is not a method and a path is an error.
func New(o Options) (*Gateway, error) {
	if o.Timeout == 0 {
		o.Timeout = integrationTimeout
	}
	routes, err := newTable(o.Routes)
	if err != nil {
		return nil, err
	}
	return &Gateway{options: o, table: routes, limits: newLimiter(o.Limit, o.RouteLimits, o.Now)}, nil
}

// ServeHTTP answers one request.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	id := rand.Text()[:16]
	w.Header().Set("Apigw-Requestid", id)
	g.options.CORS.answer(w.Header(), r.Header.Get("Origin"))
	access := Access{Method: r.Method, RouteKey: "-"}
	access.Status = g.serve(w, r, id, &access) //nolint:contextcheck // a function runs on when its caller has gone, as on AWS
	access.Latency = time.Since(started)
	if g.options.Access != nil {
		g.options.Access(access)
	}
}

// serve refuses what API Gateway refuses, in the same order, before any function runs. It returns the status that was sent.
func (g *Gateway) serve(w http.ResponseWriter, r *http.Request, id string, access *Access) int {
	if headerBytes(r) > MaxHeaders {
		return message(w, http.StatusRequestHeaderFieldsTooLarge, "Request Header Fields Too Large")
	}
	if g.options.CORS.preflight(r) {
		return g.options.CORS.allow(w, r)
	}
	matched, ok := g.table.match(r.Method, r.URL.EscapedPath())
	if !ok {
		return message(w, http.StatusNotFound, "Not Found")
	}
	access.RouteKey = matched.key
	if !g.limits.allow(matched.key) {
		return message(w, http.StatusTooManyRequests, "Too Many Requests")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return message(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	} else if err != nil {
		return message(w, http.StatusBadRequest, "Bad Request")
	}
	payload, err := json.Marshal(newEvent(r, matched, body, id, g.options.Domain, g.options.Now()))
	if err != nil {
		return message(w, http.StatusBadRequest, "Bad Request")
	}
	if len(payload) > runtime.MaxPayload {
		return message(w, http.StatusRequestEntityTooLarge, "Request Entity Too Large")
	}
	return g.invoke(w, matched.invoker, payload, access)
}

// invoke waits for the function as long as API Gateway would. After that the function itself continues to run.
func (g *Gateway) invoke(w http.ResponseWriter, function Invoker, payload []byte, access *Access) int {
	type result struct {
		answer []byte
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := function.Invoke(context.Background(), payload)
		done <- result{answer, err}
	}()
	limit := time.NewTimer(g.options.Timeout)
	defer limit.Stop()
	select {
	case <-limit.C:
		access.Failure = "IntegrationTimeout"
		return message(w, http.StatusServiceUnavailable, "Service Unavailable")
	case r := <-done:
		if r.err != nil {
			access.Failure = failure(r.err)
			return message(w, http.StatusInternalServerError, "Internal Server Error")
		}
		return respond(w, r.answer)
	}
}

// failure names what went wrong for the access log, without the function's text.
func failure(err error) string {
	var failed *runtime.Error
	if errors.As(err, &failed) {
		return failed.Type
	}
	return "InvokeFailed"
}

// message answers as API Gateway itself does.
func message(w http.ResponseWriter, status int, text string) int {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"message": text})
	return status
}

// headerBytes counts the request line and the headers, as the quota does.
func headerBytes(r *http.Request) int {
	n := len(r.Method) + len(r.RequestURI) + len(r.Proto) + len("Host: ") + len(r.Host)
	for name, values := range r.Header {
		for _, value := range values {
			n += len(name) + len(": ") + len(value)
		}
	}
	return n
}
