// Package late is a proxy in front of a DynamoDB engine that is as late as DynamoDB may be. It answers index reads, and reads that
// are not strongly consistent, from a copy that lags behind (fault F14). Engines on one machine are always consistent, so code that
// trusts such reads would pass every test.
package late

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/dynamodbwire"
)

// Lag is how far the copy is behind.
const Lag = 5 * time.Second

// suffix names the copy of a table.
const suffix = ".late"

// Proxy is the handler that clients use in place of the engine.
type Proxy struct {
	engine string // base URL

	mu      sync.Mutex
	pending []image
}

// image is an item as it was after a write; nil where it was gone.
type image struct {
	at    time.Time
	table string
	key   json.RawMessage
	item  json.RawMessage
}

// New returns a proxy in front of the engine at a base URL.
func New(engine string) *Proxy { return &Proxy{engine: engine} }

// call is what the proxy needs to know of a request. Every table's keys are PK and SK.
type call struct {
	TableName      string
	IndexName      string
	ConsistentRead bool
	Key            json.RawMessage
	Item           map[string]json.RawMessage
	TransactItems  []map[string]call
	RequestItems   map[string]json.RawMessage
}

func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var c call
	_ = json.Unmarshal(body, &c) // the engine refuses what is not JSON
	operation, back := dynamodbwire.Operation(r), map[string]string{}
	switch operation {
	case "BatchGetItem":
		p.apply(r.Context(), time.Now().Add(-Lag))
		body, back = lateTables(body)
	case "GetItem", "Query", "Scan":
		if !c.ConsistentRead {
			p.apply(r.Context(), time.Now().Add(-Lag))
			body = named(body, c.TableName+suffix)
		}
	case "CreateTable", "DeleteTable":
		_, _, _ = p.send(r.Context(), operation, named(body, c.TableName+suffix))
	}
	status, header, answer := p.send(r.Context(), operation, body)
	if status == http.StatusOK {
		p.note(r.Context(), operation, c)
	}
	for late, table := range back {
		answer = bytes.ReplaceAll(answer, []byte(`"`+late+`"`), []byte(`"`+table+`"`))
		header.Del("X-Amz-Crc32") // the checksum of the answer before this change
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

// Settle ends the lag at once: the copy catches up with all writes so far.
func (p *Proxy) Settle(ctx context.Context) { p.apply(ctx, time.Now()) }

// note records the current state of the items that a write has changed. The last note records the last state, so the copy ends up
// right however writes overlap.
func (p *Proxy) note(ctx context.Context, operation string, c call) {
	var touched []call
	switch operation {
	case "PutItem", "UpdateItem", "DeleteItem":
		touched = append(touched, c)
	case "TransactWriteItems":
		for _, item := range c.TransactItems {
			for _, one := range item {
				touched = append(touched, one)
			}
		}
	case "BatchWriteItem":
		touched = batch(c.RequestItems)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range touched {
		key := one.Key
		if key == nil {
			key, _ = json.Marshal(map[string]json.RawMessage{"PK": one.Item["PK"], "SK": one.Item["SK"]})
		}
		read, _ := json.Marshal(map[string]any{"TableName": one.TableName, "Key": key, "ConsistentRead": true})
		_, _, answer := p.send(ctx, "GetItem", read)
		var got struct{ Item json.RawMessage }
		_ = json.Unmarshal(answer, &got)
		p.pending = append(p.pending, image{time.Now(), one.TableName, key, got.Item})
	}
}

func batch(tables map[string]json.RawMessage) (touched []call) {
	for table, raw := range tables {
		var requests []struct{ PutRequest, DeleteRequest *call }
		_ = json.Unmarshal(raw, &requests)
		for _, one := range requests {
			for _, c := range []*call{one.PutRequest, one.DeleteRequest} {
				if c != nil {
					c.TableName = table
					touched = append(touched, *c)
				}
			}
		}
	}
	return touched
}

// apply brings the copy up to the state at a time.
func (p *Proxy) apply(ctx context.Context, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.pending) > 0 && !p.pending[0].at.After(until) {
		one := p.pending[0]
		p.pending = p.pending[1:]
		operation, body := "DeleteItem", map[string]any{"TableName": one.table + suffix, "Key": one.key}
		if one.item != nil {
			operation, body = "PutItem", map[string]any{"TableName": one.table + suffix, "Item": one.item}
		}
		raw, _ := json.Marshal(body)
		_, _, _ = p.send(ctx, operation, raw)
	}
}

// signature has the form of a signature; an engine on this machine checks nothing more.
const signature = "AWS4-HMAC-SHA256 Credential=local/20260101/eu-west-2/dynamodb/aws4_request, SignedHeaders=host, Signature=00"

// send calls the engine.
func (p *Proxy) send(ctx context.Context, operation string, body []byte) (int, http.Header, []byte) {
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, p.engine, bytes.NewReader(body))
	if err != nil {
		return http.StatusInternalServerError, nil, nil
	}
	call.Header.Set("Content-Type", "application/x-amz-json-1.0")
	dynamodbwire.SetOperation(call, operation)
	call.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
	call.Header.Set("Authorization", signature)
	answer, err := http.DefaultClient.Do(call)
	if err != nil {
		return http.StatusBadGateway, nil, nil
	}
	defer answer.Body.Close() //nolint:errcheck // it was read to its end
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return http.StatusBadGateway, nil, nil
	}
	answer.Header.Del("Content-Length")
	return answer.StatusCode, answer.Header, text
}

// lateTables returns the body of a BatchGetItem that reads the copies of the tables whose reads are not strongly consistent. It also returns
// the names of these tables by the names of their copies.
func lateTables(body []byte) ([]byte, map[string]string) {
	var all, tables map[string]json.RawMessage
	if json.Unmarshal(body, &all) != nil || json.Unmarshal(all["RequestItems"], &tables) != nil {
		return body, nil
	}
	back := map[string]string{}
	for table, request := range maps.Clone(tables) {
		var c call
		if _ = json.Unmarshal(request, &c); !c.ConsistentRead {
			delete(tables, table)
			tables[table+suffix], back[table+suffix] = request, table
		}
	}
	all["RequestItems"], _ = json.Marshal(tables)
	out, _ := json.Marshal(all)
	return out, back
}

// named returns a request's body with another table.
func named(body []byte, table string) []byte {
	var all map[string]json.RawMessage
	if json.Unmarshal(body, &all) != nil {
		return body
	}
	all["TableName"], _ = json.Marshal(table)
	out, _ := json.Marshal(all)
	return out
}
