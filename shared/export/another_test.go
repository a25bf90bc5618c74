package export_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// again asks for another export and, if there is no error, has it mailed.
func (s *rig) again(t *testing.T, id string) error {
	t.Helper()
	_, err := export.Another(t.Context(), s.Requester, id, anna)
	if err == nil {
		s.Work()
	}
	return err
}

// tooOften reports whether an error says that an export was asked for too often.
func tooOften(err error) bool {
	return fault.KindOf(err) == fault.Conflict && strings.Contains(err.Error(), "several times")
}

// T31: whoever opens a link again, such as somebody to whom the mail was forwarded, gets no further copy of the data. Whether there is such a
// request does not show.
func TestThreat_T31_AnotherExportNeedsAFreshProof(t *testing.T) {
	s := newRig(t)
	r := s.answered(t, true)
	link := s.Mails[0]
	stale, _ := s.Open(link)
	if stale.Fresh || stale.Mailbox != anna.Mailbox {
		t.Fatalf("the second opening proves %+v", stale)
	}
	for _, id := range []string{r.ID, "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de"} {
		if _, err := export.Another(t.Context(), s.Requester, id, stale); fault.KindOf(err) != fault.Forbidden {
			t.Errorf("%s: %v", id, err)
		}
	}
	if file := s.Load(r.ID); len(export.Of(file)) != 1 {
		t.Errorf("%d attempts", len(export.Of(file)))
	}
}

// T30: a proof of one mailbox opens no request of another, none that does not exist, and none that nobody has confirmed. All of these look the same.
func TestThreat_T30_AnotherExportNeedsTheMailboxOfAConfirmedRequest(t *testing.T) {
	s := newRig(t)
	r := s.answered(t, true)
	waiting := s.FileAndMail("anna@example.org")
	for name, c := range map[string]struct {
		id    string
		proof subject.Proof
	}{
		"another mailbox":  {r.ID, servicetest.Proof("berta@example.org")},
		"no mailbox":       {r.ID, subject.Proof{Fresh: true}},
		"no such request":  {"019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de", anna},
		"nobody confirmed": {waiting.ID, anna},
	} {
		if _, err := export.Another(t.Context(), s.Requester, c.id, c.proof); !errors.Is(err, request.ErrLink) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if one, other := s.Load(r.ID), s.Load(waiting.ID); len(export.Of(one)) != 1 || len(export.Of(other)) != 0 || other.Request.State != request.Verifying {
		t.Errorf("%+v, %+v", one, other)
	}
}

// T31: one request brings three more exports on a UTC day, and ten in all. What is asked for while one is being made counts as that one.
func TestThreat_T31_AnotherExportHasLimits(t *testing.T) {
	s := newRig(t)
	r := s.answered(t, true)
	tooMany := func(when string) {
		t.Helper()
		if err := s.again(t, r.ID); !tooOften(err) {
			t.Errorf("%s: %v", when, err)
		}
	}
	for _, today := range []int{3, 3, 3, 1} {
		for n := range today {
			if _, err := export.Another(t.Context(), s.Requester, r.ID, anna); err != nil {
				t.Fatalf("number %d of the day: %v", n+1, err)
			}
			if err := s.again(t, r.ID); err != nil { // pressed twice
				t.Fatalf("number %d of the day, pressed again: %v", n+1, err)
			}
		}
		if today == 3 {
			s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(24*time.Hour - time.Second))
			tooMany("in the last second of the day")
			s.Clock.Advance(time.Second)
		}
	}
	tooMany("the eleventh")
	s.Clock.Advance(90 * 24 * time.Hour)
	tooMany("the eleventh, a season later")
	if exports := len(export.Of(s.Load(r.ID))); exports != 1+10 {
		t.Errorf("%d exports", exports)
	}
}

// F04: an export that the service itself makes again, after a run that was killed or a mail that may have left, does not count as asked for. Nor
// does the team's retry.
func TestFault_F04_RetriesDoNotCountAsAskedFor(t *testing.T) {
	s := newRig(t)
	r := s.answered(t, true)
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour))
	s.Down["mail"] = subject.ErrMailUncertain
	if err := s.again(t, r.ID); err != nil {
		t.Fatal(err)
	}
	s.Pass(6 * time.Hour)
	delete(s.Down, "mail")
	s.Pass(2 * time.Hour)
	if all := export.Of(s.Load(r.ID)); len(all) < 1+1+3 || all[len(all)-1].State != export.Sent {
		t.Fatalf("%+v", all)
	}
	for n := 2; n <= 3; n++ {
		if err := s.again(t, r.ID); err != nil {
			t.Errorf("number %d of the day: %v", n, err)
		}
	}
	if err := s.again(t, r.ID); !tooOften(err) {
		t.Errorf("number 4 of the day: %v", err)
	}
	s.Clock.Advance(24 * time.Hour)
	s.Down["seal"] = subject.ErrMailRefused
	if err := s.again(t, r.ID); err != nil {
		t.Fatal(err)
	}
	s.Pass(80 * time.Hour)
	delete(s.Down, "seal")
	s.Clock.Set(s.Clock.Now().Truncate(24 * time.Hour).Add(24 * time.Hour))
	if err := s.Retry(r.ID); err != nil {
		t.Fatal(err)
	}
	s.Work()
	for n := 1; n <= 3; n++ {
		if err := s.again(t, r.ID); err != nil {
			t.Errorf("number %d of the day of the team's retry: %v", n, err)
		}
	}
}

// H05: an export can be made again once the request was answered with one, or once its answer came back, and not before, nor where there was none
// to make. [export.Another] agrees with [export.Renewable].
func TestPromise_H05_WhatIsRenewable(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.Verified("anna@example.org")
	is := func(when, id string, want bool) {
		t.Helper()
		if got := export.Renewable(s.Load(id)); got != want {
			t.Errorf("%s it is renewable: %t", when, got)
		}
		if want {
			return
		}
		if _, err := export.Another(t.Context(), s.Requester, id, anna); fault.KindOf(err) != fault.Conflict || tooOften(err) {
			t.Errorf("%s: %v", when, err)
		}
	}
	is("before anything was done", r.ID, false)
	s.Fulfil(r.ID)
	is("while the first export is made", r.ID, false)
	s.Work()
	is("once it was mailed", r.ID, true)
	first := s.LastMail()
	s.Report(first, "bounced", true, "general")
	is("once it came back", r.ID, true)
	if _, err := s.Requester.Withdraw(t.Context(), r.ID, first.Status); err != nil {
		t.Fatal(err)
	}
	is("once it was withdrawn", r.ID, false)

	s = newRig(t)
	r = s.answered(t, false)
	is("where nothing was stored", r.ID, false)
	s.Report(s.LastMail(), "bounced", true, "general")
	is("where nothing was stored, and the mail came back", r.ID, false)
}
