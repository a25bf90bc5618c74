package sources_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// third is one more address of the person.
var third = canary + "@example.net"

// writes has a mail to the privacy address taken in, which answers our mail about a request if one is named.
func (s *rig) writes(email, about string) (id string) {
	s.T.Helper()
	s.Clock.Advance(time.Second)
	m := inbound.Message{From: email, Subject: canary, Text: "Dear team, " + canary + " " + s.at()}
	if about != "" {
		m.Answers = []string{links.Origin(servicetest.Origin).Thread(about)}
	}
	return s.Writes(m, servicetest.Vouched)
}

// means says what a mail means.
func (s *rig) means(id, email string, f request.Filing) string {
	s.T.Helper()
	_, err := s.Requester.Choose(s.T.Context(), id, s.session(email), f)
	s.must(err)
	s.works()
	return id
}

// decides has the team decide about a request, without a mail.
func (s *rig) decides(id string) string {
	s.T.Helper()
	s.must(request.CloseTold(s.T.Context(), s.Requests, id, servicetest.Operator, request.Outcome{Result: request.Done, Reason: "done"}, s.Clock.Now()))
	return id
}

// mails has the person write mails, of which one is in each state. It returns the ids of those that wait for the team, and of all others.
func (s *rig) mails() (team, others map[string]string) {
	s.T.Helper()
	question, forged := request.Filing{Right: privacy.Question}, inbound.Verdicts{Spam: inbound.Pass, Virus: inbound.Pass, DMARC: inbound.Fail}
	team, others = map[string]string{}, map[string]string{}
	others["an answered question"] = s.decides(s.means(s.writes(first, ""), first, question))
	others["an opt-out"] = s.means(s.writes(first, ""), first, request.Filing{Right: privacy.OptOut})
	others["an export"] = s.means(s.writes(first, ""), first, request.Filing{Right: privacy.Access})
	others["a statement"] = s.means(s.writes(first, ""), first, request.Filing{Right: privacy.AutomatedDecisions})
	team["an open question"] = s.means(s.writes(first, ""), first, question)
	team["a correction"] = s.means(s.writes(first, ""), first, request.Filing{Right: privacy.Rectification})
	others["a reply that was added"] = s.means(s.writes(first, team["a correction"]), first, question)
	others["not theirs"] = s.writes(first, "")
	s.must(s.Requester.Discard(s.T.Context(), others["not theirs"], s.session(first)))
	team["unopened"] = s.writes(other, "")
	for range 3 {
		s.Clock.Advance(8 * 24 * time.Hour)
		s.works()
	}
	if !s.Load(team["unopened"]).Request.Unopened() {
		s.T.Fatalf("%+v", s.Load(team["unopened"]).Request)
	}
	team["a forged one"] = s.Writes(inbound.Message{From: old, Text: canary}, forged)
	others["waits for its sender"] = s.writes(third, "")
	others["joined one that waits"] = s.writes(third, "")
	if !s.Load(others["waits for its sender"]).Request.AwaitsSender() {
		s.T.Fatalf("%+v", s.Load(others["waits for its sender"]).Request)
	}
	return team, others
}

// TestPromise_H03_MailsGoWithThePerson erases somebody who has written mails to the privacy address. What waits for the team stays until the team has decided.
// No other word is left, and no mail as it arrived.
func TestPromise_H03_MailsGoWithThePerson(t *testing.T) {
	s := newRig(t)
	s.talks(canary, first)
	s.SetAddresses(canary, true, first, other, third, old)
	s.works()
	s.Clock.Advance(10 * 24 * time.Hour) // the addresses are new no longer
	team, others := s.mails()
	id := s.cools(first)
	if raw := s.Arrived.Keys(); len(raw) < len(team)+len(others) {
		t.Fatalf("%v", raw)
	}
	s.erases(id)
	s.must(s.Inbox.Sweep(t.Context()))
	if raw := s.Arrived.Keys(); len(raw) > 0 {
		t.Errorf("mails as they arrived: %v", raw)
	}
	for what, mail := range others {
		if r := s.Load(mail).Request; !r.State.Final() || !r.Forgotten() {
			t.Errorf("%s: %+v", what, r)
		}
	}
	for what, mail := range team {
		r := s.Load(mail).Request
		if r.State.Final() || len(r.Messages) == 0 || r.WaitsFor(s.Clock.Now()) != request.ForTeam {
			t.Errorf("%s: %+v", what, r)
		}
		s.decides(mail)
	}
	for range 9 {
		s.works()
		s.Erases(24 * time.Hour)
	}
	left := slices.DeleteFunc(s.finds(canary), func(where string) bool { return strings.HasPrefix(where, "RecordsTable") })
	if len(left) > 0 {
		t.Errorf("once all is decided, found in %q", left)
	}
}
