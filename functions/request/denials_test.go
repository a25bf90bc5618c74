package main

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// newest returns the newest consent record of a person.
func (s *rig) newest(t *testing.T, p person) consent.Record {
	t.Helper()
	r, err := s.ByAddress.Recorder.Current(t.Context(), consent.Address(p.sid))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// C03: repeated clicks add no records, and neither do repeated withdrawals on the page. Only the first click with the privacy signal adds one.
func TestPromise_C03_WithdrawalsByAddressDoNotPileUp(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	for i := range 30 {
		signal := []string{"", "1"}[i%2]
		if status, answer := s.unsubscribe(t, m.unsubscribe, oneClick, "Sec-GPC", signal); status != http.StatusOK || answer["state"] != "denied" {
			t.Fatalf("click %d: %d %v", i, status, answer)
		}
	}
	if r := s.newest(t, m); r.Version != 3 { // the grant, the first click, and the first click with the signal
		t.Errorf("30 clicks left %d records", r.Version-1)
	}
	for i := range 30 {
		if status, answer := s.decide(t, m, everything(), "Sec-GPC", []string{"", "1"}[i%2]); status != http.StatusCreated || stateOf(answer, privacy.Testimonials) != "denied" {
			t.Fatalf("withdrawal %d: %d %v", i, status, answer)
		}
	}
	if r := s.newest(t, m); r.Version != 4 {
		t.Errorf("30 withdrawals left %d records more", r.Version-3)
	}
}

// C03: a click or a withdrawal on the page withdraws again if it is repeated under its old key after a new consent.
func TestPromise_C03_ARepeatedWithdrawalByAddressDeniesAgain(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	for i, withdraw := range []func() (int, map[string]any){
		func() (int, map[string]any) { return s.decide(t, m, everything(), "Idempotency-Key", "k") },
		func() (int, map[string]any) {
			return s.unsubscribe(t, m.unsubscribe, oneClick, "Idempotency-Key", "k")
		},
	} {
		for round := range 2 {
			s.granted(t, "anna@example.org")
			before := s.newest(t, m)
			if status, answer := withdraw(); status >= 300 {
				t.Errorf("withdrawal %d, round %d: %d %v", i, round, status, answer)
			}
			r := s.newest(t, m)
			if r.Effective(privacy.MarketingEmail, s.Clock.Now()).State != consent.Denied || r.Version != before.Version+1 {
				t.Errorf("after withdrawal %d, round %d: version %d, %v", i, round, r.Version, r.Decisions)
			}
		}
	}
}

// D01: a confirmation with the privacy signal denies sharing in the answer, on record and in the receipt.
func TestPromise_D01_TheSignalCountsOnAConfirmation(t *testing.T) {
	all := map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.MarketingCookies: consent.Granted}
	for signal, want := range map[string]consent.State{"1": consent.Denied, "1,1": consent.Denied, "0": consent.Granted, "": consent.Granted} {
		s := newRig(t)
		m := s.fresh(t, "anna@example.org")
		status, answer := s.confirm(t, s.ask(t, "anna@example.org", all), m, "Sec-GPC", signal)
		if status != http.StatusCreated || stateOf(answer, privacy.MarketingCookies) != string(want) || stateOf(answer, privacy.MarketingEmail) != "granted" || answer["gpc"] != (want == consent.Denied) {
			t.Errorf("Sec-GPC %q: %d %v", signal, status, answer)
		}
		r := s.newest(t, m)
		if receipt.Of(r).GPC != (want == consent.Denied) || r.Decisions[privacy.MarketingCookies].State != want {
			t.Errorf("Sec-GPC %q: the record is %+v", signal, r)
		}
	}
}

// D01: a run is killed after it has recorded the act of a button, so the button can be pressed again. The second press grants nothing, with or
// without the signal.
func TestPromise_D01_APressThatWasKilled(t *testing.T) {
	s := newRig(t)
	all := map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.MarketingCookies: consent.Granted}
	m, id := s.fresh(t, "anna@example.org"), s.ask(t, "anna@example.org", all)
	killed := s.with(t, s.ByAddress.Recorder.Log, busyConfirmations{s.ByAddress.Confirmations})
	killed.confirm(t, id, m)
	for range 6 { // more acts than a record names; the first of them withdraws
		s.decide(t, m, map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied})
		s.confirm(t, s.ask(t, "anna@example.org", map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}), m)
	}
	status, answer := s.confirm(t, id, m, "Sec-GPC", "1")
	if status != http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "denied" || stateOf(answer, privacy.MarketingCookies) != "denied" {
		t.Errorf("the press after six acts: %d %v", status, answer)
	}
}

// D01: to a browser that sends the signal, the preferences show sharing as denied. Nothing is stored.
func TestPromise_D01_TheSignalCountsOnPreferences(t *testing.T) {
	s := newRig(t)
	m := s.fresh(t, "anna@example.org")
	s.confirm(t, s.ask(t, "anna@example.org", map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.MarketingCookies: consent.Granted}), m)
	status, answer := s.preferences(t, m, "Sec-GPC", "1")
	if status != http.StatusOK || stateOf(answer, privacy.MarketingCookies) != "denied" || stateOf(answer, privacy.MarketingEmail) != "granted" || answer["gpc"] != true {
		t.Errorf("with the signal: %d %v", status, answer)
	}
	if _, answer = s.preferences(t, m); stateOf(answer, privacy.MarketingCookies) != "granted" || answer["version"] != 1.0 || answer["gpc"] != false {
		t.Errorf("without it: %v", answer)
	}
	if w := s.as(m, "GET", "/v1/me", "", "Sec-GPC", "1"); !strings.Contains(w.Body.String(), `"gpc":true`) || !strings.Contains(w.Body.String(), `"marketing_cookies":{"state":"denied"`) {
		t.Errorf("me with the signal: %s", w.Body)
	}
	status, answer = s.decide(t, m, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied}, "Sec-GPC", "1")
	if status != http.StatusCreated || stateOf(answer, privacy.MarketingCookies) != "denied" || stateOf(answer, privacy.MarketingEmail) != "granted" {
		t.Errorf("withdrawing something else with the signal: %d %v", status, answer)
	}
}

// C03, F15: each click among grants by other links takes effect, although clicks and grants share one step of work.
func TestPromise_C03_AClickBesideManyGrants(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	subject := s.newest(t, m).Subject
	var over atomic.Bool
	var granted atomic.Int64
	var grants, clicks sync.WaitGroup
	for range 40 {
		grants.Go(func() {
			for !over.Load() {
				act := consent.Act{Subject: subject, Operation: uuid.NewString(), Decisions: mailGranted, PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form"}
				if _, err := s.ByAddress.Recorder.Record(t.Context(), act); err == nil {
					granted.Add(1)
				}
			}
		})
	}
	for range 5 {
		clicks.Go(func() {
			if status, answer := s.unsubscribe(t, m.unsubscribe, oneClick); status != http.StatusOK || answer["state"] != "denied" {
				t.Errorf("a click is answered %d %v", status, answer)
			}
			if status, answer := s.decide(t, m, everything()); status != http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "denied" {
				t.Errorf("a withdrawal is answered %d %v", status, answer)
			}
		})
	}
	clicks.Wait()
	over.Store(true)
	grants.Wait()
	if t.Logf("%d grants were recorded meanwhile", granted.Load()); granted.Load() == 0 {
		t.Error("no grant was recorded, so there was no race")
	}
}
