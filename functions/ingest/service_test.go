package main

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/consent/deciding"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

var (
	aliasKey = subject.Key("0123456789abcdef0123456789abcdef")
	tokenKey = subject.Key("fedcba9876543210fedcba9876543210")
)

// open lets every token through; what a token must be is tested where tokens are read.
type open struct{}

func (open) Authorize(*http.Request, access.Scope) error { return nil }

// service is the handler on real tables, with a clock that tests move.
type service struct {
	http.Handler
	t      testing.TB
	tables *enginetest.Tables
	clock  *testclock.Clock
}

func newService(t testing.TB) *service {
	s := &service{t: t, tables: enginetest.DynamoDB(t)}
	s.clock = s.tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	s.Handler = openapitest.Wrap(t, s.routes(open{}))
	return s
}

func (s *service) routes(auth authorizer) http.Handler {
	return routes(handler{writer: s.writer(), aliases: aliasKey, policy: policy.Current(), now: s.clock.Now}, decisions{
		desk: deciding.Desk{Policy: policy.Current(), Consents: &s.log().Store, Now: s.clock.Now}, subjects: s.subjects(),
		aliases: aliasKey, tokens: tokenKey, origin: "https://privacy.example",
	}, auth)
}

// log is the log of consents by address, with the step that a consent leaves.
func (s *service) log() *consents.ByMail {
	return &consents.ByMail{Store: consents.Store{Client: s.tables.Client, Table: s.tables.Name("ConsentsTable")}, Requests: s.tables.Name("RequestsTable"), Steps: policy.Current().SpanOf(policy.WorkStep)}
}

func (s *service) subjects() *subjects.Store {
	return subjects.New(s.tables.Client, s.tables.Name("SubjectsTable"), s.clock.Now)
}

func (s *service) writer() *records.Writer {
	return records.NewWriter(s.tables.Client, records.Tables{Records: s.tables.Name("RecordsTable"),
		Subjects: s.tables.Name("SubjectsTable"), Requests: s.tables.Name("RequestsTable")}, policy.Current(), s.clock.Now)
}

func (s *service) call(t testing.TB, method, path, contentType, body string) (int, string) {
	t.Helper()
	return s.callIn(t, context.Background(), method, path, contentType, body)
}

func (s *service) callIn(t testing.TB, ctx context.Context, method, path, contentType, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer of the test")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// put sends one record and returns its outcome and expiry ("" if none).
func (s *service) put(t testing.TB, category, id, email, occurredAt, data string) (outcome, expires string) {
	t.Helper()
	body := `{"subject":{"email":"` + email + `"},"source":"direct","occurredAt":"` + occurredAt + `","data":` + data + `}`
	code, answer := s.call(t, "PUT", "/v1/records/"+category+"/"+id, "application/json", body)
	if code != 200 {
		t.Fatalf("PUT %s: %d %s", category, code, answer)
	}
	var out struct{ Outcome, ExpiresAt string }
	if err := json.Unmarshal([]byte(answer), &out); err != nil {
		t.Fatal(err)
	}
	return out.Outcome, out.ExpiresAt
}

// lines sends NDJSON and returns the answers.
func (s *service) lines(t testing.TB, body string) []answer {
	t.Helper()
	code, text := s.call(t, "POST", "/v1/records", "application/x-ndjson", body)
	if code != 200 {
		t.Fatalf("POST /v1/records: %d %s", code, text)
	}
	var answers []answer
	if err := json.Unmarshal([]byte(text), &answers); err != nil {
		t.Fatal(err)
	}
	return answers
}

// held returns what is held of the subject behind an address.
func (s *service) held(t testing.TB, email string) []record.Stored {
	t.Helper()
	address, err := address.Parse(email)
	if err != nil {
		t.Fatal(err)
	}
	alias, ok, err := s.subjects().Find(t.Context(), aliasKey.Alias(address))
	if err != nil || !ok {
		return nil
	}
	return collect(t, records.New(s.tables.Client, s.tables.Name("RecordsTable"), s.clock.Now).Held(t.Context(), alias.Subject))
}

func collect(t testing.TB, seq iter.Seq2[record.Stored, error]) []record.Stored {
	t.Helper()
	var all []record.Stored
	for r, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// expiries returns the expiry of each record held, by category and id; "" where nothing has started the period.
func (s *service) expiries(t testing.TB, email string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, r := range s.held(t, email) {
		at := ""
		if !r.ExpiresAt.IsZero() {
			at = r.ExpiresAt.Format(time.RFC3339)
		}
		out[string(r.Category)+"/"+r.ID] = at
	}
	return out
}
