// Package paging is a proxy in front of DynamoDB and S3 that answers in pages of one item, with an empty page before each (fault
// F12). Both services may do that at any time, but engines on one machine hardly ever do. So code that takes an empty page for the
// end, or the first page for everything, would pass every test.
package paging

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
)

// mark is added to the start position of a page once its empty page has been served.
const mark = "paging.empty"

// DynamoDB is the transport of a client. It does not change queries of a single item, which read no further page.
type DynamoDB struct {
	Next  http.RoundTripper
	Empty atomic.Int64 // pages without an item that were served
}

// RoundTrip carries a call out.
func (d *DynamoDB) RoundTrip(r *http.Request) (*http.Response, error) {
	operation := dynamodbwire.Operation(r)
	if operation != "Query" && operation != "Scan" {
		return d.Next.RoundTrip(r)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var body map[string]any
	if err := json.Unmarshal(raw, &body); err != nil {
		return nil, err
	}
	if body["Limit"] != float64(1) {
		start, _ := body["ExclusiveStartKey"].(map[string]any)
		if start[mark] == nil {
			d.Empty.Add(1)
			return emptyPage(r, start), nil
		}
		if delete(start, mark); len(start) == 0 {
			delete(body, "ExclusiveStartKey")
		}
		body["Limit"] = 1
		if raw, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	out := r.Clone(r.Context())
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	return d.Next.RoundTrip(out)
}

// emptyPage answers without items, and with the position at which to continue.
func emptyPage(r *http.Request, start map[string]any) *http.Response {
	next := map[string]any{mark: map[string]any{"BOOL": true}}
	for name, value := range start {
		next[name] = value
	}
	text, _ := json.Marshal(map[string]any{"Count": 0, "ScannedCount": 0, "Items": []any{}, "LastEvaluatedKey": next})
	return &http.Response{StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(bytes.NewReader(text)),
		Header: http.Header{"Content-Type": {"application/x-amz-json-1.0"}}}
}
