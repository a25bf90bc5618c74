package erasure_test

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// twoAddresses stores a conversation and an invoice of somebody with two addresses.
func (s *rig) twoAddresses() {
	s.T.Helper()
	s.customer(anna)
	s.named("c-1")
	s.SetAddresses("c-1", false, anna, second)
	s.Clock.Advance(10 * 24 * time.Hour)
	s.Mails = nil
}

// named has a system know anna by an id.
func (s *rig) named(id string) {
	s.T.Helper()
	r := record.Record{Category: privacy.Identity, ID: "self", Source: privacy.Direct, OccurredAt: s.Clock.Now(), Data: []byte(`{"firstName":"Anna"}`)}
	if _, err := s.TakeAs(id, anna, r); err != nil {
		s.T.Fatal(err)
	}
}

// told returns the addresses to which the mails with a way to cancel went, sorted.
func (s *rig) told() (all []string) {
	for _, m := range s.mails("agreed") {
		all = append(all, m.To)
	}
	slices.Sort(all)
	return all
}

// T07: everybody at an address of the person is told, and each mail cancels.
func TestThreat_T07_EveryAddressIsToldHowToCancel(t *testing.T) {
	for i, to := range []string{anna, second} {
		s := newRig(t)
		s.twoAddresses()
		id := s.Planned(erasureOf(anna))
		s.Agree(id)
		if got := s.told(); !slices.Equal(got, []string{second, anna}) {
			t.Fatalf("told: %v", got)
		}
		mail := s.mails("agreed")[slices.IndexFunc(s.mails("agreed"), func(m servicetest.Mail) bool { return m.To == to })]
		s.Erases(cooling - time.Second)
		if _, err := s.Requester.Withdraw(t.Context(), id, mail.Status); err != nil {
			t.Errorf("%d: %v", i, err)
		}
		s.Erases(cooling)
		s.stands(id, erasure.Cancelled, request.Withdrawn, request.NoWait)
	}
}

// F23: while SES refuses, the time to cancel does not begin, however long that takes, and nothing is erased. Whoever was told already is not told again.
func TestFault_F23_NothingIsErasedBeforeEverybodyCouldBeTold(t *testing.T) {
	s := newRig(t)
	s.twoAddresses()
	id := s.Planned(erasureOf(anna))
	mails := 0
	s.Fails = func(operation string) error {
		if mails++; operation == "mail" && mails > 1 { // the first one is accepted
			return subject.ErrMailRefused
		}
		return nil
	}
	s.Agree(id)
	for range 20 {
		s.Erases(12 * time.Hour)
		s.stands(id, erasure.Telling, request.Open, request.ForCooling)
	}
	if to := s.told(); slices.IndexFunc(to, func(a string) bool { return a == anna }) < 0 || len(to) < 10 {
		t.Errorf("tried: %v", to)
	}
	s.Fails, s.Mails = nil, nil
	s.Erases(12 * time.Hour)
	if got := s.told(); !slices.Equal(got, []string{second}) {
		t.Errorf("told: %v", got)
	}
	if e := erasure.Of(s.Load(id)); e.State != erasure.Cooling || !e.ErasesAt.Equal(s.Clock.Now().Add(cooling)) {
		t.Errorf("%s until %s", e.State, e.ErasesAt)
	}
}

// F23: the request is not closed before SES has accepted the certificate, however long that takes.
func TestFault_F23_NothingIsClosedBeforeItsCertificateIsAccepted(t *testing.T) {
	s := newRig(t)
	id := s.agreed(anna)
	s.Erases(cooling)
	s.Fails = func(operation string) error {
		return map[string]error{"mail": subject.ErrMailRefused}[operation]
	}
	s.Erases(servicetest.Writers + time.Second)
	for range 20 {
		s.Erases(12 * time.Hour)
		s.stands(id, erasure.Mailing, request.Fulfilling, request.NoWait)
	}
	s.Fails = nil
	s.Erases(12 * time.Hour)
	s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
}

// reports takes in that a mail came back.
func (s *rig) returns(m servicetest.Mail) {
	s.T.Helper()
	e := feedback.Event{Mail: feedback.Mail{Kind: feedback.Request, About: m.About, Part: m.Part}, Outcome: feedback.Bounced, At: s.Clock.Now(), Reason: "mailbox_full", Address: m.To}
	for range 2 { // a report that comes twice changes nothing
		if err := s.Reports.Take(s.T.Context(), e); err != nil {
			s.T.Fatal(err)
		}
	}
}

// F24: if the mail to one address came back, the others have been told. If all came back, nobody could cancel: nothing is erased, the team is asked, and the
// person can agree again.
func TestFault_F24_IfNobodyWasToldNothingIsErased(t *testing.T) {
	for _, late := range []bool{false, true} { // whether the second mail comes back after it was accepted, or before
		s := newRig(t)
		s.twoAddresses()
		id := s.Planned(erasureOf(anna))
		if late {
			s.Fails = func(operation string) error {
				if operation == "mail" && len(s.mails("agreed")) == 2 { // its acceptance is not stored yet
					s.returns(s.mails("agreed")[0])
					s.returns(s.mails("agreed")[1])
				}
				return nil
			}
		}
		s.Agree(id)
		if !late {
			s.returns(s.mails("agreed")[0])
			s.stands(id, erasure.Cooling, request.Open, request.ForCooling)
			s.returns(s.mails("agreed")[1])
		} else {
			s.Erases(time.Hour)
		}
		s.Fails = nil
		s.stands(id, erasure.Planned, request.Open, request.ForTeam)
		s.Erases(2 * cooling)
		if got := s.stored(anna); got != "communication identity transaction+card" {
			t.Errorf("stored: %s", got)
		}
		s.Agree(id)
		s.ends(id, anna)
	}
}

// F24: an address to which no mail may go counts as not told.
func TestFault_F24_NoMailMayGoAnywhere(t *testing.T) {
	s := newRig(t)
	s.customer(anna)
	id := s.Planned(erasureOf(anna))
	s.Fails = func(operation string) error {
		return map[string]error{"mail": subject.ErrUnmailable}[operation]
	}
	s.Agree(id)
	s.stands(id, erasure.Planned, request.Open, request.ForTeam)
	if len(s.ForTeam) != 1 {
		t.Errorf("alarms: %v", s.ForTeam)
	}
}

// F24: a certificate that came back is no answer. The request waits for the team, which tells the person in another way; what is erased stays erased, and
// nobody can withdraw it any more.
func TestFault_F24_ACertificateThatCameBack(t *testing.T) {
	for _, late := range []bool{false, true} {
		s := newRig(t)
		id := s.agreed(anna)
		s.Erases(cooling)
		if late {
			s.Fails = func(operation string) error {
				if operation == "mail" {
					s.returns(s.LastMail())
				}
				return nil
			}
		}
		s.Erases(servicetest.Writers + time.Second)
		if !late {
			s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
			s.returns(s.LastMail())
		}
		s.Fails = nil
		s.stands(id, erasure.Watching, request.Open, request.ForTeam)
		if err := request.Release(t.Context(), s.Requests, id, servicetest.Operator, s.Clock.Now()); err == nil {
			t.Error("released")
		}
		if _, err := s.Requester.Withdraw(t.Context(), id, request.StatusToken(servicetest.Tokens, id)); kindOf(err) != "conflict" {
			t.Errorf("withdrawn: %v", err)
		}
		s.Erases(48 * time.Hour)
		s.stands(id, erasure.Watching, request.Open, request.ForTeam)
		if err := request.CloseTold(t.Context(), s.Requests, id, servicetest.Operator, request.Outcome{Result: request.Done, Reason: "By phone."}, s.Clock.Now()); err != nil {
			t.Error(err)
		}
		s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
		if got := s.stored(anna); got != withheld {
			t.Errorf("stored: %s", got)
		}
	}
}

// F24: once the mailbox works again, the team has the certificate mailed once more. Nothing is erased again, and nothing is planned anew.
func TestFault_F24_ACertificateIsMailedAgain(t *testing.T) {
	s := newRig(t)
	id := s.agreed(anna)
	s.ends(id, anna)
	s.returns(s.LastMail())
	before := erasure.Of(s.Load(id))
	if err := s.Retry(id); err != nil {
		t.Fatal(err)
	}
	s.Fulfil(id)
	s.Erase(id)
	s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
	if e := erasure.Of(s.Load(id)); len(s.mails("erased")) != 2 || e.Certificate != before.Certificate || !e.BegunAt.Equal(before.BegunAt) {
		t.Errorf("%d mails; begun %s, then %s", len(s.mails("erased")), before.BegunAt, e.BegunAt)
	}
}

// H03: once no report can come any more that its answer came back, the request of an erasure loses the address, and nothing is due.
func TestPromise_H03_TheRequestLosesItsAddress(t *testing.T) {
	s := newRig(t)
	id := s.agreed(anna)
	s.ends(id, anna)
	s.answers(id)
	for range 9 {
		if s.Load(id).Request.Email == "" {
			break
		}
		s.Erases(24 * time.Hour)
	}
	file := s.Load(id)
	if file.Request.Email != "" || erasure.Of(file).State != erasure.Done || !erasure.Of(file).NextAt.IsZero() {
		t.Errorf("%+v, %s", file.Request, erasure.Of(file).State)
	}
}
