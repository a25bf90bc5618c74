package request_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// together runs do n times at once.
func together(n int, do func()) {
	var wg sync.WaitGroup
	for range n {
		wg.Go(do)
	}
	wg.Wait()
}

// waiting returns what waits behind the mailbox of an address, as a mail lists it.
func (s *rig) waiting(email string) (ids []string) {
	s.T.Helper()
	all, err := s.Behind.Waiting(s.T.Context(), servicetest.Aliases.Mailbox(s.Parse(email)))
	if err != nil {
		s.T.Fatal(err)
	}
	for _, one := range all {
		ids = append(ids, one.ID)
	}
	return ids
}

// T32: of 200 filings for one address (1,000 in a full run) six wait: the first, and five that differ from it. All others are counted, end at once,
// and keep neither the address nor the text.
func TestThreat_T32_AThousandFilings(t *testing.T) {
	filings := soak.Pick(200, 1000)
	s := newRig(t)
	all := make([]request.Request, filings)
	for i := range all {
		all[i] = s.written("victim@example.org", fmt.Sprint("canary ", i))
		s.Fulfil(all[i].ID)
		s.Clock.Advance(time.Second)
	}
	var want []string
	repeats := 0
	for i, r := range all {
		file := s.Load(r.ID)
		if i < 6 {
			want = append(want, r.ID)
			repeats += file.Request.Repeats
			continue
		}
		if got := file.Request; got.State != request.Lapsed || got.Email != "" || got.Details != "" || got.Mailbox != "" || !slices.Equal(servicetest.Kinds(file), []request.EventKind{request.EventRepeated}) {
			t.Fatalf("filing %d: %+v, %v", i, got, servicetest.Kinds(file))
		}
	}
	if got := s.waiting("victim@example.org"); !slices.Equal(got, want) || repeats != filings-6 || s.Load(want[0]).Request.Repeats != repeats {
		t.Errorf("%d wait, %d repeats", len(got), repeats)
	}
	s.Work()
	if m := s.LastMail(); len(s.Mails) != 1 || len(m.Waiting) != 6 {
		t.Errorf("%d mails, %d lines", len(s.Mails), len(m.Waiting))
	}
}

// T32: requests that arrive at once may all find room. However many wait, six are shown.
func TestThreat_T32_ManyAtOnce(t *testing.T) {
	s := newRig(t)
	var all []request.Request
	for i := range 30 {
		all = append(all, s.written("victim@example.org", fmt.Sprint("text ", i)))
	}
	next := make(chan string, len(all))
	for _, r := range all {
		next <- r.ID
	}
	together(len(all), func() { _ = s.Fulfilment.Run(t.Context(), <-next) })
	s.Work()
	if got := s.waiting("victim@example.org"); len(got) != 6 {
		t.Errorf("%d are shown", len(got))
	}
	for _, r := range all {
		if got := s.Load(r.ID).Request; got.Step == request.StepProof {
			t.Errorf("a request was forgotten: %+v", got)
		}
	}
}

// T32: the same request again counts at the first, in any spelling of the address. One that differs in anything that it asks waits beside it, and so
// does one that is filed when the first is decided.
func TestThreat_T32_TheSameAgain(t *testing.T) {
	s := newRig(t)
	file := func(f request.Filing) request.Request {
		r := s.File(f)
		s.Work()
		s.Clock.Advance(time.Second)
		return r
	}
	filing := request.Filing{Right: privacy.Access, Email: "anna@example.org", Jurisdiction: privacy.EU, Details: "text"}
	first := file(filing)
	for _, email := range []string{"anna@example.org", "Anna@Example.org"} {
		again := filing
		again.Email, again.Language = email, "de"
		if got := s.Load(file(again).ID).Request; got.State != request.Lapsed {
			t.Errorf("%s: %s", email, got.State)
		}
	}
	if got := s.Load(first.ID).Request; got.Repeats != 2 || got.State != request.Verifying {
		t.Errorf("%+v", got)
	}
	right, law, text, other := filing, filing, filing, filing
	right.Right, law.Jurisdiction, text.Details, other.Email = privacy.Portability, privacy.UK, "text.", "berta@example.org"
	for _, different := range []request.Filing{right, law, text, other} {
		if got := s.Load(file(different).ID).Request; got.State != request.Verifying || got.Repeats != 0 {
			t.Errorf("%+v: %s", different, got.State)
		}
	}
	if _, err := s.Requester.Confirm(t.Context(), first.ID, servicetest.Proof("anna@example.org")); err != nil {
		t.Fatal(err)
	}
	if got := s.Load(file(filing).ID).Request; got.State != request.Verifying || s.Load(first.ID).Request.Repeats != 2 {
		t.Errorf("after the first was confirmed: %s", got.State)
	}
}

// T32: a repeat keeps the first waiting for as long as it would have waited itself.
func TestThreat_T32_ARepeatKeepsTheFirstWaiting(t *testing.T) {
	s := newRig(t)
	first := s.FileAndMail("anna@example.org")
	s.Pass(5 * 24 * time.Hour)
	s.FileAndMail("anna@example.org")
	repeated := s.Clock.Now()
	s.Pass(linkLife - time.Minute)
	if got := s.Load(first.ID).Request; got.State != request.Verifying || got.Repeats != 1 || !got.RepeatedAt.Equal(repeated) {
		t.Fatalf("a minute before its end: %+v", got)
	}
	if err := s.confirm(first.ID, s.LastMail()); err != nil {
		t.Errorf("the link of the repeat does not confirm: %v", err)
	}
}

// F03: a run that ends a repeat is killed between its writes, and repeated. The repeat is counted at least once, and ends.
func TestFault_F03_ARepeatThatIsKilled(t *testing.T) {
	for n := range 3 {
		s := newRig(t)
		first := s.FileAndMail("anna@example.org")
		r := s.File(request.Filing{Right: privacy.Portability, Email: "anna@example.org"})
		s.killWrite(n)
		if err := s.Fulfilment.Run(t.Context(), r.ID); err == nil {
			t.Errorf("write %d: nothing was killed", n)
		}
		s.Wire.Through = nil
		s.Work()
		if got, repeat := s.Load(first.ID).Request, s.Load(r.ID).Request; got.Repeats < 1 || got.Repeats > 2 || got.State != request.Verifying || repeat.State != request.Lapsed {
			t.Errorf("write %d: %d repeats, %s and %s", n, got.Repeats, got.State, repeat.State)
		}
	}
}

// H14, F23: a request lapses once no link opens it any more that was mailed for it: seven days after the mail, or a day after its link was first
// opened. It ends once, and the link is wrong from then on.
func TestPromise_H14_LapsesWithItsLink(t *testing.T) {
	for name, c := range map[string]struct{ opened, lives time.Duration }{
		"never opened": {0, linkLife}, "opened at once": {time.Second, linkLife}, "opened in the last hour": {linkLife - time.Hour, linkLife + 23*time.Hour},
	} {
		s := newRig(t)
		r := s.FileAndMail("anna@example.org")
		filed, link := s.Clock.Now(), s.LastMail()
		if c.opened > 0 {
			s.Pass(c.opened)
			s.Open(link)
		}
		s.Pass(filed.Add(c.lives - time.Second).Sub(s.Clock.Now()))
		if got := s.Load(r.ID).Request.State; got != request.Verifying {
			t.Errorf("%s: %s a second before", name, got)
		}
		s.Pass(2 * time.Second)
		s.Work()
		if got := s.Load(r.ID); got.Request.State != request.Lapsed || !slices.Equal(servicetest.Kinds(got), []request.EventKind{request.EventLapsed}) {
			t.Errorf("%s: %s after it, %v", name, got.Request.State, servicetest.Kinds(got))
		}
		if len(s.Mails) != 1 {
			t.Errorf("%s: %d mails", name, len(s.Mails))
		}
	}
}

// T32: a stranger files something else for the same address every day, and so has a link mailed every day. The request lapses all the same, a day
// later at most.
func TestThreat_T32_DailyFilingsDoNotKeepARequest(t *testing.T) {
	s := newRig(t)
	r := s.FileAndMail("anna@example.org")
	for day := range 9 {
		s.Pass(24 * time.Hour)
		s.Fulfil(s.written("anna@example.org", fmt.Sprint("day ", day)).ID)
		s.Post("anna@example.org") // the new link comes first, and the ended one is forgotten
		s.Work()
	}
	if got := s.Load(r.ID).Request.State; got != request.Lapsed || len(s.Mails) != 10 {
		t.Errorf("%s after %d mails", got, len(s.Mails))
	}
}

// T32: a stranger files the same for the same address again and again. The request collects the repetitions while a link would live, and then lapses,
// so that its address is not kept for ever. A later repetition is a request of its own.
func TestThreat_T32_TheSameEachWeekDoesNotKeepARequest(t *testing.T) {
	s := newRig(t)
	first := s.FileAndMail("anna@example.org")
	ids := map[string]bool{}
	for range 8 {
		s.Pass(5 * 24 * time.Hour)
		ids[s.FileAndMail("anna@example.org").ID] = true
	}
	if got := s.Load(first.ID).Request; got.State != request.Lapsed || got.Email != "" || got.Repeats != 1 {
		t.Errorf("the first: %+v", got)
	}
	waiting := 0
	for id := range ids {
		if r := s.Load(id).Request; r.State == request.Verifying {
			waiting++
		}
	}
	if waiting == 0 || waiting > 2 {
		t.Errorf("%d of the later ones wait", waiting)
	}
}

// T09, T32: a stranger uses up the mails of each day. The owner's request is behind the links that left, and its own mail leaves on the next day.
func TestThreat_T09_ADayThatIsUsedUp(t *testing.T) {
	s := newRig(t)
	for day := range 10 {
		for i := range 4 {
			s.written("anna@example.org", fmt.Sprint("day ", day, " ", i))
			s.Work()
		}
		if day < 9 {
			s.Pass(24 * time.Hour)
		}
	}
	mails := len(s.Mails)
	own := s.FileAndMail("anna@example.org")
	if len(s.Mails) != mails {
		t.Fatalf("a fourth mail on one day")
	}
	if err := s.confirm(own.ID, s.LastMail()); err != nil {
		t.Errorf("on the day on which it was filed: %v", err)
	}
}

// F23: a request does not lapse while its mail has not left, however long that takes.
func TestFault_F23_NothingLapsesBeforeItsMail(t *testing.T) {
	for name, down := range map[string]error{"refused": subject.ErrMailRefused, "without an answer": subject.ErrMailUncertain} {
		s := newRig(t)
		s.Down["mail"] = down
		r := s.FileAndMail("anna@example.org")
		for range 2 {
			s.Pass(6 * 24 * time.Hour)
			if got := s.Load(r.ID).Request; got.State != request.Verifying || got.Email == "" {
				t.Fatalf("%s: %s", name, got.State)
			}
		}
		delete(s.Down, "mail")
		s.Pass(25 * time.Hour)
		if err := s.confirm(r.ID, s.LastMail()); err != nil {
			t.Errorf("%s: after weeks: %v", name, err)
		}
	}
}
