// Package web turns API Gateway events (payload format 2.0) into requests for a standard http.Handler, and the responses back. It
// also has what every HTTP function shares: strict JSON, problem documents (RFC 9457) and the rule on origins (threat T20).
package web

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/metric"
)

// Start serves h as a Lambda function behind an HTTP API. It does not return.
func Start(h http.Handler) {
	LogJSON()
	lambda.Start(Lambda(h))
}

// Lambda adapts h to events of an HTTP API.
func Lambda(h http.Handler) func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
	return func(ctx context.Context, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		w := &response{header: http.Header{}, status: http.StatusOK}
		if r, err := request(ctx, event); err != nil {
			maps.Copy(w.header, everywhere)
			Problem(w, errUnreadable)
		} else {
			h.ServeHTTP(w, r)
		}
		if w.status == http.StatusInternalServerError || w.failed {
			countServerError(time.UnixMilli(event.RequestContext.TimeEpoch))
		}
		return w.event(), nil
	}
}

// countServerError tells CloudWatch about a 500, which Lambda counts as a success because the function answered. An alarm on this
// metric rolls back the deployment of that version. Outside Lambda there is no version, and nothing is counted.
func countServerError(at time.Time) {
	if lambdacontext.FunctionName == "" {
		return
	}
	if err := metric.CountServerError(os.Stdout, lambdacontext.FunctionName, lambdacontext.FunctionVersion, at); err != nil {
		slog.Error("no metrics", "error", fault.Class(err))
	}
}

// request builds the request that an http.Server would have read. The client's address is the one that the edge saw, whatever a
// forwarding header claims (threat T21).
func request(ctx context.Context, event events.APIGatewayV2HTTPRequest) (*http.Request, error) {
	var body io.Reader = strings.NewReader(event.Body)
	size := int64(len(event.Body))
	if event.IsBase64Encoded {
		raw, err := base64.StdEncoding.DecodeString(event.Body)
		if err != nil {
			return nil, err
		}
		body, size = bytes.NewReader(raw), int64(len(raw))
	}
	r := http.Request{
		Method:        event.RequestContext.HTTP.Method,
		URL:           &url.URL{Path: event.RawPath, RawQuery: event.RawQueryString},
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        make(http.Header, len(event.Headers)+1),
		Body:          io.NopCloser(body),
		ContentLength: size,
		Host:          event.RequestContext.DomainName,
		RemoteAddr:    event.RequestContext.HTTP.SourceIP,
		RequestURI:    event.RawPath,
	}
	values := make([]string, 0, len(event.Headers))
	for name, value := range event.Headers {
		values = append(values, value)
		r.Header[http.CanonicalHeaderKey(name)] = values[len(values)-1 : len(values) : len(values)]
	}
	if len(event.Cookies) > 0 {
		r.Header.Set("Cookie", strings.Join(event.Cookies, "; "))
	}
	return r.WithContext(ctx), nil
}

// ClientIP returns the address of the client as the edge saw it (threat T21).
func ClientIP(r *http.Request) string { return r.RemoteAddr }

// response collects what a handler writes.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
	failed bool // the service failed, whatever the status says
}

func (w *response) Header() http.Header         { return w.header }
func (w *response) WriteHeader(status int)      { w.status = status }
func (w *response) Write(b []byte) (int, error) { return w.body.Write(b) }

func (w *response) event() events.APIGatewayV2HTTPResponse {
	out := events.APIGatewayV2HTTPResponse{StatusCode: w.status, Headers: make(map[string]string, len(w.header))}
	for name, values := range w.header {
		if name == "Set-Cookie" {
			out.Cookies = values
			continue
		}
		out.Headers[name] = strings.Join(values, ", ") // API Gateway puts names into lower case itself
	}
	if w.header.Get("Content-Encoding") == "" && isText(w.header.Get("Content-Type")) {
		out.Body = w.body.String()
	} else if w.body.Len() > 0 {
		out.Body, out.IsBase64Encoded = base64.StdEncoding.EncodeToString(w.body.Bytes()), true
	}
	return out
}

// isText reports whether a JSON string can transport a body of the content type without loss.
func isText(contentType string) bool {
	kind, _, _ := strings.Cut(contentType, ";")
	kind = strings.TrimSpace(kind)
	return strings.HasPrefix(kind, "text/") || strings.HasSuffix(kind, "json") ||
		kind == "application/javascript" || kind == "image/svg+xml"
}
