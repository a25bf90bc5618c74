package main

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
)

// TestPromise_F01_AClosedAccountWithoutAnEndIsRefused sends such an account alone and among lines. The answer names the missing field.
func TestPromise_F01_AClosedAccountWithoutAnEndIsRefused(t *testing.T) {
	s := newRig(t)
	shut := strings.Replace(running, `"active"`, `"closed"`, 1)
	body := `{"subject":{"email":"` + anna + `"},"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":` + shut + `}`
	code, answer := s.call(t, "PUT", "/v1/records/account/a", "application/json", body)
	if code != http.StatusUnprocessableEntity || named(answer) != "/data/contractEndedAt" || len(s.stored(t, anna)) != 0 {
		t.Errorf("%d %s", code, answer)
	}
	got := s.lines(t, ndjson("account", "a", anna, "2026-11-01T00:00:00Z", shut)+ndjson("identity", "self", anna, "2026-11-01T00:00:00Z", name))
	if e := got[0].Error; e == nil || e.Retryable || e.Errors[0].Pointer != "/data/contractEndedAt" || got[1].Outcome != "stored" {
		t.Errorf("%+v", got)
	}
	if got := s.expiries(t, anna); !maps.Equal(got, map[string]string{"identity/self": "2028-11-01T00:00:00Z"}) {
		t.Errorf("a lead: %v", got)
	}
	s.put(t, "account", "a", anna, "2026-11-02T00:00:00Z", running)
	s.call(t, "POST", "/v1/subjects/contract-end", "application/json", `{"subject":{"email":"`+anna+`"},"endedAt":"2026-11-10T00:00:00Z"}`)
	if outcome, expires := s.put(t, "account", "a", anna, "2026-11-11T00:00:00Z", shut); outcome != "stored" || expires != "2028-11-10T00:00:00Z" {
		t.Errorf("its end is known: %s %s", outcome, expires)
	}
}

// TestPromise_F04_MarketingDataWithoutAConsentEnds follows a subscription without a consent through its 30 days, and one whose data subject
// consents in time.
func TestPromise_F04_MarketingDataWithoutAConsentEnds(t *testing.T) {
	enginetest.BothTTLs(t, marketingWithoutConsent)
}

func marketingWithoutConsent(t *testing.T) {
	s := newRig(t)
	const end = "2026-12-23T12:00:00Z"
	send := func(id, email, occurredAt, want, until string) {
		t.Helper()
		if outcome, expires := s.put(t, "marketing", id, email, occurredAt, news); outcome != want || expires != until {
			t.Errorf("%s of %s: %s until %q, not %s until %q", id, occurredAt, outcome, expires, want, until)
		}
	}
	for _, email := range []string{anna, "bo@example.org"} {
		s.put(t, "transaction", "1", email, "2026-11-01T00:00:00Z", bought) // so that the subject is known for years
		send("news", email, "2026-11-01T00:00:00Z", "stored", end)
	}
	s.Clock.Set(moment("2026-12-20T00:00:00Z"))
	send("news", anna, "2026-12-19T00:00:00Z", "stored", end) // newer content does not start the period again
	send("news", anna, "2026-12-19T00:00:00Z", "unchanged", end)
	send("offers", anna, "2026-12-19T00:00:00Z", "stored", end) // another list does not either
	bo := s.introduce(t, "bo@example.org")
	s.decides(t, bo, consent.Granted)
	s.finishStep(t, bo)

	s.Clock.Set(moment(end).Add(-time.Second))
	if n := len(s.stored(t, anna)); n != 3 {
		t.Errorf("%d are stored a second before", n)
	}
	s.Clock.Set(moment(end))
	if got := s.expiries(t, anna); len(got) != 1 || got["transaction/1"] == "" {
		t.Errorf("after the period: %v", got)
	}
	if got := s.expiries(t, "bo@example.org"); got["marketing/news"] != "" || len(got) != 2 {
		t.Errorf("what was agreed to: %v", got)
	}
	for _, now := range []string{end, "2027-12-01T00:00:00Z", "2032-12-01T00:00:00Z"} {
		s.Clock.Set(moment(now))
		send("news", anna, "2026-11-01T00:00:00Z", "retention_over", end)
		send("others", anna, now, "retention_over", end)
	}
	send("news", "bo@example.org", "2032-11-30T00:00:00Z", "stored", "")
	id := s.introduce(t, anna)
	s.decides(t, id, consent.Granted)
	s.finishStep(t, id)
	send("news", anna, "2032-11-30T00:00:00Z", "stored", "")
}

// TestAThousandLinesOfOneSubject sends a thousand lines in one call. All are stored, and sending them again changes nothing.
func TestAThousandLinesOfOneSubject(t *testing.T) {
	s := newRig(t)
	var body strings.Builder
	for i := range maxLines {
		line := []string{
			ndjson("account", fmt.Sprint(i), anna, "2026-11-01T00:00:00Z", contract("2025-01-01T00:00:00Z", fmt.Sprintf("2026-%02d-01T00:00:00Z", 1+i%12))),
			ndjson("preference", fmt.Sprint(i), anna, "2026-11-01T00:00:00Z", `{"supportChannel":"live_chat","serviceTier":"team","language":"de"}`),
			ndjson("transaction", fmt.Sprint(i), anna, "2026-11-01T00:00:00Z", bought),
			ndjson("marketing", fmt.Sprint(i), anna, "2026-11-01T00:00:00Z", list),
		}[i%4]
		body.WriteString(line)
	}
	for _, want := range []string{"stored", "unchanged"} {
		for _, a := range s.lines(t, body.String()) {
			if string(a.Outcome) != want {
				t.Fatalf("line %d: %+v", a.Line, a)
			}
		}
	}
	for key, expires := range s.expiries(t, anna) {
		if account := strings.HasPrefix(key, "account") || strings.HasPrefix(key, "preference"); account && expires != "2028-09-01T00:00:00Z" || expires == "" {
			t.Fatalf("%s is kept until %q", key, expires)
		}
	}
}
