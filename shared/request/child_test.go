package request_test

import (
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// I02, T06: a report that its reporter withdraws stops nothing any more, like one that the team has refused. An old status link cannot do that, since it
// may be in foreign hands (threat T30), and neither can an old link to the mailbox.
func TestThreat_T30_AReportIsWithdrawnByAFreshSessionAlone(t *testing.T) {
	s := newRig(t)
	children := &protected{}
	s.Team.Children = children
	r := s.confirmed(request.Filing{Right: privacy.ChildErasure, Email: "anna@example.org", Details: "My daughter.", Child: &request.Child{Email: "child@example.org"}}).Request
	if _, err := s.Requester.Withdraw(t.Context(), r.ID, r.StatusToken(servicetest.Tokens)); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a status link: %v", err)
	}
	proof := subject.Proof{Mailbox: r.Mailbox}
	if _, err := s.Requester.WithdrawOf(t.Context(), r.ID, proof); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an old link: %v", err)
	}
	if s.Pass(time.Hour); len(children.all) != 1 {
		t.Fatalf("%v", children.all)
	}
	proof.Fresh = true
	if _, err := s.Requester.WithdrawOf(t.Context(), r.ID, proof); err != nil {
		t.Fatal(err)
	}
	s.Pass(time.Hour)
	file := s.Load(r.ID)
	if kinds := servicetest.Kinds(file); len(children.all) != 0 || file.Request.State != request.Withdrawn || file.Request.Step != "" || kinds[len(kinds)-1] != request.EventLifted {
		t.Errorf("%v, %+v", children.all, file)
	}
	// A report that names nobody has stopped nothing, so it can be withdrawn like any other request.
	other := s.confirmed(request.Filing{Right: privacy.ChildErasure, Email: "bert@example.org", Details: "My son."}).Request
	if file, err := s.Requester.Withdraw(t.Context(), other.ID, other.StatusToken(servicetest.Tokens)); err != nil || file.Request.Step != "" {
		t.Errorf("%+v, %v", file.Request, err)
	}
}

// F15: a run that stops something while the reporter withdraws the report leaves nothing behind.
func TestFault_F15_AReportIsWithdrawnWhileItIsFollowed(t *testing.T) {
	s := newRig(t)
	children := &protected{}
	s.Team.Children = children
	r := s.File(request.Filing{Right: privacy.ChildErasure, Email: "anna@example.org", Details: "My daughter.", Child: &request.Child{Email: "child@example.org"}})
	s.Fulfil(r.ID)
	proof := servicetest.Proof("anna@example.org")
	if _, err := s.Requester.Confirm(t.Context(), r.ID, proof); err != nil {
		t.Fatal(err)
	}
	stale := s.Load(r.ID)
	if _, err := s.Requester.WithdrawOf(t.Context(), r.ID, proof); err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Minute)
	s.Work()
	if err := s.Team.Answer(t.Context(), stale, s.Clock.Now()); !errors.Is(err, request.ErrChanged) {
		t.Fatal(err)
	}
	if s.Pass(time.Hour); len(children.all) != 0 {
		t.Errorf("%v", children.all)
	}
}
