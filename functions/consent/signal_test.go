package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
)

// gpc sends a call and expects this value of gpc in the answer. No answer may be cached.
func (s *rig) gpc(t *testing.T, what string, want bool, method, path, body string, headers ...string) {
	t.Helper()
	_, answer, header := s.call(t, method, path, body, headers...)
	if answer["gpc"] != want || header.Get("Cache-Control") != "no-store" {
		t.Errorf("%s says gpc %v, Cache-Control %s", what, answer["gpc"], header.Get("Cache-Control"))
	}
}

// D01: a read with the signal shows the purposes that it denies as denied, and stores nothing. A read without it shows what is on record.
func TestPromise_D01_TheSignalCountsOnReads(t *testing.T) {
	s := newRig(t)
	for _, row := range []struct{ signal, undecided, granted string }{
		{"1", "denied", "denied"}, {"1, 1", "denied", "denied"}, {"1,0", "denied", "denied"},
		{"0", "undecided", "granted"}, {"", "undecided", "granted"}, {"true", "undecided", "granted"},
	} {
		visitor := uuid.NewString()
		path := "/v1/consents/" + visitor
		s.wants(t, "a first read", 0, "marketing_cookies", row.undecided, "GET", path, "", "Sec-GPC", row.signal)
		s.call(t, "POST", "/v1/consents", decide(visitor, `"marketing_cookies":"granted","testimonials":"granted"`))
		s.wants(t, "a read with Sec-GPC "+row.signal, 1, "marketing_cookies", row.granted, "GET", path, "", "Sec-GPC", row.signal)
		s.wants(t, "what shares nothing", 1, "testimonials", "granted", "GET", path, "", "Sec-GPC", row.signal)
		s.gpc(t, "a read with Sec-GPC "+row.signal, row.granted == "denied", "GET", path, "", "Sec-GPC", row.signal)
		s.wants(t, "a read without it", 1, "marketing_cookies", "granted", "GET", path, "")
		s.gpc(t, "a read without it", false, "GET", path, "")
	}
}

// D01: with the signal, a repeated call or a withdrawal of another purpose denies sharing. Without the signal, no old grant comes back.
func TestPromise_D01_TheSignalCountsOnEveryCall(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	grant := decide(visitor, `"marketing_cookies":"granted","testimonials":"granted"`)
	s.wants(t, "a grant", 1, "marketing_cookies", "granted", "POST", "/v1/consents", grant, "Idempotency-Key", "k")
	s.wants(t, "the grant, sent again with the signal", 2, "marketing_cookies", "denied", "POST", "/v1/consents", grant, "Idempotency-Key", "k", "Sec-GPC", "1")
	s.gpc(t, "once more", true, "POST", "/v1/consents", grant, "Idempotency-Key", "k", "Sec-GPC", "1")
	s.wants(t, "the grant, sent again without it", 2, "marketing_cookies", "denied", "POST", "/v1/consents", grant, "Idempotency-Key", "k")
	s.wants(t, "what else was granted", 2, "testimonials", "granted", "GET", "/v1/consents/"+visitor, "")
	key, _ := consent.Visitor(visitor)
	if r, err := s.Consents.Newest(t.Context(), key); err != nil || !r.GPC || r.Operation == "" {
		t.Errorf("the signal is not on record: %+v, %v", r, err)
	}

	s.wants(t, "a fresh grant that is confirmed", 3, "marketing_cookies", "granted", "POST", "/v1/consents", confirmed(grant))
	s.wants(t, "a withdrawal of something else", 4, "marketing_cookies", "denied", "POST", "/v1/consents/"+visitor+"/withdraw", `{"purposes":["analytics_cookies"]}`, "Sec-GPC", "1")
	s.gpc(t, "a withdrawal that changes nothing", true, "POST", "/v1/consents/"+visitor+"/withdraw", `{"purposes":["analytics_cookies"]}`, "Sec-GPC", "1")
	s.wants(t, "a read", 4, "testimonials", "granted", "GET", "/v1/consents/"+visitor, "")
}

// D01: a grant of sharing that the signal overruled takes no effect when it is sent again under its key without the signal.
func TestPromise_D01_AnOverruledGrantIsNoGrantLater(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", "")
	grant := decide(visitor, `"marketing_cookies":"granted"`)
	s.wants(t, "a grant with the signal", 2, "marketing_cookies", "denied", "POST", "/v1/consents", grant, "Idempotency-Key", "k", "Sec-GPC", "1")
	s.wants(t, "sent again without it", 2, "marketing_cookies", "denied", "POST", "/v1/consents", grant, "Idempotency-Key", "k")
	s.wants(t, "a grant with the signal and no key", 2, "marketing_cookies", "denied", "POST", "/v1/consents", grant, "Sec-GPC", "1")
	s.wants(t, "a fresh grant that is confirmed", 3, "marketing_cookies", "granted", "POST", "/v1/consents", confirmed(grant))
}

// confirmed returns the body of a decision that says that the visitor has confirmed to opt in again.
func confirmed(body string) string { return strings.Replace(body, "{", `{"confirmOptIn":true,`, 1) }

// optOut reads what the service shows about an opt-out of sharing.
func (s *rig) optOut(t testing.TB, visitor string, headers ...string) (optOut bool, until string) {
	t.Helper()
	_, answer, _ := s.call(t, "GET", "/v1/consents/"+visitor, "", headers...)
	decisions, _ := answer["decisions"].(map[string]any)
	one, _ := decisions["marketing_cookies"].(map[string]any)
	optOut, _ = one["optOut"].(bool)
	until, _ = one["expiresAt"].(string)
	return optOut, until
}

// D01, H10: the signal yields a record and a visible status, which stays visible without the signal. So does an opt-out by request. Nobody is to be
// asked again before a year is over, and the website reads the day.
func TestPromise_D01_TheSignalIsAnOptOut(t *testing.T) {
	s := newRig(t)
	year := s.Clock.Now().UTC().AddDate(1, 0, 0).Format(time.RFC3339)
	for name, opt := range map[string]func(visitor string){
		"the signal": func(visitor string) {
			s.call(t, "POST", "/v1/consents", decide(visitor, `"analytics_cookies":"denied"`), "Sec-GPC", "1")
			s.gpc(t, "a read without the signal", true, "GET", "/v1/consents/"+visitor, "")
		},
		"a request": func(visitor string) {
			key, _ := consent.Visitor(visitor)
			if _, err := s.ByAddress.Recorder.OptOut(t.Context(), key, "op"); err != nil {
				t.Fatal(err)
			}
			s.gpc(t, "a read without the signal", false, "GET", "/v1/consents/"+visitor, "")
		},
	} {
		visitor := uuid.NewString()
		s.call(t, "POST", "/v1/consents", decide(visitor, `"marketing_cookies":"granted","testimonials":"granted"`))
		if optOut, _ := s.optOut(t, visitor); optOut {
			t.Errorf("%s: opted out before", name)
		}
		opt(visitor)
		s.wants(t, name, 2, "marketing_cookies", "denied", "GET", "/v1/consents/"+visitor, "")
		s.wants(t, name, 2, "testimonials", "granted", "GET", "/v1/consents/"+visitor, "")
		for _, signal := range []string{"", "1"} {
			if optOut, until := s.optOut(t, visitor, "Sec-GPC", signal); !optOut || until != year {
				t.Errorf("%s, read with the signal %q: opted out %t until %s", name, signal, optOut, until)
			}
		}
		s.call(t, "POST", "/v1/consents", decide(visitor, `"marketing_cookies":"denied"`)) // as every banner offers it
		if optOut, until := s.optOut(t, visitor); !optOut || until != year {
			t.Errorf("%s, then a denial: opted out %t until %s", name, optOut, until)
		}
	}
}

// H10: opting in again takes two steps. The refusal of the first one names what the second one sends, and records none of the call.
func TestPromise_H10_OptingInAgainTakesTwoCalls(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	s.call(t, "POST", "/v1/consents", decide(visitor, `"analytics_cookies":"denied"`), "Sec-GPC", "1")
	grant := decide(visitor, `"marketing_cookies":"granted","analytics_cookies":"granted","testimonials":"denied"`)
	for _, headers := range [][]string{nil, {"Idempotency-Key", "k"}, {"If-Match", `"1"`}} {
		status, answer, _ := s.call(t, "POST", "/v1/consents", grant, headers...)
		errors, _ := answer["errors"].([]any)
		if status != 409 || answer["type"] != "urn:problem:conflict" || len(errors) != 1 || errors[0].(map[string]any)["pointer"] != "/confirmOptIn" {
			t.Errorf("%q: %d %v", headers, status, answer)
		}
		s.wants(t, "nothing is recorded", 1, "analytics_cookies", "denied", "GET", "/v1/consents/"+visitor, "")
	}
	s.wants(t, "confirmed, but with the signal", 2, "marketing_cookies", "denied", "POST", "/v1/consents", confirmed(grant), "Sec-GPC", "1")
	s.wants(t, "confirmed, under the same key", 3, "marketing_cookies", "granted", "POST", "/v1/consents", confirmed(grant), "Idempotency-Key", "k")
	s.wants(t, "the rest of the call", 3, "testimonials", "denied", "GET", "/v1/consents/"+visitor, "")
	if optOut, _ := s.optOut(t, visitor); optOut {
		t.Error("the visitor is still opted out")
	}
}
