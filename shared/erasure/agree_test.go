package erasure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// H03: from the request to the certificate. Nothing is erased before the time is over in which it can be cancelled.
func TestPromise_H03_FromTheRequestToTheCertificate(t *testing.T) {
	fromRequestToCertificate(t, privacy.Erasure)
}

// H09: the right to delete goes the same way.
func TestPromise_H09_FromTheRequestToTheCertificate(t *testing.T) {
	fromRequestToCertificate(t, privacy.Delete)
}

func fromRequestToCertificate(t *testing.T, right privacy.Right) {
	s := newRig(t)
	s.customer(anna)
	id := s.Planned(request.Filing{Right: right, Email: anna})
	s.stands(id, erasure.Planned, request.Open, request.ForYou)
	s.Post(anna)
	if m := s.LastMail(); m.Kind != "link" || len(m.Waiting) != 1 || !m.Waiting[0].Plan || m.Waiting[0].ID != id {
		t.Errorf("the plan is told by %+v", m)
	}
	s.Agree(id)
	s.stands(id, erasure.Cooling, request.Open, request.ForCooling)
	if got := s.stored(anna); got != untouched {
		t.Errorf("stored before the erasure: %s", got)
	}
	s.ends(id, anna)
	m := s.LastMail()
	if m.Kind != "erased" || m.To != anna || m.Status != request.StatusToken(servicetest.Tokens, id) {
		t.Errorf("the last mail: %+v", m)
	}
	if got := servicetest.Kinds(s.Load(id)); len(got) != 6 {
		t.Errorf("%v", got)
	}
}

// T07: the link in the mail cancels until 72 hours have passed since everybody was told, and so does any session of the mailbox. Then the erasure has begun,
// and nothing cancels it.
func TestThreat_T07_ItCanBeCancelledUntilItBegins(t *testing.T) {
	ways := map[string]func(*rig, string) error{
		"the link in the mail": func(s *rig, id string) error {
			_, err := s.Requester.Withdraw(s.T.Context(), id, s.mails("agreed")[0].Status)
			return err
		},
		"an old session": func(s *rig, id string) error {
			_, err := s.Requester.WithdrawOf(s.T.Context(), id, subject.Proof{Mailbox: s.Load(id).Request.Mailbox})
			return err
		},
	}
	for name, cancel := range ways {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			id := s.agreed(anna)
			s.Erases(cooling - time.Minute)
			if err := cancel(s, id); err != nil {
				t.Fatalf("at 71:59: %v", err)
			}
			s.stands(id, erasure.Cancelled, request.Withdrawn, request.NoWait)
			s.Erases(4 * cooling)
			if got := s.stored(anna); got != untouched {
				t.Errorf("stored: %s", got)
			}

			s = newRig(t)
			id = s.agreed(anna)
			s.Erases(cooling)
			s.Clock.Advance(time.Minute)
			if err := cancel(s, id); kindOf(err) != "conflict" {
				t.Errorf("at 72:01: %v", err)
			}
			s.stands(id, erasure.Erasing, request.Fulfilling, request.NoWait)
			s.ends(id, anna)
			if err := cancel(s, id); kindOf(err) != "conflict" {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}

// T06: only the plan as it is now counts, and only with a fresh session of the mailbox of the request. It counts once.
func TestThreat_T06_OnlyThePlanAsItIsCounts(t *testing.T) {
	s := newRig(t)
	s.customer(anna)
	id := s.File(erasureOf(anna)).ID
	s.Prove(id)
	proof := servicetest.Proof(anna)
	if err := s.press(id, "anything", proof); kindOf(err) != "conflict" {
		t.Errorf("before the plan: %v", err)
	}
	s.Fulfil(id)
	if err := s.press(id, "anything", proof); kindOf(err) != "conflict" {
		t.Errorf("while it is made: %v", err)
	}
	s.Erase(id)
	hash := s.hash(id)
	old := proof
	old.Fresh = false
	for name, try := range map[string]struct {
		plan  string
		proof subject.Proof
		want  string
	}{
		"another plan":       {strings.Repeat("0", len(hash)), proof, "conflict /plan"},
		"no plan":            {"", proof, "conflict /plan"},
		"an old session":     {hash, old, "forbidden"},
		"another mailbox":    {hash, servicetest.Proof("eve@example.org"), "not-found"},
		"a mailbox in doubt": {hash, subject.Proof{Fresh: true}, "not-found"},
	} {
		if err := s.press(id, try.plan, try.proof); kindOf(err) != try.want {
			t.Errorf("%s: %v", name, err)
		}
		s.stands(id, erasure.Planned, request.Open, request.ForYou)
	}
	if err := s.press(id, hash, proof); err != nil {
		t.Fatal(err)
	}
	if err := s.press(id, hash, proof); kindOf(err) != "conflict" {
		t.Errorf("twice: %v", err)
	}
	s.Erase(id)
	if got := len(s.mails("agreed")); got != 1 {
		t.Errorf("%d mails about it", got)
	}
}

// T07: a plan that has changed since the person agreed to it erases nothing. They are told of the new one, and can only agree to that.
func TestThreat_T07_APlanThatChangedMustBeAgreedToAgain(t *testing.T) {
	s := newRig(t)
	id := s.agreed(anna)
	first := s.hash(id)
	s.contract(anna) // from now on, account data is withheld
	mails := len(s.mails("link"))
	s.Erases(cooling)
	s.stands(id, erasure.Planned, request.Open, request.ForYou)
	if s.Post(anna); len(s.mails("link")) != mails+1 || s.hash(id) == first {
		t.Errorf("%d links, and the plan is %s", len(s.mails("link")), s.hash(id))
	}
	if err := s.press(id, first, servicetest.Proof(anna)); kindOf(err) != "conflict /plan" {
		t.Errorf("the old plan: %v", err)
	}
	if got := s.stored(anna); got != "account "+untouched {
		t.Errorf("stored: %s", got)
	}
	s.Agree(id)
	s.stands(id, erasure.Cooling, request.Open, request.ForCooling)
	s.Erases(cooling)
	s.Erases(servicetest.Writers + time.Second)
	s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
	if got := s.stored(anna); got != "account "+withheld {
		t.Errorf("stored: %s", got)
	}
}

// T07: marketing data alone is erased without delay, and nobody has to be told how to cancel. If other data came in after the person had agreed, they have to
// agree again, and can cancel.
func TestThreat_T07_MarketingDataAloneIsErasedWithoutDelay(t *testing.T) {
	s := newRig(t)
	s.marketing(anna)
	id := s.Planned(erasureOf(anna))
	s.Agree(id)
	s.stands(id, erasure.Erasing, request.Fulfilling, request.NoWait)
	s.Erases(servicetest.Writers + time.Second)
	s.stands(id, erasure.Watching, request.Fulfilled, request.NoWait)
	if got := s.stored(anna); got != "" || len(s.mails("agreed")) != 0 {
		t.Errorf("stored: %s; %d mails", got, len(s.mails("agreed")))
	}

	s = newRig(t)
	s.marketing(anna)
	id = s.Planned(erasureOf(anna))
	if err := s.press(id, s.hash(id), servicetest.Proof(anna)); err != nil {
		t.Fatal(err)
	}
	s.customer(anna)
	s.Erase(id)
	s.stands(id, erasure.Planned, request.Open, request.ForYou)
	s.Agree(id)
	s.stands(id, erasure.Cooling, request.Open, request.ForCooling)
	if got := s.stored(anna); got != "communication marketing transaction+card" {
		t.Errorf("stored: %s", got)
	}
}
