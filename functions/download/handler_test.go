package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// bucket signs nothing; the tests check what it was asked for. Each of its URLs differs, as signatures of different times do.
type bucket struct {
	life   time.Duration
	signed int
}

func (b *bucket) Presign(_ context.Context, key, filename string, life time.Duration) (string, time.Time, error) {
	b.life, b.signed = life, b.signed+1
	return "https://bucket.example/" + key + "?name=" + filename + "&n=" + strconv.Itoa(b.signed), time.Now().Add(life), nil
}

// rig is the handler with one export on a real table.
type rig struct {
	*servicetest.Stores
	http.Handler // checks each exchange against the API's contract
	bare         http.Handler
	bucket       bucket
	export       export.Attempt
	token        subject.Token
}

func newRig(t *testing.T) *rig { return newRigOn(t, servicetest.NewStores(t)) }

// newRigOn returns a rig on stores that it may share with other exports.
func newRigOn(t *testing.T, stores *servicetest.Stores) *rig {
	s, now := &rig{Stores: stores, token: subject.NewToken()}, stores.Clock.Now()
	r := request.Request{ID: uuid.NewString(), Right: "access", State: request.Fulfilled, Email: "anna@example.org", PolicyVersion: "v", Terms: policy.TermsOf("v"), ReceivedAt: now}
	s.export = export.Attempt{
		Request: r.ID, Number: 1, Subject: "sid", State: export.Sent, Object: "exports/random", Bytes: 42, CreatedAt: now, ExpiresAt: now.AddDate(2, 3, 0), OpenUntil: now.Add(7 * 24 * time.Hour),
	}
	s.export.TokenHash = s.token.Hash(servicetest.Tokens, "export", s.export.ID())
	if _, err := s.Requests.Save(t.Context(), request.File{Request: r}, r, s.export); err != nil {
		t.Fatal(err)
	}
	s.bare = routes(handler{register: s.Requests, bucket: &s.bucket, tokens: servicetest.Tokens, now: s.Clock.Now}, servicetest.Origin)
	s.Handler = openapitest.Wrap(t, s.bare)
	return s
}

// uses returns the recorded downloads.
func (s *rig) uses(t *testing.T) []time.Time {
	t.Helper()
	file, err := s.Requests.Load(t.Context(), s.export.Request)
	if err != nil {
		t.Fatal(err)
	}
	return export.Of(file)[0].Downloads
}

// download asks for the export and returns the status and the answer.
func (s *rig) download(id string, token subject.Token, headers ...string) (int, map[string]any) {
	body, _ := json.Marshal(map[string]string{"export": id, "token": string(token)})
	return s.post(string(body), headers...)
}

func (s *rig) post(body string, headers ...string) (int, map[string]any) {
	r := httptest.NewRequest("POST", "/v1/downloads", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	var answer map[string]any
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer
}

// F21: each click gets a new URL, which works for at most 300 seconds, and is recorded as a use.
func TestFault_F21_AURLPerClick(t *testing.T) {
	s := newRig(t)
	urls := map[any]bool{}
	for click := 1; click <= 2; click++ {
		status, answer := s.download(s.export.ID(), s.token)
		if status != http.StatusOK || answer["bytes"] != 42.0 || !strings.Contains(answer["url"].(string), "exports/random") || s.bucket.life != 300*time.Second {
			t.Errorf("click %d: %d %v for %v", click, status, answer, s.bucket.life)
		}
		if urls[answer["url"]] = true; len(urls) != click || len(s.uses(t)) != click {
			t.Errorf("after click %d: %d URLs, %d uses", click, len(urls), len(s.uses(t)))
		}
		s.Clock.Advance(time.Minute)
	}
}

// T11: an export can be downloaded ten times, for exactly seven days.
func TestThreat_T11_UsesAndLifeOfAnExport(t *testing.T) {
	enginetest.BothTTLs(t, usesAndLifeOfAnExport)
}

func usesAndLifeOfAnExport(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(s.export.OpenUntil.Add(-time.Second))
	for i := range export.Uses {
		if status, _ := s.download(s.export.ID(), s.token); status != http.StatusOK {
			t.Fatalf("use %d: %d", i+1, status)
		}
	}
	if status, _ := s.download(s.export.ID(), s.token); status != http.StatusNotFound {
		t.Errorf("an eleventh use: %d", status)
	}
	late := newRig(t)
	late.Clock.Set(late.export.OpenUntil)
	if status, _ := late.download(late.export.ID(), late.token); status != http.StatusNotFound {
		t.Errorf("at its end: %d", status)
	}
}

// T23: whatever is wrong with the id or the token, the answer is the same.
func TestThreat_T23_ForeignExports(t *testing.T) {
	s := newRig(t)
	for _, id := range []string{s.export.Request, s.export.Request + ".2", s.export.Request + ".1.1", uuid.NewString() + ".1", ".", "x.1", strings.ToUpper(s.export.Request) + ".1"} {
		if status, _ := s.download(id, s.token); status != http.StatusNotFound {
			t.Errorf("%q: %d", id, status)
		}
	}
	if status, _ := s.download(s.export.ID(), subject.NewToken()); status != http.StatusNotFound {
		t.Errorf("another token: %d", status)
	}
	for body, want := range map[string]int{`{"export":`: 400, `{"export":1,"token":"x"}`: 422, `{"export":"x","token":"x","token":"y"}`: 400, `{"uses":0}`: 422, `{"export":"","token":"x"}`: 422, `{"export":"x"}`: 422} {
		if status, _ := s.post(body); status != want {
			t.Errorf("%s: %d", body, status)
		}
	}
	if _, answer := s.post(`{}`); !strings.Contains(fmt.Sprint(answer), "pointer:/export") || !strings.Contains(fmt.Sprint(answer), "pointer:/token") {
		t.Errorf("nothing sent: %v", answer)
	}
	if status, _ := s.download(s.export.ID(), s.token, "Origin", "https://evil.example"); status != http.StatusForbidden {
		t.Errorf("a foreign origin: %d", status)
	}
}

// T27: a link that was cut, because its address stands for somebody else, is answered like any other dead link.
func TestThreat_T27_ACutLinkIsDead(t *testing.T) {
	s := newRig(t)
	file, err := s.Requests.Load(t.Context(), s.export.Request)
	if err != nil {
		t.Fatal(err)
	}
	r := file.Request
	items, _ := export.Cuts{}.Cut(&r, file, true, s.Clock.Now())
	if _, err := s.Requests.Save(t.Context(), file, append(items, r)...); err != nil {
		t.Fatal(err)
	}
	status, cut := s.download(s.export.ID(), s.token)
	if _, never := s.download(uuid.NewString()+".1", s.token); status != http.StatusNotFound || fmt.Sprint(cut) != fmt.Sprint(never) {
		t.Errorf("%d %v, and %v for one that never was", status, cut, never)
	}
	if len(s.uses(t)) != 0 {
		t.Error("a dead link was used")
	}
}
