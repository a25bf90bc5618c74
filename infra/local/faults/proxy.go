// Package faults has a proxy between the functions and AWS that breaks calls as networks and AWS do. A call never arrives, an answer is lost,
// a service answers with an error, or a process is killed during the call. The tests run the functions' real binaries through whole requests
// and check what must be true after any of these (faults F01 to F04, F06, F20; threats T04, T06, T12, T13).
package faults

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
)

// Fault is what happens to a call.
type Fault int

// The faults. With None, the call is carried out and answered.
const (
	None       Fault = iota
	Lost             // the connection ends before the call arrives
	Unanswered       // the call is carried out and its answer is lost
	Failed           // the service answers with a 500 and does nothing
	Denied           // the service refuses permanently, and does nothing
	Throttled        // the service has had too many calls, and does nothing
	Paused           // SES sends nothing for this account at present
)

// Call is one attempt at a call to AWS.
type Call struct {
	Name      string // caller, service, operation, and the number of the call among those with the same three, from 1: "export s3 PUT 1"
	Function  string // the caller, which its access key id names
	Service   string // dynamodb, s3 or ses
	Operation string // for DynamoDB, its name; for S3, method and query, such as "PUT partNumber"
	First     bool   // false for a retry of the SDK, which has the name of the call that it repeats
	Body      []byte // for DynamoDB and SES
}

// Write reports whether the call changes something in DynamoDB.
func (c Call) Write() bool {
	return c.Service == "dynamodb" && c.Operation != "Query" && c.Operation != "GetItem" && c.Operation != "Scan"
}

// Proxy breaks calls on their way.
type Proxy struct {
	// Decide says what happens to a call. It may be called for several calls at once.
	Decide func(Call) Fault
	// Cut, if it is set, runs when a call is Lost or Unanswered, before the connection ends.
	Cut func(Call)

	mu    sync.Mutex
	made  []string          // names of calls, in the order in which they came
	like  map[string]int    // the number of calls so far, by caller, service and operation
	names map[string]string // names of calls by the SDK's id of the call, which its retries share
}

// Reset forgets the calls so far, and numbers the next ones from 1 again.
func (p *Proxy) Reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made, p.like, p.names = nil, map[string]int{}, map[string]string{}
}

// Calls returns the names of the calls in their order, without retries.
func (p *Proxy) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.made)
}

// name gives a call its name, and reports whether the call is new rather than a retry.
func (p *Proxy) name(kind, id string) (name string, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if name, made := p.names[id]; made {
		return name, false
	}
	if p.like == nil {
		p.like, p.names = map[string]int{}, map[string]string{}
	}
	p.like[kind]++
	name = fmt.Sprintf("%s %d", kind, p.like[kind])
	p.made, p.names[id] = append(p.made, name), name
	return name, true
}

// DynamoDB breaks calls to the engine at the base URL.
func (p *Proxy) DynamoDB(endpoint string) http.Handler {
	return p.handler("dynamodb", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		out := r.Clone(r.Context())
		out.RequestURI, out.URL.Scheme, out.URL.Host = "", "http", strings.TrimPrefix(endpoint, "http://")
		answer, err := http.DefaultTransport.RoundTrip(out)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer answer.Body.Close() //nolint:errcheck // it has been read
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
}

// S3 breaks calls to a store.
func (p *Proxy) S3(next http.Handler) http.Handler { return p.handler("s3", next) }

// SES breaks calls to a mailer.
func (p *Proxy) SES(next http.Handler) http.Handler { return p.handler("ses", next) }

func (p *Proxy) handler(service string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call, ok := p.call(service, r)
		if !ok {
			next.ServeHTTP(w, r) // not a call of a function, such as the use of a presigned URL
			return
		}
		switch fault := p.Decide(call); fault {
		case None:
			next.ServeHTTP(w, r)
		case Lost:
			_, _ = io.Copy(io.Discard, r.Body)
			p.cut(call)
		case Unanswered:
			next.ServeHTTP(httptest.NewRecorder(), r)
			p.cut(call)
		default:
			_, _ = io.Copy(io.Discard, r.Body)
			refuse(w, service, fault)
		}
	})
}

// call describes a request of a function.
func (p *Proxy) call(service string, r *http.Request) (Call, bool) {
	_, credential, signed := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	function, _, _ := strings.Cut(credential, "/")
	if !signed {
		return Call{}, false
	}
	call := Call{Function: function, Service: service}
	switch service {
	case "s3":
		call.Operation = r.Method
		for _, name := range []string{"uploads", "partNumber", "uploadId"} {
			if r.URL.Query().Has(name) {
				call.Operation += " " + name
				break
			}
		}
	case "dynamodb":
		call.Operation = dynamodbwire.Operation(r)
		fallthrough
	default:
		call.Body, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(call.Body))
	}
	call.Name, call.First = p.name(strings.TrimSpace(call.Function+" "+call.Service+" "+call.Operation), r.Header.Get("Amz-Sdk-Invocation-Id"))
	return call, true
}

// cut ends the connection without an answer.
func (p *Proxy) cut(call Call) {
	if p.Cut != nil {
		p.Cut(call)
	}
	panic(http.ErrAbortHandler)
}

// refuse answers as the service does, so that the SDK decides whether to try again.
func refuse(w http.ResponseWriter, service string, fault Fault) {
	status, kind := http.StatusInternalServerError, "InternalServerError"
	switch fault {
	case Denied:
		status, kind = http.StatusForbidden, "AccessDeniedException"
	case Throttled:
		status, kind = http.StatusTooManyRequests, "TooManyRequestsException"
	case Paused:
		status, kind = http.StatusBadRequest, "SendingPausedException"
	default:
	}
	if service == "s3" {
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<Error><Code>"+strings.TrimSuffix(strings.TrimSuffix(kind, "Exception"), "ServerError")+"</Code></Error>")
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Amzn-Errortype", kind)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"__type":"`+kind+`"}`)
}
