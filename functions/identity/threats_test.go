package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const mallory = "mallory@evil.example"

// linkOf has a link mailed to an address, and returns the mail.
func (s *rig) linkOf(email string) servicetest.Mail {
	s.T.Helper()
	if err := s.Links.Ask(s.T.Context(), email); err != nil {
		s.T.Fatal(err)
	}
	s.work()
	for i := len(s.Mails) - 1; i >= 0; i-- {
		if m := s.Mails[i]; m.Kind == "link" && m.To == email {
			return m
		}
	}
	s.T.Fatalf("no link was mailed: %+v", s.Mails)
	return servicetest.Mail{}
}

// opens opens a link, and returns the cookie of its session.
func (s *rig) opens(m servicetest.Mail) string {
	s.T.Helper()
	_, cookie, _, err := s.Links.Open(s.T.Context(), m.About, m.Token)
	if err != nil {
		s.T.Fatal(err)
	}
	return cookie
}

// alive checks that a link opens, and that a session is one.
func (s *rig) alive(link servicetest.Mail, cookie string) {
	s.T.Helper()
	if _, _, _, err := s.Links.Open(s.T.Context(), link.About, link.Token); err != nil {
		s.T.Errorf("the link does not open: %v", err)
	}
	if _, _, err := s.Links.Session(s.T.Context(), cookie); err != nil {
		s.T.Errorf("the session has ended: %v", err)
	}
}

// dead checks that a link is answered 404, and that a session is answered 401, if there is one.
func (s *rig) dead(link servicetest.Mail, cookie string) {
	s.T.Helper()
	if _, _, _, err := s.Links.Open(s.T.Context(), link.About, link.Token); fault.Status(err) != http.StatusNotFound {
		s.T.Errorf("the link opens: %v", err)
	}
	if cookie == "" {
		return
	}
	if _, _, err := s.Links.Session(s.T.Context(), cookie); fault.Status(err) != http.StatusUnauthorized {
		s.T.Errorf("the session lives: %v", err)
	}
}

// T27: whatever takes an address away from somebody, or lets it stand for more, ends its links and its sessions before the call is answered. Links
// of the person's other addresses live on after a detach. A link that is mailed afterwards opens.
func TestThreat_T27_OldLinksAreDeadWhenTheActIsAnswered(t *testing.T) {
	for name, c := range map[string]struct {
		act  func(s *rig)
		dies map[string]bool
	}{
		"detach": {func(s *rig) { s.put("c-1", false, anna) }, map[string]bool{work2: true}},
		"rename": {func(s *rig) {
			s.change("POST", "/v1/subjects/rename", `{"from":"`+work2+`","to":"new@example.org"}`)
		}, map[string]bool{work2: true}},
		"attach":   {func(s *rig) { s.put("c-1", false, anna, work2, "new@example.org") }, nil},
		"spelling": {func(s *rig) { s.put("c-1", false, anna, "Anna.Berg@example.net") }, nil},
		"join":     {func(s *rig) { s.put("c-1", true, anna, work2, bert) }, map[string]bool{anna: true, work2: true, bert: true}},
		"rename and join": {func(s *rig) {
			s.change("POST", "/v1/subjects/rename", `{"from":"`+work2+`","to":"`+bert+`","join":true}`)
		}, map[string]bool{anna: true, work2: true, bert: true}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			s.knows("c-1", anna, work2)
			s.knows("c-2", bert)
			links, cookies := map[string]servicetest.Mail{}, map[string]string{}
			for _, email := range []string{anna, work2, bert} {
				links[email] = s.linkOf(email)
				cookies[email] = s.opens(links[email])
			}
			s.Clock.Advance(time.Minute)
			c.act(s)
			for email, link := range links {
				if c.dies[email] {
					s.dead(link, cookies[email])
				} else {
					s.alive(link, cookies[email])
				}
			}
			s.work()
			s.Clock.Advance(time.Minute)
			again := s.linkOf(bert)
			s.alive(again, s.opens(again))
		})
	}
}

// T27: taking a join back ends the links and sessions of both.
func TestThreat_T27_OldLinksAreDeadAfterASeparation(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna)
	s.knows("c-2", bert)
	s.put("c-1", true, anna, bert)
	s.work()
	s.Clock.Advance(time.Hour)
	hers, his := s.linkOf(anna), s.linkOf(bert)
	mine, yours := s.opens(hers), s.opens(his)
	s.Clock.Advance(time.Minute)
	s.separates(`{"id":"c-2"}`)
	s.dead(hers, mine)
	s.dead(his, yours)
}

// T27: an address that was taken away identifies nobody. For 90 days it is in doubt, and afterwards it is unknown.
func TestThreat_T27_ADetachedAddressIdentifiesNobody(t *testing.T) {
	s := newRig(t)
	id := s.knows("c-1", anna, work2)
	s.put("c-1", false, anna)
	s.work()
	gone := s.Clock.Now()
	for _, c := range []struct {
		days  int
		doubt subject.Doubt
	}{{0, subject.Detached}, {89, subject.Detached}, {91, subject.NoDoubt}} {
		s.Clock.Set(gone.AddDate(0, 0, c.days))
		known, _, err := s.Addresses.Find(t.Context(), s.Parse(work2))
		if err != nil || known.Subject != "" || known.Doubt != c.doubt {
			t.Errorf("after %d days: %+v, %v", c.days, known, err)
		}
	}
	if s.behind(anna) != id {
		t.Error("her other address")
	}
}

// told returns the change that waits behind the mailbox of an address, and what was mailed there.
func (s *rig) told(email string) (waiting []mailbox.Waiting, kinds []string) {
	s.T.Helper()
	_, waiting, err := s.Behind.Of(s.T.Context(), servicetest.Aliases.Mailbox(s.Parse(email)))
	if err != nil {
		s.T.Fatal(err)
	}
	for _, m := range s.Mails {
		if m.To == email {
			kinds = append(kinds, m.Kind)
		}
	}
	return waiting, kinds
}

// T33: a mistaken system attaches a foreign address. The foreign address gets a receipt. Every other address of the person, one that was taken away
// a month ago included, gets a link, behind which the change waits. Whoever contests it freezes the foreign address at once: it is in doubt, and its
// links are dead. The team is alarmed once.
func TestThreat_T33_AForeignAddressIsContested(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna, work2)
	s.put("c-1", false, anna)
	s.work()
	s.Clock.Advance(30 * 24 * time.Hour)
	s.forget()

	s.put("c-1", false, anna, mallory)
	s.acted("addresses_changed")
	s.work()
	if waiting, kinds := s.told(mallory); len(waiting) != 0 || len(kinds) != 1 || kinds[0] != "receipt" {
		t.Errorf("the new address: %+v, %v", waiting, kinds)
	}
	for _, email := range []string{anna, work2} {
		waiting, kinds := s.told(email)
		if len(waiting) != 1 || waiting[0].Change != "addresses_changed" || len(kinds) != 1 || kinds[0] != "link" {
			t.Fatalf("%s: %+v, %v", email, waiting, kinds)
		}
	}
	foreign := s.linkOf(mallory)
	session := s.opens(foreign)
	waiting, _ := s.told(anna)
	change := waiting[0].ID
	if err := s.Holder.Contest(t.Context(), change, servicetest.Proof(bert)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("somebody who was not told: %v", err)
	}
	s.Clock.Advance(time.Minute)
	if err := s.Holder.Contest(t.Context(), change, subject.Proof{Mailbox: servicetest.Aliases.Mailbox(s.Parse(anna))}); err != nil { // not fresh
		t.Fatal(err)
	}
	s.work()
	is := s.alias(servicetest.Aliases.Alias(s.Parse(mallory)))
	if is.Doubt(s.Clock.Now()) != subject.Frozen || len(s.Contested) != 1 {
		t.Errorf("%+v, %d alarms", is, len(s.Contested))
	}
	s.dead(foreign, session)
	if waiting, _ := s.told(anna); len(waiting) != 0 {
		t.Errorf("it still waits: %+v", waiting)
	}
	if err := s.Holder.Contest(t.Context(), change, servicetest.Proof(work2)); err != nil { // the other one, too: it changes nothing
		t.Error(err)
	}
	s.work()
	if len(s.Contested) != 1 {
		t.Errorf("%d alarms", len(s.Contested))
	}
	if got := s.put("c-1", false, anna); got.Detached != 1 || s.behind(mallory) != "" || s.alias(is.Key).Doubt(s.Clock.Now()) != subject.Frozen { // attaching it again would not end the freeze
		t.Errorf("the mistake is undone: %+v, %+v", got, s.alias(is.Key))
	}
}

// T33: whoever finds the change right accepts it, and is asked no more. Nothing is frozen.
func TestThreat_T33_AChangeIsAccepted(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna)
	s.put("c-1", false, anna, work2)
	s.work()
	waiting, _ := s.told(anna)
	if len(waiting) != 1 {
		t.Fatalf("%+v", waiting)
	}
	for _, want := range []int{http.StatusOK, http.StatusNotFound} {
		err := s.Holder.Accept(t.Context(), waiting[0].ID, servicetest.Proof(anna))
		if want == http.StatusOK && err != nil || want != http.StatusOK && fault.Status(err) != want {
			t.Errorf("%v, want %d", err, want)
		}
	}
	s.work()
	if is := s.alias(servicetest.Aliases.Alias(s.Parse(work2))); is.Doubt(s.Clock.Now()) != subject.NoDoubt || len(s.Contested) != 0 {
		t.Errorf("%+v", is)
	}
}

// T33: an address that was taken away more than 90 days ago is no longer told, since nobody knows any more whose it is.
func TestThreat_T33_AfterNinetyDaysAnOldAddressIsNotTold(t *testing.T) {
	s := newRig(t)
	s.knows("c-1", anna, work2)
	s.put("c-1", false, anna)
	s.work()
	s.Clock.Advance(91 * 24 * time.Hour)
	s.forget()
	s.put("c-1", false, anna, mallory)
	s.work()
	if waiting, kinds := s.told(work2); len(waiting)+len(kinds) != 0 {
		t.Errorf("%+v, %v", waiting, kinds)
	}
}
