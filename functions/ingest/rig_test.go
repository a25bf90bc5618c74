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
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// open is an authorizer that admits every token. Package oidc tests the checks of tokens.
type open struct{}

func (open) Authorize(*http.Request, access.Rule) (access.Principal, error) {
	return access.Principal{Kind: access.Machine, ID: "crm"}, nil
}

// rig is the handler on real tables. Each exchange is checked against the contract.
type rig struct {
	*servicetest.Stores
	http.Handler
}

func newRig(t testing.TB) *rig {
	s := &rig{Stores: servicetest.NewStores(t)}
	s.Clock.Set(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	s.Handler = openapitest.Wrap(t, s.routes(open{}))
	return s
}

func (s *rig) routes(auth web.Authorizer) http.Handler {
	return routes(handler{s.Intake}, decisions{
		decider: decision.Decider{Policy: s.InForce, Subjects: s.Subjects, Consents: &s.Consents.Store, Aliases: servicetest.Aliases, Now: s.Clock.Now},
		tokens:  servicetest.Tokens, origin: "https://privacy.example",
	}, acknowledgements{&erasure.Acknowledgements{Register: s.Requests, Subjects: s.Subjects, Policy: s.InForce, Now: s.Clock.Now}}, auth)
}

func (s *rig) call(t testing.TB, method, path, contentType, body string) (int, string) {
	t.Helper()
	return s.callIn(t, context.Background(), method, path, contentType, body)
}

func (s *rig) callIn(t testing.TB, ctx context.Context, method, path, contentType, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", "Bearer of the test")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// put sends one record and returns its outcome and expiry ("" if none).
func (s *rig) put(t testing.TB, category, id, email, occurredAt, data string) (outcome, expires string) {
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
func (s *rig) lines(t testing.TB, body string) []answer {
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

// stored returns the stored records of the data subject behind an address.
func (s *rig) stored(t testing.TB, email string) []record.OnFile {
	t.Helper()
	a, err := subject.ParseAddress(email) // s.Parse would fail the whole fuzz test instead of this run
	if err != nil {
		t.Fatal(err)
	}
	alias, ok, err := s.Subjects.Find(t.Context(), servicetest.Aliases.Alias(a))
	if err != nil || !ok {
		return nil
	}
	return collect(t, s.Records.Stored(t.Context(), alias.Subject))
}

func collect(t testing.TB, seq iter.Seq2[record.OnFile, error]) []record.OnFile {
	t.Helper()
	var all []record.OnFile
	for r, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// expiries returns the expiry of each stored record, by category and id. It is "" if the period has not started.
func (s *rig) expiries(t testing.TB, email string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, r := range s.stored(t, email) {
		at := ""
		if !r.ExpiresAt.IsZero() {
			at = r.ExpiresAt.Format(time.RFC3339)
		}
		out[string(r.Category)+"/"+r.ID] = at
	}
	return out
}
