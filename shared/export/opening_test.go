package export_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T01: another export is answered from what is on record when it is made: another data subject, another spelling, or nobody.
func TestThreat_T01_ANewExportLooksUpTheAddressAgain(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "Anna@Example.org"
	r := s.FileAndMail("anna@example.org")
	s.confirm(t, r)
	s.Work()
	first := s.LastMail()
	closed := s.Load(r.ID).Request.ClosedAt
	s.Clock.Advance(30 * 24 * time.Hour)

	s.OnRecord["anna@example.org"] = "anna@example.org" // rectified
	for range 2 {                                       // the second press finds the export that is waited for
		file, err := export.Another(t.Context(), s.Requester, r.ID, anna)
		if err != nil || len(export.Of(file)) != 2 || export.Of(file)[1].State != export.Pending || file.Request.State != request.Fulfilled {
			t.Fatalf("%v, %+v", err, file)
		}
	}
	if done, err := s.Delivery.Run(t.Context(), r.ID, 2); done || err != nil {
		t.Errorf("an export was begun before it is known whose it is: %v", err)
	}
	s.Work()
	again := s.LastMail()
	if again.Kind != "export" || again.To != "anna@example.org" || again.About == first.About || again.Token == first.Token {
		t.Errorf("another export %+v", again)
	}
	if history := servicetest.Kinds(s.Load(r.ID)); !slices.Equal(history, []request.EventKind{"verified", "exporting", "answered", "exporting", "answered"}) {
		t.Errorf("the history is %q", history)
	}

	delete(s.OnRecord, "anna@example.org")
	if _, err := export.Another(t.Context(), s.Requester, r.ID, anna); err != nil {
		t.Fatal(err)
	}
	s.Work()
	file := s.Load(r.ID)
	if s.LastMail().Kind != "nothing" || export.Of(file)[2].State != export.Cancelled || !export.Of(file)[2].Finished() {
		t.Errorf("of nobody: %+v, %+v", s.LastMail(), export.Of(file))
	}
	if file.Request.State != request.Fulfilled || !file.Request.ClosedAt.Equal(closed) || !file.Request.NextAt.IsZero() {
		t.Errorf("the request is %+v", file.Request)
	}
}

// T14: an unknown address gets the same answer and the same mail. Only a person who proves the address learns that nothing is stored.
func TestThreat_T14_UnknownAddress(t *testing.T) {
	s := newRig(t)
	r := s.FileAndMail("nobody@example.org")
	if link := s.LastMail(); link.Kind != "link" || link.To != "nobody@example.org" {
		t.Fatalf("%+v", link)
	}
	s.confirm(t, r)
	s.Work()
	if got := s.LastMail(); got.Kind != "nothing" || s.Load(r.ID).Request.State != request.Fulfilled {
		t.Errorf("answer %+v", got)
	}
}

// H01: if the address is unknown and nothing but this request is stored, the answer says so. Anything else that is stored under the address
// is handed over.
func TestPromise_H01_EarlierRequestsOfTheUnknownAreHandedOver(t *testing.T) {
	s := newRig(t)
	first := s.FileAndMail("nobody@example.org")
	s.confirm(t, first)
	if s.Work(); s.LastMail().Kind != "nothing" {
		t.Fatalf("the first answer is %+v", s.LastMail())
	}
	second := s.FileAndMail("Nobody@example.org")
	s.confirm(t, second)
	s.Work()
	answer, file := s.LastMail(), s.Load(second.ID)
	if answer.Kind != "export" || answer.To != "Nobody@example.org" || file.Request.State != request.Fulfilled || export.Of(file)[0].Subject != "" {
		t.Fatalf("the second answer is %+v, %+v", answer, file)
	}
	if _, err := export.Another(t.Context(), s.Requester, second.ID, servicetest.Proof("nobody@example.org")); err != nil {
		t.Fatal(err)
	}
	s.Work()
	if file := s.Load(second.ID); s.LastMail().Kind != "export" || len(export.Of(file)) != 2 || export.Of(file)[1].State != export.Sent {
		t.Errorf("another export: %+v, %+v", s.LastMail(), export.Of(file))
	}

	s = newRig(t)
	r := s.FileAndMail("nobody@example.org")
	if err := s.Requests.ListConsent(t.Context(), s.Load(r.ID).Request.Mailbox, "c", s.Clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.confirm(t, r)
	if s.Work(); s.LastMail().Kind != "export" {
		t.Errorf("with a consent that waits, the answer is %+v", s.LastMail())
	}
}

// F23: the answer that nothing is stored does not count while its mail is refused.
func TestFault_F23_NothingStoredIsTriedUntilItIsAccepted(t *testing.T) {
	s := newRig(t)
	r := s.Verified("nobody@example.org")
	s.Down["mail"] = subject.ErrMailRefused
	s.Pass(8 * 24 * time.Hour)
	if file := s.Load(r.ID); file.Request.State != request.Open || !file.Request.ClosedAt.IsZero() {
		t.Errorf("%s, closed %s", file.Request.State, file.Request.ClosedAt)
	}
	delete(s.Down, "mail")
	s.Pass(time.Hour)
	if file := s.Load(r.ID); file.Request.State != request.Fulfilled || s.LastMail().Kind != "nothing" {
		t.Errorf("after the repair: %s", file.Request.State)
	}
}

// F23: while the data subject of an answer cannot be looked up, the answer is tried again for as long as that lasts.
func TestFault_F23_AnAnswerThatFailsGoesOn(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.Verified("anna@example.org")
	s.Down["find"] = context.DeadlineExceeded
	s.Pass(24 * time.Hour)
	if got := s.Load(r.ID).Request; got.State != request.Open || got.Step != request.StepAnswer || !got.NextAt.Before(s.Clock.Now()) {
		t.Fatalf("%s, %s at %s", got.State, got.Step, got.NextAt)
	}
	delete(s.Down, "find")
	s.Pass(time.Hour)
	if got := s.Load(r.ID).Request.State; got != request.Fulfilled {
		t.Errorf("after the repair: %s", got)
	}
}
