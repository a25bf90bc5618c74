package main

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const foreign = "foreign@example.org"

// changed attaches a foreign address to somebody, and returns the mail by which their own address is told.
func (s *rig) changed(t testing.TB) servicetest.Mail {
	t.Helper()
	s.known(t, "anna", anna)
	s.Clock.Advance(time.Second)
	s.SetAddresses("anna", false, anna, foreign)
	s.Clock.Advance(time.Second)
	s.Post(anna)
	m := s.LastMail()
	if m.Kind != "link" || m.To != anna || len(m.Waiting) != 1 || m.Waiting[0].Change == "" {
		t.Fatalf("%+v", m)
	}
	return m
}

// alias returns what is known by an address.
func (s *rig) alias(t testing.TB, email string) subject.Known {
	t.Helper()
	known, _, err := s.Addresses.Find(t.Context(), s.Parse(email))
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// T33: a system attaches a foreign address. The new address is told by a receipt, the old one by a link, behind which the change waits. Six days and 23
// hours later somebody asks for everything from the new address: nothing is answered yet. Whoever opens the link that was mailed to the old one contests
// the change: the new address is frozen, its links and sessions die, what it asked for goes to the team, and the team hears of it once. The holder
// gets a receipt.
func TestThreat_T33_TheOldAddressContests(t *testing.T) {
	s := newRig(t)
	told := s.changed(t)
	change := told.Waiting[0].ID
	s.Post(foreign)
	if m := s.LastMail(); m.Kind != "receipt" || m.To != foreign || len(m.Acts) != 1 || m.Acts[0].Kind != mailbox.Attached {
		t.Errorf("the new address is told %+v", m)
	}
	s.Clock.Advance(7*24*time.Hour - time.Hour)
	link := s.mailedTo(t, foreign)
	thief := person{session: s.enter(t, link.About, link.Token)}
	asked := s.asks(t, thief, foreign)
	p := person{session: s.enter(t, told.About, told.Token)}
	if pending := s.me(t, p).Pending; len(pending) != 1 || pending[0].Kind != "change" || pending[0].ID != change || pending[0].Change != "addresses_changed" {
		t.Errorf("%+v waits", pending)
	}
	if w := s.as(p, "POST", "/v1/pending/"+change+"/discard", ""); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if pending := s.me(t, p).Pending; len(pending) != 0 {
		t.Errorf("%+v still waits", pending)
	}
	for _, what := range []string{"discard", "confirm"} {
		if w := s.as(p, "POST", "/v1/pending/"+change+"/"+what, ""); w.Code != http.StatusNotFound {
			t.Errorf("%s, afterwards: %d %s", what, w.Code, w.Body)
		}
	}
	for range 2 {
		s.RunChanges()
	}
	if !slices.Equal(s.Contested, []string{change}) || s.alias(t, foreign).Doubt != subject.Frozen || s.alias(t, anna).Doubt != subject.NoDoubt {
		t.Errorf("contested %v, %+v", s.Contested, s.alias(t, foreign))
	}
	s.ended(t, thief, link)
	s.doubted(t, s.enters(t, foreign), "frozen")
	s.Post(anna)
	if m := s.LastMail(); m.Kind != "receipt" || len(m.Acts) != 1 || m.Acts[0].Kind != mailbox.Contested {
		t.Errorf("the receipt is %+v", m)
	}
	s.goesToTheTeam(t, asked)
}

// asks files a request for access and confirms it in the session of a person.
func (s *rig) asks(t testing.TB, p person, email string) (id string) {
	t.Helper()
	id = s.waiting(request.Filing{Right: privacy.Access, Email: email})
	if w := s.as(p, "POST", "/v1/requests/"+id+"/confirm", "{}", "Content-Type", "application/json"); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s.Fulfil(id)
	if file := s.Load(id); file.Request.State != request.Open || len(export.Of(file)) != 0 {
		t.Errorf("the request of a new address is %s, with %d exports", file.Request.State, len(export.Of(file)))
	}
	return id
}

// goesToTheTeam demands that a request is never answered automatically, however late it is looked at.
func (s *rig) goesToTheTeam(t testing.TB, id string) {
	t.Helper()
	s.Clock.Advance(8 * 24 * time.Hour)
	s.Fulfil(id)
	if file := s.Load(id); file.Request.State != request.Open || len(export.Of(file)) != 0 || !slices.Contains(s.ForTeam, id) {
		t.Errorf("the request is %s, with %d exports; the team has %v", file.Request.State, len(export.Of(file)), s.ForTeam)
	}
}

// T05: a system changes the address of a person at the wish of somebody else, who asks for everything from the new one. The old address identifies nobody
// any more, and is told nevertheless. It contests, by any opening of its link: nothing is shown or granted by the new address from then on.
func TestThreat_T05_AChangedAddressAsksForEverything(t *testing.T) {
	s := newRig(t)
	s.known(t, "anna", anna)
	s.grantedBy(t, s.subjectOf(t, "anna"))
	before := s.enters(t, anna)
	s.Clock.Advance(time.Second)
	s.SetAddresses("anna", false, foreign)
	s.ended(t, before, s.Mails[0])
	s.Clock.Advance(time.Second)
	s.Post(anna)
	told := s.LastMail()
	link := s.mailedTo(t, foreign)
	thief := person{session: s.enter(t, link.About, link.Token)}
	asked := s.asks(t, thief, foreign)
	waits := s.waiting(request.Filing{Right: privacy.Portability, Email: foreign})
	s.enter(t, told.About, told.Token)
	again := person{session: s.enter(t, told.About, told.Token)}
	if pending := s.doubted(t, again, "detached"); len(pending) != 1 || pending[0].Kind != "change" {
		t.Fatalf("%+v waits behind the old address", pending)
	}
	if w := s.as(again, "POST", "/v1/pending/"+told.Waiting[0].ID+"/discard", ""); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	s.RunChanges()
	s.ended(t, thief, link)
	thief = s.enters(t, foreign)
	if pending := s.doubted(t, thief, "frozen"); len(pending) != 1 || pending[0].ID != waits {
		t.Errorf("%+v waits behind the new address", pending)
	}
	if status, answer := s.decide(t, thief, storyGranted); status != http.StatusConflict || answer["type"] != "urn:problem:shared" {
		t.Errorf("a grant: %d %v", status, answer)
	}
	s.goesToTheTeam(t, asked)
}

// A change that its holder accepts waits no more, and cannot be contested from there any more. Nothing is frozen.
func TestAChangeIsAccepted(t *testing.T) {
	s := newRig(t)
	told := s.changed(t)
	p, change := person{session: s.enter(t, told.About, told.Token)}, told.Waiting[0].ID
	status, answer := s.confirm(t, change, p)
	if status != http.StatusOK || answer["id"] != change || answer["state"] != "accepted" || len(s.me(t, p).Pending) != 0 {
		t.Errorf("%d %v", status, answer)
	}
	if status, _ = s.confirm(t, change, p); status != http.StatusNotFound {
		t.Errorf("accepted twice: %d", status)
	}
	if w := s.as(p, "POST", "/v1/pending/"+change+"/discard", ""); w.Code != http.StatusNotFound {
		t.Errorf("contested after that: %d %s", w.Code, w.Body)
	}
	s.RunChanges()
	if len(s.Contested) != 0 || s.alias(t, foreign).Doubt != subject.NoDoubt {
		t.Errorf("contested %v, %+v", s.Contested, s.alias(t, foreign))
	}
}

// T23: a change that waits behind another mailbox looks like one that does not exist. The address that was attached cannot contest or accept it either.
func TestThreat_T23_ChangesOfOthers(t *testing.T) {
	s := newRig(t)
	change := s.changed(t).Waiting[0].ID
	for _, email := range []string{foreign, "somebody@example.org"} {
		p := s.enters(t, email)
		for _, what := range []string{"confirm", "discard"} {
			theirs, unknown := s.as(p, "POST", "/v1/pending/"+change+"/"+what, ""), s.as(p, "POST", "/v1/pending/"+uuid.NewString()+"/"+what, "")
			if theirs.Code != http.StatusNotFound || theirs.Body.String() != unknown.Body.String() {
				t.Errorf("%s by %s: %d %s", what, email, theirs.Code, theirs.Body)
			}
		}
	}
	if pending := s.me(t, s.enters(t, anna)).Pending; len(pending) != 1 {
		t.Errorf("%+v waits", pending)
	}
}
