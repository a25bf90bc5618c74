package mailbox

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T09: three mails a day leave for each reason, counted apart. Whatever is wanted beyond that waits for the next day, as one mail.
func TestThreat_T09_ThreeMailsADayForEachReason(t *testing.T) {
	for _, r := range reasons {
		w := newWorld(t)
		for i := range 20 {
			w.wants(r, r)
			w.run()
			if want := min(i+1, limit.MailsPerDay); len(w.letters) != want {
				t.Fatalf("%s, wanted %d times: %d mails, want %d", r, i+1, len(w.letters), want)
			}
			w.clock.Advance(time.Minute)
		}
		if m := w.box(); !m.NextAt.Equal(limit.NextDay(now)) || len(m.Wanted) != 1 {
			t.Errorf("%s: next at %v for %v", r, m.NextAt, m.Wanted)
		}
		for _, other := range reasons {
			if other != r {
				before := len(w.letters)
				if w.linked(other); len(w.letters) != before+1 {
					t.Errorf("%s has used up the mails for %s", r, other)
				}
			}
		}
		// The link that another reason brought opens what had waited for tomorrow, so nothing is left to mail.
		if m := w.box(); !m.NextAt.IsZero() || len(m.Wanted) != 0 {
			t.Errorf("%s: left is %v at %v", r, m.Wanted, m.NextAt)
		}
	}
}

// T09: nine mails a day at most, however many are wanted, whatever for, and one is left for the next day.
func TestThreat_T09_NineMailsADayAtMost(t *testing.T) {
	w := newWorld(t)
	for day, want := range []int{9, 18, 27, 36} {
		w.clock.Set(now.AddDate(0, 0, day))
		for i := range 100 {
			w.wants(reasons[i%3])
			w.run()
		}
		if len(w.letters) != want {
			t.Errorf("day %d: %d mails, want %d", day, len(w.letters), want)
		}
	}
	w.clock.Set(limit.NextDay(w.clock.Now()).Add(-time.Second))
	if w.run(); len(w.letters) != 36 {
		t.Error("a mail left a second before midnight")
	}
	w.clock.Advance(time.Second)
	for range 3 {
		w.run()
	}
	if len(w.letters) != 37 || !w.box().NextAt.IsZero() {
		t.Errorf("%d mails, next at %v", len(w.letters), w.box().NextAt)
	}
}

// T09: the mails that its holder asks for do not count as those that strangers can set off, and are counted first.
func TestThreat_T09_TheHolderHasMailsOfTheirOwn(t *testing.T) {
	w := newWorld(t)
	cookie := w.opened()
	for range 2 {
		w.linked(ForRequests)
	}
	w.wants(ForRequests)
	w.run()
	if len(w.letters) != 3 || w.box().NextAt.IsZero() {
		t.Fatalf("%d mails", len(w.letters))
	}
	for i := range 4 {
		w.must(w.links().AskAgain(t.Context(), cookie))
		if w.run(); len(w.letters) != min(4+i, 6) {
			t.Errorf("asked %d times: %d mails", i+1, len(w.letters)-3)
		}
	}
}

// T09: which mail a reason may set off at once while another one waits: it jumps a wait for tomorrow, but not a try that is on its way or paused.
func TestThreat_T09_WhatJumpsAWait(t *testing.T) {
	tomorrow := limit.NextDay(now)
	for name, row := range map[string]struct {
		next time.Time
		try  int
		full bool // the reason has used up its day
		want time.Time
	}{
		"nothing is due": {time.Time{}, 0, false, now}, "nothing is due, a full day": {time.Time{}, 0, true, now}, "due now": {now, 0, false, now},
		"tomorrow": {tomorrow, 0, false, now}, "tomorrow, a full day": {tomorrow, 0, true, tomorrow}, "a try is paused": {now.Add(time.Minute), 1, false, now.Add(time.Minute)},
		"tomorrow, after tries": {tomorrow, 3, false, now}, "tomorrow, after tries, a full day": {tomorrow, 3, true, tomorrow}, "after a mail came back": {now.Add(pauseReturned), 0, false, now},
	} {
		m := Mailbox{}
		m.NextAt, m.Try = row.next, row.try
		if row.full {
			m.Mailed = m.Mailed.with(ForConsents, limit.MailsPerDay, now)
		}
		if m.want(ForConsents, now); !m.NextAt.Equal(row.want) || m.Try != row.try || len(m.Wanted) != 1 {
			t.Errorf("%s: %+v", name, m.Due)
		}
		if m.want(ForConsents, now); len(m.Wanted) != 1 {
			t.Errorf("%s: %v", name, m.Wanted)
		}
	}
}

// T09: counts are those of one UTC day.
func TestThreat_T09_ADaysCounts(t *testing.T) {
	midnight := limit.NextDay(now)
	d := Day{}.with(ForRequests, 1, midnight.Add(-time.Second))
	older := d
	d = d.with(ForRequests, 1, midnight.Add(-time.Second)).with(ForConsents, 1, now)
	if d.count(ForRequests, now) != 2 || d.count(ForConsents, limit.Today(now)) != 1 || d.count(ForHolder, now) != 0 || d.count(ForRequests, midnight) != 0 || d.count(ForRequests, now.AddDate(0, 0, -1)) != 0 {
		t.Errorf("%+v", d)
	}
	if older.count(ForRequests, now) != 1 {
		t.Error("a step has changed the day before it")
	}
	if d = d.with(ForConsents, 1, midnight); d.count(ForConsents, midnight) != 1 || d.count(ForRequests, midnight) != 0 || d.count(ForConsents, now) != 0 {
		t.Errorf("the day after: %+v", d)
	}
	if d = d.with(ForHolder, -1, midnight); d.count(ForHolder, midnight) != 0 || d.with(ForHolder, 1, midnight).count(ForHolder, midnight) != 1 {
		t.Errorf("taken back what was not counted: %+v", d)
	}
}

// F23, T09: refused mails are taken back and do not use up the day; mails that may have left count. No link of a refused mail is kept.
func TestFault_F23_WhatCountsAsMailed(t *testing.T) {
	for name, row := range map[string]struct {
		mail  error
		tries int // within a day of tries, as often as the pauses allow
		links int
	}{
		"refused": {subject.ErrMailRefused, 16, 0}, "uncertain": {subject.ErrMailUncertain, 3, 3},
	} {
		w := newWorld(t)
		w.mail = row.mail
		w.wants(ForRequests)
		for end := limit.NextDay(now); w.clock.Now().Before(end); w.clock.Advance(time.Minute) {
			w.run()
		}
		if len(w.letters) != row.tries || len(w.box().Links) != row.links || w.box().Minted != row.tries || w.box().NextAt.IsZero() {
			t.Errorf("%s: %d tries, %+v", name, len(w.letters), w.box())
		}
		for i, l := range w.letters { // a mail that may have left has a link that works
			if _, _, err := w.open(l); (err == nil) != (row.links > 0) {
				t.Errorf("%s, link %d: %v", name, i, err)
			}
		}
		w.mail = nil
		w.clock.Advance(subject.LongestMailPause)
		if w.run(); len(w.letters) != row.tries+1 || !w.box().NextAt.IsZero() || w.box().Try != 0 {
			t.Errorf("%s, then accepted: %d mails, %+v", name, len(w.letters), w.box().Due)
		}
	}
}

// T09, F02, F03, F23: whatever is wanted, accepted, refused, uncertain or killed, in whatever order. On no day do more than three mails leave for a
// reason, no queue forms, and once mails are accepted again, what was wanted is mailed by the next day.
func TestThreat_T09_BudgetsHoldInAnyOrder(t *testing.T) {
	for seed := range soak.Pick(uint64(150), 1000) {
		w, random := newWorld(t), rand.New(rand.NewPCG(seed, 3))
		days := map[time.Time]int{}
		few := reasons[:1+seed%3]
		run := func() {
			before := len(w.letters)
			_ = w.posting().Run(t.Context(), box)
			if len(w.letters) > before && !errors.Is(w.mail, subject.ErrMailRefused) {
				days[limit.Today(w.clock.Now())]++
			}
			w.revive()
		}
		for range 300 {
			switch random.IntN(8) {
			case 0, 1, 2:
				w.wants(few[random.IntN(len(few))])
			case 3:
				w.clock.Advance(time.Duration(random.IntN(300)) * time.Minute)
			case 4:
				w.mail = []error{nil, nil, subject.ErrMailRefused, subject.ErrMailUncertain}[random.IntN(4)]
			case 5:
				w.killAt = 1 + random.IntN(16)
				run()
			default:
				run()
			}
		}
		for day, n := range days {
			if n > len(few)*limit.MailsPerDay {
				t.Fatalf("seed %d: %d mails on %v for %v", seed, n, day, few)
			}
		}
		w.mail = nil
		w.wants(few[0])
		before := len(w.letters)
		for end := w.clock.Now().Add(25 * time.Hour); w.clock.Now().Before(end); w.clock.Advance(10 * time.Minute) {
			run()
		}
		if left := len(w.letters) - before; left != 1 || !w.box().NextAt.IsZero() {
			t.Fatalf("seed %d: %d mails in the end, next at %v", seed, left, w.box().NextAt)
		}
	}
}

// T09: the reason that is counted is the first wanted one that has room.
func TestThreat_T09_WhichReasonIsCounted(t *testing.T) {
	for i := range 64 {
		m, want, may := Mailbox{}, Reason(""), false
		for n, r := range reasons {
			wanted, full := i&(1<<n) != 0, i&(8<<n) != 0
			if wanted {
				m.Wanted = append([]Reason{r}, m.Wanted...)
			}
			if full {
				m.Mailed = m.Mailed.with(r, limit.MailsPerDay, now)
			} else {
				m.Mailed = m.Mailed.with(r, limit.MailsPerDay-1, now)
			}
			if wanted && !full && !may {
				want, may = r, true
			}
		}
		if got, ok := m.reason(now); got != want || ok != may {
			t.Errorf("%s: %q, %t, want %q", fmt.Sprint(m.Wanted, m.Mailed.Counts), got, ok, want)
		}
	}
}
