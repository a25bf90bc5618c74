package gateway

import (
	"encoding/base64"
	"maps"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
)

// newEvent turns a request into payload format 2.0. The caller's address is that of the connection. X-Forwarded-For is passed on,
// but never believed (T21).
func newEvent(r *http.Request, matched route, body []byte, id, domain string, now time.Time) events.APIGatewayV2HTTPRequest {
	source, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		source = r.RemoteAddr
	}
	headers, cookies := headersOf(r, source)
	prefix, _, _ := strings.Cut(domain, ".")
	event := events.APIGatewayV2HTTPRequest{
		Version: "2.0", RouteKey: matched.key, RawPath: r.URL.Path, RawQueryString: r.URL.RawQuery,
		Cookies: cookies, Headers: headers, QueryStringParameters: queryOf(r), PathParameters: matched.values,
		RequestContext: events.APIGatewayV2HTTPRequestContext{
			RouteKey: matched.key, AccountID: "000000000000", Stage: "$default", RequestID: id, APIID: "local",
			DomainName: domain, DomainPrefix: prefix,
			Time: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), TimeEpoch: now.UnixMilli(),
			HTTP: events.APIGatewayV2HTTPRequestContextHTTPDescription{
				Method: r.Method, Path: r.URL.Path, Protocol: r.Proto, SourceIP: source, UserAgent: r.UserAgent()},
		},
	}
	if len(body) > 0 {
		event.Body, event.IsBase64Encoded = string(body), false
		if !isText(r.Header.Get("Content-Type")) || !utf8.Valid(body) {
			event.Body, event.IsBase64Encoded = base64.StdEncoding.EncodeToString(body), true
		}
	}
	return event
}

// headersOf lower-cases names and joins repeated headers with commas; cookies go into a list of their own.
func headersOf(r *http.Request, source string) (headers map[string]string, cookies []string) {
	headers = map[string]string{"host": r.Host}
	for _, name := range slices.Sorted(maps.Keys(r.Header)) {
		if name == "Cookie" {
			for _, line := range r.Header[name] {
				for cookie := range strings.SplitSeq(line, ";") {
					cookies = append(cookies, strings.TrimSpace(cookie))
				}
			}
			continue
		}
		headers[strings.ToLower(name)] = strings.Join(r.Header[name], ",")
	}
	forwarded := source
	if claimed := headers["x-forwarded-for"]; claimed != "" {
		forwarded = claimed + ", " + source
	}
	headers["x-forwarded-for"] = forwarded
	headers["x-forwarded-proto"] = "http"
	return headers, cookies
}

// queryOf joins repeated parameters with commas; nil without any.
func queryOf(r *http.Request) map[string]string {
	query := r.URL.Query()
	if len(query) == 0 {
		return nil
	}
	joined := make(map[string]string, len(query))
	for name, values := range query {
		joined[name] = strings.Join(values, ",")
	}
	return joined
}

// isText reports whether a body of the content type goes into the event as text. Everything else, including forms and NDJSON, is sent as base64.
func isText(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	switch kind {
	case "application/json", "application/javascript", "application/xml":
		return true
	}
	return strings.HasPrefix(kind, "text/") ||
		strings.HasPrefix(kind, "application/") && (strings.HasSuffix(kind, "+json") || strings.HasSuffix(kind, "+xml"))
}
