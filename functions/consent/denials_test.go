package main

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
)

// wants sends a call and expects the given version and state of one purpose in the answer.
func (s *rig) wants(t *testing.T, what string, version int, purpose, state, method, path, body string, headers ...string) {
	t.Helper()
	status, answer, _ := s.call(t, method, path, body, headers...)
	if status >= 300 || answer["version"] != float64(version) || stateOf(t, answer, purpose) != state {
		t.Errorf("%s is answered %d %v, want version %d and %s %s", what, status, answer, version, purpose, state)
	}
}

// C03: a denial that is sent again under its old key after a grant is recorded and answered as a denial.
func TestPromise_C03_ARepeatedDenialDeniesAgain(t *testing.T) {
	s := newRig(t)
	for name, row := range map[string]struct{ path, body string }{
		"a withdrawal":            {"/withdraw", ""},
		"a withdrawal of one":     {"/withdraw", `{"purposes":["testimonials"]}`},
		"a decision":              {"", `"testimonials":"denied"`},
		"a denial beside a grant": {"", `"testimonials":"denied","analytics_cookies":"granted"`},
	} {
		t.Run(name, func(t *testing.T) {
			visitor := uuid.NewString()
			path, body := "/v1/consents/"+visitor+row.path, row.body
			if row.path == "" {
				path, body = "/v1/consents", decide(visitor, row.body)
			}
			s.wants(t, "the denial", 1, "testimonials", "denied", "POST", path, body, "Idempotency-Key", "k")
			s.wants(t, "a grant", 2, "testimonials", "granted", "POST", "/v1/consents", decide(visitor, `"testimonials":"granted"`))
			s.wants(t, "the denial, sent again", 3, "testimonials", "denied", "POST", path, body, "Idempotency-Key", "k")
			s.wants(t, "the denial, sent once more", 3, "testimonials", "denied", "POST", path, body, "Idempotency-Key", "k")
			s.wants(t, "a read", 3, "testimonials", "denied", "GET", "/v1/consents/"+visitor, "")
		})
	}
}

// C03: if an act that grants and denies is sent again, only its denials take effect again.
func TestPromise_C03_ARepeatedMixedActGrantsNothing(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	mixed := decide(visitor, `"analytics_cookies":"granted","testimonials":"denied"`)
	s.wants(t, "the act", 1, "analytics_cookies", "granted", "POST", "/v1/consents", mixed, "Idempotency-Key", "k")
	s.wants(t, "the opposite", 2, "testimonials", "granted", "POST", "/v1/consents", decide(visitor, `"analytics_cookies":"denied","testimonials":"granted"`))
	s.wants(t, "the act, sent again", 3, "testimonials", "denied", "POST", "/v1/consents", mixed, "Idempotency-Key", "k")
	s.wants(t, "a read", 3, "analytics_cookies", "denied", "GET", "/v1/consents/"+visitor, "")
}

// C03: a grant that is sent again under its old key never undoes a denial, no matter how many acts followed and which preconditions it has.
func TestPromise_C03_ARepeatedGrantUndoesNoDenial(t *testing.T) {
	for _, between := range []int{0, 3, 4, 5, 6, 40} {
		for _, asserted := range []string{"", "*"} {
			s, visitor := newRig(t), uuid.NewString()
			grant := decide(visitor, `"testimonials":"granted"`)
			s.wants(t, "the grant", 1, "testimonials", "granted", "POST", "/v1/consents", grant, "Idempotency-Key", "k", "If-None-Match", asserted)
			s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", "", "Idempotency-Key", "k")
			for range between {
				s.call(t, "POST", "/v1/consents", decide(visitor, `"analytics_cookies":"granted"`))
			}
			what := fmt.Sprintf("the grant, sent again after %d acts with If-None-Match %q", 1+between, asserted)
			s.wants(t, what, 2+between, "testimonials", "denied", "POST", "/v1/consents", grant, "Idempotency-Key", "k", "If-None-Match", asserted)
			s.wants(t, "a read", 2+between, "testimonials", "denied", "GET", "/v1/consents/"+visitor, "")
		}
	}
}

// C03, F15: 40 clients grant as fast as they can. Each of ten withdrawals in between is answered as a denial, and the last one stays in effect.
func TestPromise_C03_AWithdrawalBesideFortyGrants(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	grant := decide(visitor, `"testimonials":"granted"`)
	var grants, withdrawals sync.WaitGroup
	var over atomic.Bool
	var granted atomic.Int64
	for range 40 {
		grants.Go(func() {
			for !over.Load() {
				switch status, _, _ := s.call(t, "POST", "/v1/consents", grant); status {
				case http.StatusCreated:
					granted.Add(1)
				case http.StatusConflict, http.StatusTooManyRequests: // it lost the race, or there are a thousand versions
				default:
					t.Errorf("a grant is answered %d", status)
				}
			}
		})
	}
	for range 10 {
		withdrawals.Go(func() {
			status, answer, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", "")
			if status != http.StatusCreated || stateOf(t, answer, "testimonials") != "denied" {
				t.Errorf("a withdrawal is answered %d %v", status, answer)
			}
		})
	}
	withdrawals.Wait()
	over.Store(true)
	grants.Wait()
	t.Logf("%d grants were recorded meanwhile", granted.Load())
	if granted.Load() == 0 {
		t.Error("no grant was recorded, so there was no race")
	}
	status, answer, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", "")
	if _, now, _ := s.call(t, "GET", "/v1/consents/"+visitor, ""); status != http.StatusCreated || now["version"] != answer["version"] || stateOf(t, now, "testimonials") != "denied" {
		t.Errorf("the last withdrawal: %d %v, then %v", status, answer, now)
	}
}
