package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

var (
	mailDenied   = map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied}
	storyGranted = map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}
)

// T27: two people share an address. What was opened before dies. From then on its holder sees what waits, and nothing else. A refusal holds for both
// people, nobody agrees to anything, and nothing comes of a request that was confirmed before.
func TestThreat_T27_TwoPeopleShareAnAddress(t *testing.T) {
	s := newRig(t)
	s.known(t, "one", shared)
	link := s.mailedTo(t, shared)
	before := person{session: s.enter(t, link.About, link.Token)}
	answered := s.verified(shared)
	s.exported(answered)
	s.Clock.Advance(time.Second)
	s.known(t, "two", shared)
	s.ended(t, before, link)

	one, two := s.subjectOf(t, "one"), s.subjectOf(t, "two")
	s.grantedBy(t, one)
	s.grantedBy(t, two)
	waits, granted, denied := s.waiting(request.Filing{Right: privacy.Portability, Email: shared}), s.ask(t, shared, storyGranted), s.ask(t, shared, mailDenied)
	p := s.enters(t, shared)
	if pending := s.doubted(t, p, "shared"); len(pending) != 3 || p.unsubscribe != "" {
		t.Errorf("%+v waits; the one click is %q", pending, p.unsubscribe)
	}
	if status, answer := s.confirm(t, granted, p); status != http.StatusConflict || answer["type"] != "urn:problem:shared" {
		t.Errorf("a grant that waits: %d %v", status, answer)
	}
	if status, answer := s.decide(t, p, storyGranted); status != http.StatusConflict || answer["type"] != "urn:problem:shared" {
		t.Errorf("a grant: %d %v", status, answer)
	}
	status, answer := s.confirm(t, denied, p)
	if status != http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "denied" || stateOf(answer, privacy.Testimonials) != "undecided" {
		t.Errorf("a refusal that waits: %d %v", status, answer)
	}
	if first, second := s.marketingOf(t, one), s.marketingOf(t, two); first != consent.Denied || second != consent.Denied {
		t.Errorf("after it: %s and %s", first, second)
	}
	if status, answer = s.decide(t, p, everything()); status != http.StatusCreated || stateOf(answer, privacy.Testimonials) != "denied" {
		t.Errorf("a refusal: %d %v", status, answer)
	}
	for path, want := range map[string]int{
		"/v1/requests/" + answered + "/exports": http.StatusNotFound, "/v1/requests/" + answered + "/withdraw": http.StatusNotFound,
		"/v1/pending/" + granted + "/discard": http.StatusOK, "/v1/pending/" + waits + "/discard": http.StatusOK,
	} {
		if w := s.as(p, "POST", path, ""); w.Code != want {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if state := s.Load(answered).Request.State; state != request.Fulfilled {
		t.Errorf("the request that is hidden is %s", state)
	}
}

// T27: two people share an address, and then the data of one expires. A new link shows the preferences of the other, who may agree again. A request by the
// address waits as one by a new address does, since it stands for more than before, and is then answered.
func TestThreat_T27_AnAddressAnswersAgainOnceTheDataOfTheOtherHasExpired(t *testing.T) {
	s := newRig(t)
	s.known(t, "one", shared)
	log := record.Record{Category: privacy.SecurityLog, ID: "1", Source: privacy.Automatic, OccurredAt: s.Clock.Now(),
		Data: []byte(`{"at":"2026-11-20T00:00:00Z","event":"login","ip":"192.0.2.1","userAgent":"x","sessionId":"y"}`)} // 90 days
	if _, err := s.TakeAs("two", shared, log); err != nil {
		t.Fatal(err)
	}
	s.RunChanges()
	one := s.subjectOf(t, "one")
	s.grantedBy(t, one)
	state, _, err := s.Subjects.State(t.Context(), s.subjectOf(t, "two"))
	if err != nil || state.ExpiresAt.IsZero() {
		t.Fatalf("%+v, %v", state, err)
	}
	s.doubted(t, s.enters(t, shared), "shared")

	s.Clock.Set(state.ExpiresAt)
	p := s.enters(t, shared)
	if status, answer := s.preferences(t, p); status != http.StatusOK || stateOf(answer, privacy.MarketingEmail) != "granted" || p.sid != one || p.unsubscribe == "" {
		t.Errorf("the preferences of %q: %d %v", p.sid, status, answer)
	}
	if status, answer := s.decide(t, p, mailDenied); status != http.StatusCreated || s.marketingOf(t, one) != consent.Denied {
		t.Errorf("a refusal: %d %v", status, answer)
	}
	if status, answer := s.decide(t, p, mailGranted); status != http.StatusCreated || s.marketingOf(t, one) != consent.Granted {
		t.Errorf("a grant: %d %v", status, answer)
	}
	id := s.asks(t, p, shared)
	s.Clock.Advance(8 * 24 * time.Hour)
	s.Fulfil(id)
	if file := s.Load(id); file.Request.State != request.Fulfilling || len(export.Of(file)) != 1 || export.Of(file)[0].Subject != one || len(s.ForTeam) > 0 {
		t.Errorf("the request is %s, with %d exports; the team has %v", file.Request.State, len(export.Of(file)), s.ForTeam)
	}
}

// T23, T27: what is hidden from the holder of an address in doubt looks like what does not exist.
func TestThreat_T23_WhatIsHiddenLooksUnknown(t *testing.T) {
	s := newRig(t)
	s.known(t, "one", shared)
	hidden := s.verified(shared)
	s.exported(hidden)
	s.Clock.Advance(time.Second)
	s.known(t, "two", shared)
	p := s.enters(t, shared)
	for _, what := range []string{"exports", "withdraw"} {
		var answers []string
		for _, id := range []string{hidden, s.verified("somebody@example.org"), "019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e5f"} {
			w := s.as(p, "POST", "/v1/requests/"+id+"/"+what, "")
			answers = append(answers, w.Body.String())
			if w.Code != http.StatusNotFound || answers[0] != w.Body.String() {
				t.Errorf("%s: %d %v", what, w.Code, answers)
			}
		}
	}
}

// T27: an address was taken away from somebody, and its mailbox has a new owner. The old cookie and the old link are dead. A new link shows nothing of the
// person from whom it was taken, and decides nothing for them. Once a system sends it for the new owner, they may agree to what they were asked;
// everything else waits for 90 days.
func TestThreat_T27_ARecycledMailbox(t *testing.T) {
	s := newRig(t)
	s.known(t, "old", detached)
	old := s.subjectOf(t, "old")
	s.grantedBy(t, old)
	link := s.mailedTo(t, detached)
	before := person{session: s.enter(t, link.About, link.Token)}
	stays := s.enters(t, anna)
	s.Clock.Advance(time.Second)
	s.SetAddresses("old", false, "old@example.org")
	s.ended(t, before, link)
	s.me(t, stays) // of another mailbox

	asked := s.ask(t, detached, mailGranted)
	p := s.enters(t, detached)
	if pending := s.doubted(t, p, "detached"); len(pending) != 2 || pending[0].Kind != "change" || pending[1].ID != asked || p.unsubscribe != "" {
		t.Errorf("%+v waits; the one click is %q", pending, p.unsubscribe)
	}
	for what, do := range map[string]func() (int, map[string]any){
		"a refusal": func() (int, map[string]any) { return s.decide(t, p, mailDenied) }, "what waits": func() (int, map[string]any) { return s.confirm(t, asked, p) },
	} {
		if status, answer := do(); status != http.StatusConflict || answer["type"] != "urn:problem:conflict" || s.marketingOf(t, old) != consent.Granted {
			t.Errorf("%s: %d %v, and the old owner has %s", what, status, answer, s.marketingOf(t, old))
		}
	}

	s.known(t, "new", detached)
	p = s.enters(t, detached)
	s.doubted(t, p, "detached")
	status, answer := s.confirm(t, asked, p)
	if owner := s.subjectOf(t, "new"); status != http.StatusCreated || owner == old || s.marketingOf(t, owner) != consent.Granted || stateOf(answer, privacy.MarketingEmail) != "granted" {
		t.Errorf("the new owner agrees: %d %v, %s", status, answer, s.marketingOf(t, owner))
	}
	s.decide(t, p, mailDenied)
	if s.marketingOf(t, s.subjectOf(t, "new")) != consent.Denied || s.marketingOf(t, old) != consent.Granted {
		t.Errorf("the new owner refuses: %s, and the old owner has %s", s.marketingOf(t, s.subjectOf(t, "new")), s.marketingOf(t, old))
	}
	s.Clock.Advance(90 * 24 * time.Hour)
	if w := s.as(s.enters(t, detached), "GET", "/v1/preferences", ""); w.Code != http.StatusOK {
		t.Errorf("after 90 days: %d %s", w.Code, w.Body)
	}
}

// C03: somebody was joined to another person. What they had refused holds for both, a link of either address shows it, and one click in a mail from before
// the join counts for both, also if it comes from the address of the one who went.
func TestPromise_C03_WhatTwoPeopleDecidedWhoWereOne(t *testing.T) {
	s := newRig(t)
	s.known(t, "stays", anna)
	s.known(t, "goes", "second@example.org")
	stays, goes := s.subjectOf(t, "stays"), s.subjectOf(t, "goes")
	s.grantedBy(t, stays)
	s.grantedBy(t, goes)
	waits := s.ask(t, "second@example.org", storyGranted)
	before, link := s.enters(t, "second@example.org"), s.Mails[len(s.Mails)-1]
	s.decide(t, before, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied})
	s.Clock.Advance(time.Second)
	s.SetAddresses("stays", true, anna, "second@example.org")
	s.ended(t, before, link)
	for _, email := range []string{anna, "second@example.org"} {
		if status, answer := s.preferences(t, s.enters(t, email)); status != http.StatusOK || stateOf(answer, privacy.Testimonials) != "denied" || stateOf(answer, privacy.MarketingEmail) != "granted" {
			t.Errorf("%s: %d %v", email, status, answer)
		}
	}
	if status, _ := s.unsubscribe(t, before.unsubscribe, oneClick); status != http.StatusOK || s.marketingOf(t, stays) != consent.Denied {
		t.Errorf("one click: %d, %s", status, s.marketingOf(t, stays))
	}
	p := s.enters(t, "second@example.org")
	if status, answer := s.confirm(t, waits, p); status != http.StatusCreated || stateOf(answer, privacy.Testimonials) != "granted" || stateOf(answer, privacy.MarketingEmail) != "denied" {
		t.Errorf("what waited before the join: %d %v", status, answer)
	}
	if p.sid != stays {
		t.Errorf("the second address stands for %s", p.sid)
	}
}
