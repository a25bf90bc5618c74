package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const deskOrigin = "https://privacy.example.com"

// Figures of the published policy.
const (
	linkLife        = 7 * 24 * time.Hour
	preferencesLife = time.Hour
)

// desk is the handler on a real table, held against the contract, with a clock that tests move and a note of every call to DynamoDB.
type desk struct {
	http.Handler
	bare   http.Handler // not held against the contract
	t      *testing.T
	tables *enginetest.Tables
	clock  *testclock.Clock
	store  *requests.Store
	key    subject.Key

	mu    sync.Mutex
	calls []string // operation and table
}

func newDesk(t *testing.T) *desk {
	d := &desk{t: t, tables: enginetest.DynamoDB(t), key: subject.Key("a key of tests")}
	d.clock = d.tables.Clock(time.Now().UTC().Truncate(time.Minute))
	options := d.tables.Client.Options()
	options.HTTPClient = d
	d.store = &requests.Store{Client: dynamodb.New(options), Table: d.tables.Name("RequestsTable"), Policy: policy.Current(), Terms: policy.TermsOf, Now: d.clock.Now}
	d.bare = routes(handler{
		desk:    &request.Desk{Register: d.store, Tokens: d.key, Policy: policy.Current(), Now: d.clock.Now},
		clients: d.store, clientKey: subject.Key("a key of clients"), rate: 60, now: d.clock.Now,
	}, deskOrigin)
	d.Handler = openapitest.Wrap(t, d.bare)
	return d
}

// Do notes a call and hands it to the engine.
func (d *desk) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	var on struct{ TableName string }
	_ = json.Unmarshal(body, &on)
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	d.mu.Lock()
	d.calls = append(d.calls, operation+" "+on.TableName)
	d.mu.Unlock()
	return http.DefaultClient.Do(r)
}

// send sends a request from the client's address and returns the answer.
func (d *desk) send(method, path, body, client string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = client
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// file files a request and returns its id.
func (d *desk) file(email string) string {
	d.t.Helper()
	w := d.send("POST", "/v1/requests", filing(email), "192.0.2.1")
	var filed struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &filed); err != nil || w.Code != http.StatusAccepted {
		d.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return filed.ID
}

func filing(email string) string { return `{"right":"access","email":"` + email + `"}` }

// mailed is what a challenge mail for the request would carry, stored as fulfil stores it.
func (d *desk) mailed(id string) (verify, status subject.Token) {
	d.t.Helper()
	file, err := d.store.Load(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	verify, status = subject.NewToken(), subject.NewToken()
	r := file.Request
	r.Challenges++
	r.StatusHashes = append(r.StatusHashes, status.Hash(d.key, "status", id))
	c := request.Challenged{N: r.Challenges, Hash: verify.Hash(d.key, "verify", id), ExpiresAt: d.clock.Now().Add(linkLife)}
	if err := d.store.Save(d.t.Context(), id, request.Change{Request: &r, Challenge: &c, At: d.clock.Now()}); err != nil {
		d.t.Fatal(err)
	}
	return verify, status
}

// exported gives the request an export whose mail was sent.
func (d *desk) exported(id string) (token subject.Token) {
	d.t.Helper()
	file, err := d.store.Load(d.t.Context(), id)
	if err != nil {
		d.t.Fatal(err)
	}
	r := file.Request
	token = subject.NewToken()
	r.State, r.ClosedAt, r.Exports, r.Step, r.NextAt = request.Fulfilled, d.clock.Now(), r.Exports+1, "", time.Time{}
	e := request.Export{Request: id, Attempt: r.Exports, Subject: "sid", State: request.Sent, Object: "exports/x", Bytes: 42,
		TokenHash: token.Hash(d.key, "export", id+".1"), StatusHash: token.Hash(d.key, "unused", id),
		CreatedAt: d.clock.Now(), ExpiresAt: request.EventExpiresAt(r), OpenUntil: d.clock.Now().Add(linkLife)}
	if err := d.store.Save(d.t.Context(), id, request.Change{Request: &r, Exports: []request.Export{e}, At: d.clock.Now()}); err != nil {
		d.t.Fatal(err)
	}
	return token
}

func verification(token subject.Token) string { return `{"token":"` + string(token) + `"}` }
