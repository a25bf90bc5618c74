package mailbox

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// asked stores a confirmation that asks for one purpose, as [Consents.Ask] does.
func (w *world) asked(id string, purpose privacy.Purpose) {
	w.t.Helper()
	at := w.clock.Now()
	_, err := w.waiting.Save(w.t.Context(), Confirmation{ID: id, Email: "Anna@example.org", Client: "client", CreatedAt: at, NextAt: at, ExpiresAt: at.AddDate(0, 0, 8),
		Act: consent.Act{Operation: id, Decisions: map[privacy.Purpose]consent.State{purpose: consent.Granted}}})
	w.must(err)
}

// admits runs what is due about a confirmation.
func (w *world) admits(id string) {
	w.t.Helper()
	w.must(w.admission().Run(w.t.Context(), id))
}

func (w *world) confirmation(id string) Confirmation { return w.waiting.byID[id] }

// shown returns the ids of what waits behind the mailbox.
func (w *world) shown() (ids []string) {
	var all []Confirmation
	for _, id := range w.listed[box] {
		all = append(all, w.confirmation(id))
	}
	for _, c := range Shown(all, box, w.clock.Now()) {
		ids = append(ids, c.ID)
	}
	return ids
}

// C02: a decision by address waits behind its mailbox, and a mail with a link is due. It is looked at again when that link ends.
func TestPromise_C02_ADecisionWaitsBehindItsMailbox(t *testing.T) {
	w := newWorld(t)
	w.asked("id", privacy.MarketingEmail)
	w.clock.Advance(time.Minute)
	at := w.clock.Now()
	w.admits("id")
	c := w.confirmation("id")
	if c.Mailbox != box || c.Act.Subject != "" || c.Tries != 1 || !c.NextAt.Equal(at.Add(week)) || !c.ExpiresAt.Equal(at.AddDate(0, 0, 9)) || !c.CreatedAt.Equal(now) {
		t.Errorf("%+v", c)
	}
	if fmt.Sprint(w.shown()) != "[id]" || fmt.Sprint(w.box().Wanted) != "[consents]" || !w.introduced[0].Equal(at.AddDate(0, 0, 9)) {
		t.Errorf("shown %v, wanted %v, on record until %v", w.shown(), w.box().Wanted, w.introduced)
	}
	w.run()
	if m := w.box(); len(w.letters) != 1 || m.Mailed.count(ForConsents, at) != 1 {
		t.Errorf("%d mails, %v", len(w.letters), m.Mailed)
	}
}

// T32: six different decisions wait behind a mailbox. What asks for the same as one of them, and everything beyond the six, is counted and ends.
func TestThreat_T32_SixDecisionsWait(t *testing.T) {
	w := newWorld(t)
	for i := range 1000 {
		w.clock.Advance(time.Second)
		w.asked(fmt.Sprint(i), privacy.Purpose(fmt.Sprint("purpose ", i%9)))
		w.admits(fmt.Sprint(i))
	}
	if got := fmt.Sprint(w.shown()); got != "[0 1 2 3 4 5]" {
		t.Fatalf("%s", got)
	}
	repeats := 0
	for i := range 6 {
		c := w.confirmation(fmt.Sprint(i))
		repeats += c.Repeats
		if same := 111; i > 0 && (c.Repeats < same-1 || c.Repeats > same) { // the first counts what is beyond the six, too
			t.Errorf("%d was repeated %d times", i, c.Repeats)
		}
		if c.RepeatedAt.Before(now.Add(900*time.Second)) || !c.NextAt.Equal(c.RepeatedAt.Add(week)) || !c.ExpiresAt.Equal(c.RepeatedAt.AddDate(0, 0, 9)) || c.Tries != 1 {
			t.Errorf("%+v", c)
		}
	}
	if repeats != 994 {
		t.Errorf("%d repeats", repeats)
	}
	for i := 6; i < 1000; i++ {
		if c := w.confirmation(fmt.Sprint(i)); !c.NextAt.IsZero() || c.Mailbox != "" || c.Email != "" || c.Client != "" {
			t.Fatalf("%d still waits: %+v", i, c)
		}
	}
	w.run()
	if w.run(); len(w.letters) != 1 {
		t.Errorf("%d mails", len(w.letters))
	}
}

// T32: which confirmation counts another one.
func TestThreat_T32_WhatIsARepetition(t *testing.T) {
	of := func(id string, decisions ...consent.State) Confirmation {
		c := Confirmation{ID: id, Act: consent.Act{Decisions: map[privacy.Purpose]consent.State{}}}
		for i, state := range decisions {
			c.Act.Decisions[privacy.Purpose(fmt.Sprint(i))] = state
		}
		return c
	}
	g, d := consent.Granted, consent.Denied
	six := []Confirmation{of("1", g), of("2", d), of("3", g, g), of("4", g, d), of("5", d, g), of("6", d, d)}
	for name, row := range map[string]struct {
		waiting []Confirmation
		c       Confirmation
		want    string
	}{
		"nothing waits": {nil, of("x", g), ""}, "the same": {six[:2], of("x", d), "2"}, "another state": {six[:1], of("x", d), ""}, "more of it": {six[:1], of("x", g, g), ""},
		"less of it": {six[2:3], of("x", g), ""}, "itself": {six[:1], of("1", g), ""}, "a sixth": {six[:5], of("x", d, d), ""}, "a seventh": {six, of("x", g, g, g), "1"},
		"the last of six": {six, of("x", d, d), "6"}, "itself among six": {six, of("6", d, d), ""},
	} {
		got, ok := row.c.repeats(append([]Confirmation(nil), row.waiting...), time.Time{}.Add(-1))
		if got.ID != row.want || ok != (row.want != "") {
			t.Errorf("%s: %q, %t", name, got.ID, ok)
		}
	}
}

// T32: what is shown of a mailbox: what waits there, oldest first, and at most six.
func TestThreat_T32_WhatIsShown(t *testing.T) {
	c := func(id string, after int, change func(*Confirmation)) Confirmation {
		c := Confirmation{ID: id, Mailbox: box, CreatedAt: now.Add(time.Duration(after) * time.Second), NextAt: now, ExpiresAt: now.Add(time.Second)}
		if change != nil {
			change(&c)
		}
		return c
	}
	all := []Confirmation{
		c("h", 7, nil), c("g", 6, nil), c("b", 1, nil), c("a2", 0, nil), c("a1", 0, nil), c("d", 3, nil), c("c", 2, nil), c("e", 4, nil),
		c("confirmed", 0, func(c *Confirmation) { c.ConfirmedAt = now }), c("ended", 0, (*Confirmation).end), c("expired", 0, func(c *Confirmation) { c.ExpiresAt = now }),
		c("elsewhere", 0, func(c *Confirmation) { c.Mailbox = "other" }), c("nowhere", 0, func(c *Confirmation) { c.Mailbox = "" }),
	}
	got := ""
	for _, s := range Shown(all, box, now) {
		got += s.ID + " "
	}
	if got != "a1 a2 b c d e " {
		t.Error(got)
	}
}

// T09: a client over its limit waits, twice as long each time up to 256 minutes, and what has waited for a week in vain is dropped. Other clients are not
// counted for it.
func TestThreat_T09_AClientOverItsLimitWaits(t *testing.T) {
	w := newWorld(t)
	w.may = false
	w.clock.Set(now.Add(30 * time.Second))
	w.asked("id", privacy.MarketingEmail)
	tries := 0
	for pause := time.Minute; ; pause = min(2*pause, 256*time.Minute) {
		before := w.clock.Now()
		w.admits("id")
		c := w.confirmation("id")
		if c.NextAt.IsZero() {
			if before.Before(now.Add(30*time.Second + week)) {
				t.Errorf("dropped at %v", before)
			}
			break
		}
		if want := before.Truncate(time.Minute).Add(pause); !c.NextAt.Equal(want) || c.Mailbox != "" || c.Tries != 0 {
			t.Fatalf("try %d: next at %v, not %v", tries, c.NextAt, want)
		}
		w.clock.Set(c.NextAt.Add(-time.Second))
		w.admits("id") // too early
		w.clock.Set(c.NextAt)
		if tries++; tries == 20 {
			w.waiting.byID["late"] = Confirmation{ID: "late", Version: 20, Email: "anna@example.org", Client: "client", CreatedAt: w.clock.Now(), NextAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(week)}
		}
	}
	if tries > 60 || len(w.byID) != 0 || len(w.listed) != 0 {
		t.Errorf("%d tries, %v", tries, w.listed)
	}
	w.may = true
	if w.admits("late"); w.confirmation("late").Mailbox != box {
		t.Errorf("once it may: %+v", w.confirmation("late"))
	}
}

// What no mail can reach, is unknown, is done or is not due.
func TestWhatIsNotAdmitted(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*Confirmation)
		ends   bool
	}{
		"no mail can reach it": {func(c *Confirmation) { c.Email = "anna@example.invalid" }, true}, "no address": {func(c *Confirmation) { c.Email = "anna" }, true},
		"not due": {func(c *Confirmation) { c.NextAt = now.Add(time.Second) }, false}, "done": {func(c *Confirmation) { c.NextAt = time.Time{} }, true},
		"expired": {func(c *Confirmation) { c.ExpiresAt = now }, false},
	} {
		w := newWorld(t)
		w.asked("id", privacy.MarketingEmail)
		c := w.confirmation("id")
		row.change(&c)
		w.waiting.byID["id"] = c
		w.admits("id")
		if c := w.confirmation("id"); c.NextAt.IsZero() != row.ends || c.Mailbox != "" || len(w.byID) != 0 || len(w.listed) != 0 {
			t.Errorf("%s: %+v", name, c)
		}
		w.admits("unknown")
	}
}

// F03: a run that is killed before or after any of its calls is repeated when it is due. The decision waits once, under its mailbox, and one mail leaves.
func TestFault_F03_AnAdmissionThatIsKilled(t *testing.T) {
	for name, before := range map[string]bool{"the first": false, "a repetition": true} {
		setUp := func(w *world) {
			if before {
				w.asked("before", privacy.MarketingEmail)
				w.admits("before")
				w.run()
				w.clock.Advance(time.Hour)
			}
			w.asked("id", privacy.MarketingEmail)
		}
		untilDone(t, setUp, func(w *world) error { return w.admission().Run(w.t.Context(), "id") }, func(w *world, at string) {
			mailed := len(w.letters)
			for end := w.clock.Now().Add(10 * time.Minute); w.clock.Now().Before(end); w.clock.Advance(time.Minute) {
				for _, id := range []string{"id", "before"} {
					w.admits(id)
				}
				w.run()
			}
			want := "[id]"
			if before {
				want = "[before]"
			}
			if got := fmt.Sprint(w.shown()); got != want || len(w.letters) < mailed+1 || len(w.letters) > mailed+2 || !w.box().NextAt.IsZero() {
				t.Errorf("%s, %s: %s waits, %d mails", name, at, got, len(w.letters))
			}
			c := w.confirmation(w.shown()[0])
			if repeated := c.Repeats > 0; repeated != before || c.Repeats > 2 || c.Tries != 1 || c.NextAt.Before(w.clock.Now().Add(week-time.Hour)) {
				t.Errorf("%s, %s: %+v", name, at, c)
			}
		})
	}
}

// F02: two runs at once. The one that is slower leaves the work to the other.
func TestFault_F02_TwoAdmissionsAtOnce(t *testing.T) {
	w := newWorld(t)
	w.asked("id", privacy.MarketingEmail)
	a := w.admission()
	a.Clients = overtakes{w, func() { w.admits("id") }}
	if err := a.Run(t.Context(), "id"); err != nil || w.confirmation("id").Tries != 1 {
		t.Errorf("%v, %+v", err, w.confirmation("id"))
	}
	if w.run(); len(w.letters) != 1 {
		t.Errorf("%d mails", len(w.letters))
	}
}

// overtakes lets another run come first.
type overtakes struct {
	*world
	first func()
}

func (o overtakes) Allow(context.Context, string, string, time.Time) (bool, error) {
	o.first()
	return true, nil
}

// F23: when a decision that nobody confirmed ends. It waits while its mail has not left, and once longer if the link that opens it works longer.
func TestFault_F23_WhenADecisionLapses(t *testing.T) {
	for name, row := range map[string]struct {
		posts func(w *world) // what happens until the end of its link
		waits []time.Duration
	}{
		"its link has ended":            {func(w *world) { w.run() }, nil},
		"its mail has not left":         {func(w *world) { w.mail = subject.ErrMailRefused; w.clock.Advance(week / 2); w.run() }, []time.Duration{12 * time.Hour}},
		"its link works an hour longer": {func(w *world) { w.clock.Advance(time.Hour); w.run() }, []time.Duration{time.Hour}},
		"its link was opened the day before": {func(w *world) {
			w.run()
			w.clock.Advance(week - time.Hour)
			_, _, err := w.open(w.letters[0])
			w.must(err)
		}, []time.Duration{23 * time.Hour}},
		"other links work longer": {func(w *world) { w.run(); w.clock.Advance(week - time.Hour); w.linked(ForRequests) }, nil},
	} {
		w := newWorld(t)
		w.asked("id", privacy.MarketingEmail)
		w.admits("id")
		row.posts(w)
		w.clock.Set(now.Add(week - time.Second))
		if w.admits("id"); fmt.Sprint(w.shown()) != "[id]" {
			t.Errorf("%s: it ended a second early", name)
		}
		for at := now.Add(week); ; {
			w.clock.Set(at)
			w.admits("id")
			c := w.confirmation("id")
			if c.NextAt.IsZero() != (len(row.waits) == 0) {
				t.Errorf("%s: next at %v", name, c.NextAt)
			}
			if len(row.waits) == 0 || c.NextAt.IsZero() {
				break
			}
			if at = at.Add(row.waits[0]); !c.NextAt.Equal(at) || !c.ExpiresAt.Equal(w.clock.Now().AddDate(0, 0, 9)) {
				t.Errorf("%s: next at %v, not %v; kept until %v", name, c.NextAt, at, c.ExpiresAt)
			}
			if row.waits = row.waits[1:]; name == "its mail has not left" {
				w.mail = nil
				w.run()
				w.clock.Advance(week)
				at = w.clock.Now()
			}
		}
		if len(w.shown()) != 0 {
			t.Errorf("%s: it is still shown", name)
		}
	}
	if terms.SpanOf(policy.Confirmation).After(now).Before(now.Add(week+24*time.Hour)) || limit.MailsPerDay == 0 {
		t.Error("it is gone before it is looked at")
	}
}

// T32: a decision waits longer once. A link that is opened again and again does not keep it for ever.
func TestThreat_T32_ADecisionWaitsLongerOnce(t *testing.T) {
	w := newWorld(t)
	w.asked("id", privacy.MarketingEmail)
	w.admits("id")
	w.clock.Advance(time.Hour)
	w.run()
	w.clock.Set(now.Add(week))
	w.admits("id")
	if c := w.confirmation("id"); c.Tries != 2 || !c.NextAt.Equal(now.Add(week+time.Hour)) {
		t.Fatalf("%+v", c)
	}
	w.clock.Advance(time.Minute)
	_, _, err := w.open(w.letters[0])
	w.must(err)
	w.clock.Set(now.Add(week + time.Hour))
	if w.admits("id"); len(w.shown()) != 0 {
		t.Errorf("%+v", w.confirmation("id"))
	}
}

// T32: a stranger asks for the same again and again. The first collects the repetitions while a link would live, and then lapses.
func TestThreat_T32_TheSameEachWeekDoesNotKeepADecision(t *testing.T) {
	w := newWorld(t)
	w.asked("first", privacy.MarketingEmail)
	w.admits("first")
	for day := range 21 {
		w.clock.Advance(24 * time.Hour)
		w.run()
		w.admits("first")
		if day%5 == 4 {
			id := fmt.Sprint("again ", day)
			w.asked(id, privacy.MarketingEmail)
			w.admits(id)
		}
	}
	if c := w.confirmation("first"); !c.NextAt.IsZero() || c.Repeats != 1 {
		t.Errorf("%+v", c)
	}
}

// A confirmation was last asked for when it was repeated, or when it was made.
func TestWhenAConfirmationWasLastAskedFor(t *testing.T) {
	later := now.Add(time.Hour)
	if at := (Confirmation{CreatedAt: now}).lastAsked(); !at.Equal(now) {
		t.Errorf("%v", at)
	}
	if at := (Confirmation{CreatedAt: now, RepeatedAt: later}).lastAsked(); !at.Equal(later) {
		t.Errorf("%v", at)
	}
}
