package mailbox

import (
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
)

// reports takes in what SES reports about mails to the mailbox.
func (w *world) reports() *Reports {
	return &Reports{Confirmations: worldWaiting{w}, Lists: w, Mailboxes: worldBoxes{w}, Aliases: aliases, Policy: policytest.Always(terms), Now: w.now}
}

// returns reports that a mail came back, for a time.
func (w *world) returns(mail feedback.Mail) {
	w.t.Helper()
	w.must(w.reports().TakeLink(w.t.Context(), feedback.Event{Mail: mail, Outcome: feedback.Bounced, Address: anna.Spelling}))
}

// F24: which mail that came back for a time is replaced: the newest link, if nobody has opened it and no other mail is due. The next mail leaves six
// hours later, counted like any other.
func TestFault_F24_WhichReturnedMailIsReplaced(t *testing.T) {
	for name, row := range map[string]struct {
		before   func(w *world)
		mail     func(w *world) feedback.Mail
		replaced bool
	}{
		"the newest link":            {func(*world) {}, func(w *world) feedback.Mail { return w.letters[1].Mail() }, true},
		"an older link":              {func(*world) {}, func(w *world) feedback.Mail { return w.letters[0].Mail() }, false},
		"a link that was opened":     {func(w *world) { _, _, err := w.open(w.letters[1]); w.must(err) }, func(w *world) feedback.Mail { return w.letters[1].Mail() }, false},
		"a link, and another is due": {func(w *world) { w.wants(ForConsents) }, func(w *world) feedback.Mail { return w.letters[1].Mail() }, false},
		"a receipt":                  {func(*world) {}, func(*world) feedback.Mail { return Receipt{Mailbox: box, N: 2}.Mail() }, false},
		"another mailbox":            {func(*world) {}, func(*world) feedback.Mail { return Letter{Mailbox: "another", N: 2}.Mail() }, false},
		"a mailbox that ended": {func(w *world) {
			_, cookie, err := w.open(w.letters[0])
			w.must(err)
			w.must(w.links().End(w.t.Context(), cookie))
		}, func(w *world) feedback.Mail { return w.letters[1].Mail() }, false},
	} {
		w := newWorld(t)
		w.linked(ForRequests)
		w.linked(ForRequests)
		row.before(w)
		before := w.box()
		for range 2 { // reports arrive twice
			w.returns(row.mail(w))
		}
		m := w.box()
		if !row.replaced {
			if m.Version != before.Version {
				t.Errorf("%s: %+v", name, m)
			}
			continue
		}
		if m.Version != before.Version+1 || !m.NextAt.Equal(now.Add(6*time.Hour)) || len(m.Links) != 1 || m.Links[0].N != 1 || m.Returned != 1 {
			t.Errorf("%s: %+v", name, m)
		}
		if until, waits := m.covers(terms, now.Add(time.Second)); !waits || !until.Equal(now.Add(week)) {
			t.Errorf("%s: what waits is covered until %v, waits %t", name, until, waits)
		}
		w.clock.Advance(6*time.Hour - time.Second)
		if w.run(); len(w.letters) != 2 {
			t.Errorf("%s: a mail left a second early", name)
		}
		w.clock.Advance(time.Second)
		if w.run(); len(w.letters) != 3 || w.box().Mailed.count(ForRequests, w.clock.Now()) != 3 {
			t.Errorf("%s: %d mails", name, len(w.letters))
		}
	}
}

// F24: reports that arrive in disorder, late or about nothing change nothing.
func TestFault_F24_OtherReportsChangeNothing(t *testing.T) {
	w := newWorld(t)
	l := w.linked(ForRequests)
	before := w.box().Version
	for _, outcome := range []feedback.Outcome{feedback.Sent, feedback.Delivered, feedback.Delayed, feedback.Complained} {
		w.must(w.reports().TakeLink(t.Context(), feedback.Event{Mail: l.Mail(), Outcome: outcome, Permanent: true}))
	}
	if w.box().Version != before {
		t.Errorf("%+v", w.box())
	}
	for i, outcome := range []feedback.Outcome{feedback.Rejected, feedback.NotRendered, feedback.Bounced} {
		w := newWorld(t)
		l := w.linked(ForRequests)
		w.must(w.reports().TakeLink(t.Context(), feedback.Event{Mail: l.Mail(), Outcome: outcome, Permanent: outcome != feedback.Bounced}))
		if w.box().NextAt.IsZero() {
			t.Errorf("%d: a mail that SES did not send is not replaced", i)
		}
	}
}

// T09, F24: a mailbox that answers every mail, or sends it back, is mailed four times and then no more, until somebody asks again. The last link stays, in
// case the answer was automatic. An opened link begins the count anew.
func TestThreat_T09_AMailboxThatSendsEverythingBack(t *testing.T) {
	w := newWorld(t)
	bounce := func(days int) {
		w.t.Helper()
		for end := w.clock.Now().AddDate(0, 0, days); w.clock.Now().Before(end); w.clock.Advance(time.Hour) {
			before := len(w.letters)
			w.run()
			for _, l := range w.letters[before:] {
				w.returns(l.Mail())
			}
		}
	}
	w.wants(ForRequests)
	bounce(3)
	if len(w.letters) != 1+mostReturned || !w.box().NextAt.IsZero() {
		t.Fatalf("%d mails, next at %v", len(w.letters), w.box().NextAt)
	}
	if _, _, err := w.open(w.letters[mostReturned]); err != nil || w.box().Returned != 0 {
		t.Errorf("the last link: %v, %+v", err, w.box())
	}
	w.wants(ForRequests)
	bounce(3)
	if len(w.letters) != 2*(1+mostReturned) {
		t.Errorf("after an opening: %d mails", len(w.letters))
	}
	w.wants(ForRequests)
	if bounce(3); len(w.letters) != 2*(1+mostReturned)+1 {
		t.Errorf("asked again: %d mails", len(w.letters))
	}
}

// T09: replaced mails count among the three of their day.
func TestThreat_T09_ReplacedMailsAreCounted(t *testing.T) {
	w := newWorld(t)
	w.clock.Set(limit.NextDay(now))
	for range limit.MailsPerDay {
		w.linked(ForRequests)
	}
	w.returns(w.letters[2].Mail())
	w.clock.Advance(pauseReturned)
	if w.run(); len(w.letters) != 3 || !w.box().NextAt.Equal(limit.NextDay(w.clock.Now())) {
		t.Errorf("%d mails, next at %v", len(w.letters), w.box().NextAt)
	}
}

// F02: a report that loses races is decided again. If that does not end, it comes again.
func TestFault_F02_AReturnedMailThatLosesRaces(t *testing.T) {
	for races, busy := range map[int]bool{mostTries - 1: false, mostTries: true} {
		w := newWorld(t)
		l := w.linked(ForRequests)
		w.races = races
		err := w.reports().TakeLink(t.Context(), feedback.Event{Mail: l.Mail(), Outcome: feedback.Bounced})
		if errors.Is(err, ErrChanged) != busy || err != nil && !busy {
			t.Errorf("%d races: %v", races, err)
		}
	}
	w := newWorld(t)
	l := w.linked(ForRequests)
	w.dead = true
	for _, permanent := range []bool{false, true} {
		if err := w.reports().TakeLink(t.Context(), feedback.Event{Mail: l.Mail(), Outcome: feedback.Bounced, Permanent: permanent}); !errors.Is(err, errKilled) {
			t.Errorf("%v", err)
		}
	}
}
