package erasure_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// H13: a plan that nobody agrees to is mailed, and once more after the policy's three days. Then the team is told, and the person can still agree. It is
// overdue like any request, and the team is reminded of it.
func TestPromise_H13_APlanThatNobodyAgreesTo(t *testing.T) {
	s := newRig(t)
	s.customer(anna)
	id := s.Planned(erasureOf(anna))
	s.Post(anna)
	s.Erases(3*24*time.Hour - time.Second)
	s.Post(anna)
	if got := len(s.mails("link")); got != 1 {
		t.Errorf("%d links before the reminder", got)
	}
	s.Erases(time.Second)
	s.Post(anna)
	if got := len(s.mails("link")); got != 2 {
		t.Errorf("%d links after the reminder", got)
	}
	s.Erases(7*24*time.Hour - time.Second)
	s.stands(id, erasure.Planned, request.Open, request.ForYou)
	if line := s.line(id); line.WaitingFor != request.ForYou {
		t.Errorf("%+v", line)
	}
	s.Erases(time.Second)
	s.stands(id, erasure.Planned, request.Open, request.ForTeam)
	if !slices.Equal(s.ForTeam, []string{id}) || s.line(id).WaitingFor != request.ForTeam {
		t.Errorf("alarms: %v; %+v", s.ForTeam, s.line(id))
	}
	s.Erases(30 * 24 * time.Hour)
	if d := request.DigestOf([]request.Line{s.line(id)}, s.Clock.Now()); d.Overdue != 1 || d.Waiting != 1 || len(s.ForTeam) != 1 {
		t.Errorf("%+v, alarms %v", d, s.ForTeam)
	}
	s.Agree(id)
	if line := s.line(id); line.WaitingFor != request.ForCooling || !line.Overdue(s.Clock.Now()) {
		t.Errorf("%+v", line)
	}
	s.ends(id, anna)
}

// line returns the line of a request in the queue of the team.
func (s *rig) line(id string) request.Line {
	s.T.Helper()
	s.Tables.Settle()
	lines, err := s.Requests.Open(s.T.Context())
	if err != nil {
		s.T.Fatal(err)
	}
	i := slices.IndexFunc(lines, func(l request.Line) bool { return l.ID == id })
	if i < 0 {
		s.T.Fatalf("%s is not in the queue: %+v", id, lines)
	}
	return lines[i]
}

// T09: strangers who use up the mails of a day do not keep the mail about a plan away.
func TestThreat_T09_NobodySilencesAPlan(t *testing.T) {
	s := newRig(t)
	s.customer(anna)
	id := s.File(erasureOf(anna)).ID
	s.Prove(id)
	for range 6 {
		s.Fulfil(s.File(request.Filing{Right: "access", Email: anna}).ID)
		s.Post(anna)
	}
	before := len(s.mails("link"))
	s.Fulfil(id)
	s.Erase(id)
	if s.Post(anna); len(s.mails("link")) != before+1 || before != 3 {
		t.Errorf("%d mails, then %d", before, len(s.mails("link")))
	}
}

// H03: of whom nothing is stored, nothing is to be agreed to. They are told, and the request is closed once SES has accepted the mail.
func TestPromise_H03_OfWhomNothingIsStored(t *testing.T) {
	s := newRig(t)
	s.Fails = func(operation string) error {
		return map[string]error{"mail": subject.ErrMailRefused}[operation]
	}
	id := s.Planned(erasureOf(anna))
	s.Erases(48 * time.Hour)
	s.stands(id, erasure.Planning, request.Open, request.NoWait)
	s.Fails = nil
	s.Erases(48 * time.Hour)
	s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
	if m := s.LastMail(); m.Kind != "nothing" || m.To != anna {
		t.Errorf("%+v", m)
	}
	s.customer(anna) // what is stored later has nothing to do with it
	for range 9 {
		s.Erases(24 * time.Hour)
	}
	if file := s.Load(id); s.stored(anna) != untouched || erasure.Of(file).State != erasure.Done || file.Request.Email != "" {
		t.Errorf("stored: %s, %s", s.stored(anna), erasure.Of(file).State)
	}
}

// F24: the mail that nothing is stored came back, so nobody knows it.
func TestFault_F24_NothingIsStoredAndNobodyKnows(t *testing.T) {
	for _, late := range []bool{false, true} {
		s := newRig(t)
		if late {
			s.Fails = func(operation string) error {
				if operation == "mail" {
					s.returns(s.LastMail())
				}
				return nil
			}
		}
		id := s.Planned(erasureOf(anna))
		if !late {
			s.returns(s.LastMail())
		}
		s.stands(id, erasure.Watching, request.Open, request.ForTeam)
	}
}

// T27, T33: nothing is planned for an address in doubt, and for a new one not before it is known. The team's release answers what was frozen.
func TestThreat_T27_AnErasureFromAnAddressInDoubt(t *testing.T) {
	for name, row := range map[string]struct {
		known    subject.Known
		why      string
		releases bool
	}{
		"shared":   {subject.Known{Doubt: subject.Shared}, "shared", false},
		"detached": {subject.Known{Doubt: subject.Detached}, "detached", false},
		"frozen":   {subject.Known{Subject: "anna", Doubt: subject.Frozen}, "frozen", true},
	} {
		s := newRig(t)
		s.Erasing.Addresses, s.Eraser.Addresses = behind{row.known}, behind{row.known}
		id := s.File(erasureOf(anna)).ID
		s.Prove(id)
		s.Fulfil(id)
		file := s.Load(id)
		if last := file.Events[len(file.Events)-1]; file.Request.WaitsFor(s.Clock.Now()) != request.ForTeam || last.Reason != row.why || erasure.Of(file).Version != 0 {
			t.Errorf("%s: %+v", name, file)
		}
		if err := request.Release(t.Context(), s.Requests, id, servicetest.Operator, s.Clock.Now()); (err == nil) != row.releases {
			t.Errorf("%s: released: %v", name, err)
		}
		if row.releases {
			s.Fulfil(id)
			if e := erasure.Of(s.Load(id)); e.State != erasure.Planning {
				t.Errorf("%s: %+v", name, e)
			}
			if err := request.Release(t.Context(), s.Requests, id, servicetest.Operator, s.Clock.Now()); err == nil {
				t.Errorf("%s: released twice", name)
			}
		}
	}
}

// behind is an address of which the team may have to doubt.
type behind struct{ subject.Known }

// Find implements [request.Addresses].
func (b behind) Find(context.Context, subject.Address) (subject.Known, bool, error) {
	return b.Known, true, nil
}

// T33: an erasure from an address that was added less than seven days ago waits until it is known.
func TestThreat_T33_AnErasureFromANewAddressWaits(t *testing.T) {
	s := newRig(t)
	s.customer(anna)
	s.named("c-1")
	s.SetAddresses("c-1", false, anna, second)
	id := s.File(erasureOf(second)).ID
	s.Prove(id)
	s.Fulfil(id)
	s.Clock.Advance(7*24*time.Hour - time.Second)
	s.Fulfil(id)
	if r := s.Load(id).Request; r.WaitsFor(s.Clock.Now()) != request.ForDays {
		t.Errorf("%+v", r)
	}
	s.Clock.Advance(time.Second)
	s.Fulfil(id)
	if e := erasure.Of(s.Load(id)); e.State != erasure.Planning {
		t.Errorf("%+v", e)
	}
}

// T27: an address that is taken away from a person while their erasure can be cancelled ends it: the team is asked, and nobody is erased. One that begins anew
// for another reason has to be agreed to again.
func TestThreat_T27_AnAddressThatIsTakenAwayMeanwhile(t *testing.T) {
	for _, state := range []erasure.State{erasure.Planned, erasure.Cooling} {
		s := newRig(t)
		s.twoAddresses()
		id := s.Planned(erasureOf(second))
		if state == erasure.Cooling {
			s.Agree(id)
		}
		s.SetAddresses("c-1", false, anna)
		s.stands(id, erasure.Cancelled, request.Open, request.ForTeam)
		s.Erases(2 * cooling)
		if got := s.stored(anna); got != "communication identity transaction+card" {
			t.Errorf("%s; stored: %s", state, got)
		}
	}
	s := newRig(t)
	id := s.agreed(anna)
	old := s.mails("agreed")[0].Status
	if err := s.Cutter.Follow(t.Context(), identity.Cut{Mailbox: s.Load(id).Request.Mailbox}, s.Clock.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Second)
	s.Fulfil(id)
	s.Erase(id)
	s.stands(id, erasure.Planned, request.Open, request.ForYou)
	if _, err := s.Requester.Withdraw(t.Context(), id, old); kindOf(err) != "not-found" {
		t.Errorf("the old link: %v", err)
	}
	s.Agree(id)
	s.ends(id, anna)
}

// T27: an erasure that has begun goes on when the address is taken away, and nobody is mailed there: the team tells the person.
func TestThreat_T27_AnAddressThatIsTakenAwayAfterTheBegin(t *testing.T) {
	s := newRig(t)
	s.twoAddresses()
	id := s.Planned(erasureOf(second))
	s.Agree(id)
	s.Erases(cooling)
	s.SetAddresses("c-1", false, anna)
	if _, err := s.Requester.Withdraw(t.Context(), id, s.Load(id).Request.StatusToken(servicetest.Tokens)); kindOf(err) != "conflict" {
		t.Errorf("withdrawn: %v", err)
	}
	if err := request.CloseTold(t.Context(), s.Requests, id, servicetest.Operator, request.Outcome{Result: request.Done, Reason: "Done."}, s.Clock.Now()); err == nil {
		t.Error("closed while it is being done")
	}
	mails := len(s.Mails)
	s.Erases(servicetest.Writers + time.Second)
	s.stands(id, erasure.Watching, request.Open, request.ForTeam)
	if got := s.stored(anna); got != withheld || len(s.mails("erased")) != 0 || len(s.Mails) != mails {
		t.Errorf("stored: %s; %d mails", got, len(s.mails("erased")))
	}
}
