package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// limit changes what a person has limited.
func (s *rig) limit(t testing.TB, p person, change func(standing.State) standing.State) {
	t.Helper()
	was, found, err := s.Subjects.State(t.Context(), p.sid)
	if err != nil || !found {
		t.Fatal(found, err)
	}
	var tx dynamo.Tx
	s.Subjects.Change(&tx, p.sid, was, change(was.State), was.ExpiresAt, subjects.Also{})
	if refusal, err := tx.Commit(t.Context(), s.Client); refusal != nil || err != nil {
		t.Fatal(refusal, err)
	}
}

// objects objects to marketing mail now.
func (s *rig) objects(t testing.TB, p person) {
	s.limit(t, p, func(is standing.State) standing.State {
		after, _ := is.Objected(standing.Objection{Request: "r1", At: s.Clock.Now(), Purposes: []privacy.Purpose{privacy.MarketingEmail}})
		return after
	})
}

// mayMail asks the decision call about marketing mail.
func (s *rig) mayMail(t testing.TB, p person) decision.Decision {
	t.Helper()
	decider := decision.Decider{Policy: s.InForce, Subjects: s.Subjects, Consents: &s.Consents.Store, Aliases: servicetest.Aliases, Now: s.Clock.Now}
	got, err := decider.Answer(t.Context(), "crm", decision.Question{Subject: decision.Who{Named: record.Named{Email: &p.email}}, Purpose: privacy.MarketingEmail})
	if err != nil {
		t.Fatal(err)
	}
	return got.Decision
}

// sees checks what every answer of the page of a mailbox says about a purpose, and that the decision call says the same.
func (s *rig) sees(t testing.TB, when string, p person, purpose privacy.Purpose, state, because string) {
	t.Helper()
	status, answer := s.preferences(t, p)
	if status != http.StatusOK || stateOf(answer, purpose) != state || becauseOf(answer, purpose) != because {
		t.Errorf("%s, the preferences: %d %v", when, status, answer)
	}
	var seen struct{ Preferences map[string]any }
	w := s.as(p, "GET", "/v1/me", "")
	if err := json.Unmarshal(w.Body.Bytes(), &seen); err != nil || stateOf(seen.Preferences, purpose) != state || becauseOf(seen.Preferences, purpose) != because {
		t.Errorf("%s, the page: %d %s", when, w.Code, w.Body)
	}
	if purpose != privacy.MarketingEmail {
		return
	}
	if may := s.mayMail(t, p); may.Allowed != (state == "granted") || because != "" && string(may.Reason) != because {
		t.Errorf("%s, the decision call: %+v", when, may)
	}
}

// H06: an objection to marketing mail is shown as a denial, whatever was agreed to before. A fresh consent after it allows mail again, and a denial after
// that is the person's own. Nothing else changes.
func TestPromise_H06_PreferencesShowAnObjection(t *testing.T) {
	s := newRig(t)
	p := s.granted(t, "anna@example.org")
	s.sees(t, "agreed", p, privacy.MarketingEmail, "granted", "")
	s.Clock.Advance(time.Minute)
	s.objects(t, p)
	s.sees(t, "objected", p, privacy.MarketingEmail, "denied", "objection")
	s.sees(t, "objected", p, privacy.Testimonials, "granted", "")
	s.Clock.Advance(time.Minute)
	if status, answer := s.decide(t, p, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}); status != 201 || becauseOf(answer, privacy.MarketingEmail) != "objection" {
		t.Errorf("a consent to something else: %d %v", status, answer)
	}
	s.sees(t, "agreed to something else", p, privacy.MarketingEmail, "denied", "objection")
	if status, answer := s.decide(t, p, mailGranted); status != 201 || stateOf(answer, privacy.MarketingEmail) != "granted" || becauseOf(answer, privacy.MarketingEmail) != "" {
		t.Errorf("a fresh consent: %d %v", status, answer)
	}
	s.sees(t, "agreed afresh", p, privacy.MarketingEmail, "granted", "")
	s.Clock.Advance(time.Minute)
	if status, answer := s.decide(t, p, map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied}); status != 201 || stateOf(answer, privacy.MarketingEmail) != "denied" {
		t.Errorf("a denial: %d %v", status, answer)
	}
	s.sees(t, "denied after all", p, privacy.MarketingEmail, "denied", "objection")
	s.limit(t, p, func(is standing.State) standing.State { return is.Lifted("r1", s.Clock.Now()) })
	s.sees(t, "the objection taken back", p, privacy.MarketingEmail, "denied", "")
}

// T31, H06: a later opening of a link does not grant over an objection, but it sees it. So does the answer to the button of a consent by address, whose
// press is a fresh consent.
func TestThreat_T31_OnlyAFreshSessionAllowsMailAgain(t *testing.T) {
	s := newRig(t)
	p := s.later(t, "anna@example.org")
	s.objects(t, p)
	s.Clock.Advance(time.Minute)
	if status, _ := s.decide(t, p, mailGranted); status != http.StatusForbidden {
		t.Errorf("a later opening grants: %d", status)
	}
	s.sees(t, "refused", p, privacy.MarketingEmail, "denied", "objection")
	fresh := s.fresh(t, "anna@example.org")
	if status, answer := s.confirm(t, s.ask(t, "anna@example.org", mailGranted), fresh); status != 201 || stateOf(answer, privacy.MarketingEmail) != "granted" {
		t.Errorf("the button of a consent: %d %v", status, answer)
	}
	s.sees(t, "confirmed", fresh, privacy.MarketingEmail, "granted", "")
}

// H10: an opt-out by a request is shown as a denial of sharing until it is taken back. No consent, however new, changes that.
func TestPromise_H10_PreferencesShowAnOptOut(t *testing.T) {
	s := newRig(t)
	p := s.fresh(t, "anna@example.org")
	const cookies = privacy.MarketingCookies
	s.sees(t, "before", p, cookies, "undecided", "")
	s.limit(t, p, func(is standing.State) standing.State {
		return is.OptedOut(standing.OptOut{Request: "r2", At: s.Clock.Now()})
	})
	s.sees(t, "opted out", p, cookies, "denied", "opt_out")
	s.sees(t, "opted out", p, privacy.MarketingEmail, "undecided", "")
	s.Clock.Advance(time.Minute)
	if status, answer := s.confirm(t, s.ask(t, "anna@example.org", map[privacy.Purpose]consent.State{cookies: consent.Granted}), p); status != 201 || stateOf(answer, cookies) != "denied" || becauseOf(answer, cookies) != "opt_out" {
		t.Errorf("a consent by address: %d %v", status, answer)
	}
	s.limit(t, p, func(is standing.State) standing.State { return is.Lifted("r2", s.Clock.Now()) })
	s.sees(t, "taken back", p, cookies, "granted", "")
}

// H10, D01: the signal that came with a decision of a mailbox is an opt-out in its log. The button of a mail is the second step of opting in again: the
// first one was to ask for it.
func TestPromise_D01_TheSignalOnThePageOfAMailbox(t *testing.T) {
	s := newRig(t)
	p := s.fresh(t, "anna@example.org")
	const cookies = privacy.MarketingCookies
	if status, answer := s.decide(t, p, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied}, "Sec-GPC", "1"); status != 201 || !optedOut(answer, cookies) || answer["gpc"] != true {
		t.Errorf("with the signal: %d %v", status, answer)
	}
	s.sees(t, "opted out", p, cookies, "denied", "opt_out")
	id := s.ask(t, "anna@example.org", map[privacy.Purpose]consent.State{cookies: consent.Granted})
	if status, answer := s.confirm(t, id, p); status != 201 || stateOf(answer, cookies) != "granted" || optedOut(answer, cookies) {
		t.Errorf("the button: %d %v", status, answer)
	}
	s.sees(t, "opted in again", p, cookies, "granted", "")
}

// H06: after a join, the limits of the one who stayed are shown to everybody whose session is older than the join.
func TestPromise_H06_PreferencesShowTheLimitsAfterAJoin(t *testing.T) {
	s := newRig(t)
	p := s.granted(t, "anna@example.org")
	stays := s.fresh(t, "berta@example.org")
	s.Clock.Advance(time.Minute)
	s.objects(t, stays)
	s.limit(t, p, func(is standing.State) standing.State {
		is.Into = stays.sid
		return is
	})
	status, answer := s.preferences(t, p)
	if status != http.StatusOK || stateOf(answer, privacy.MarketingEmail) != "denied" || becauseOf(answer, privacy.MarketingEmail) != "objection" {
		t.Errorf("%d %v", status, answer)
	}
}

// T27: by an address in doubt, nothing of anybody's limits is shown, neither by the page nor by the answer to a refusal.
func TestThreat_T27_LimitsBehindASharedAddressAreNotShown(t *testing.T) {
	s := newRig(t)
	p := s.fresh(t, "anna@example.org")
	s.objects(t, p)
	m, _, err := s.Mailboxes.Load(t.Context(), p.mailbox)
	if err != nil {
		t.Fatal(err)
	}
	m.Subject, m.Doubt, m.Shared = "", "shared", []privacy.SubjectID{p.sid, privacy.SubjectID(uuid.NewString())}
	if _, err := s.Mailboxes.Save(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if status, answer := s.preferences(t, p); status != http.StatusConflict {
		t.Errorf("the preferences: %d %v", status, answer)
	}
	if status, answer := s.decide(t, p, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied}); status != 201 || becauseOf(answer, privacy.MarketingEmail) != "" || stateOf(answer, privacy.MarketingEmail) != "undecided" {
		t.Errorf("a refusal: %d %v", status, answer)
	}
}
