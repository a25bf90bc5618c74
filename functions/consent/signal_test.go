package main

import (
	"testing"

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

	s.wants(t, "a fresh grant", 3, "marketing_cookies", "granted", "POST", "/v1/consents", grant)
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
	s.wants(t, "a fresh grant", 3, "marketing_cookies", "granted", "POST", "/v1/consents", grant)
}
