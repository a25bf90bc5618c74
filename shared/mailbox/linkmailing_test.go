package mailbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T01, T14: a mail goes to the spelling on record. It names what waits, opens its mailbox, and brings the token of one-click unsubscription. An
// unknown address is on record for as long as the link and its sessions live.
func TestThreat_T01_WhatIsMailed(t *testing.T) {
	w := newWorld(t)
	w.behind = []Waiting{{ID: "request", Right: privacy.Access}, {ID: "consent"}}
	l := w.linked(ForRequests)
	if w.to[0] != "on record: anna@example.org" || l.Mailbox != box || l.N != 1 || len(l.Token) != 43 || len(l.Waiting) != 2 || l.Unsubscribe != UnsubscribeToken(tokens, sid) {
		t.Errorf("%+v to %s", l, w.to)
	}
	if !w.introduced[0].Equal(now.Add(week + 25*time.Hour)) { // until the last session of the link has ended
		t.Errorf("on record until %v", w.introduced[0])
	}
	if m := w.box(); m.Subject != sid || m.Address != anna.Spelling || m.Minted != 1 || !m.NextAt.IsZero() || len(m.Wanted) != 0 || strings.Contains(string(m.Links[0].Hash), string(l.Token)) {
		t.Errorf("%+v", m)
	}
	if w.linked(ForRequests).Token == l.Token {
		t.Error("two links have one token")
	}
}

// One mail is sent for all that is wanted, and counted for one reason.
func TestThreat_T09_OneMailForSeveralReasons(t *testing.T) {
	w := newWorld(t)
	w.wants(ForConsents, ForRequests, ForHolder, ForRequests)
	for range 3 {
		w.run()
	}
	if m := w.box(); len(w.letters) != 1 || m.Mailed.count(ForHolder, now) != 1 || m.Mailed.count(ForRequests, now) != 0 || m.Mailed.count(ForConsents, now) != 0 {
		t.Errorf("%d mails, %v", len(w.letters), m.Mailed.Counts)
	}
}

// F02: a mailbox that is not due, or is unknown, is left alone.
func TestFault_F02_AMailboxThatIsNotDue(t *testing.T) {
	w := newWorld(t)
	if w.run(); len(w.trace) != 1 {
		t.Errorf("unknown: %v", w.trace)
	}
	w.wants(ForRequests)
	w.clock.Advance(-time.Second)
	if w.run(); len(w.letters) != 0 {
		t.Error("a second early")
	}
	w.clock.Advance(time.Second)
	if w.run(); len(w.letters) != 1 {
		t.Error("not in time")
	}
}

// F02: of two runs at once, one mails. The other lost the race for the claim, whichever step it had reached.
func TestFault_F02_TwoRunsSendOneMail(t *testing.T) {
	for _, at := range []string{"waits", "introduce"} {
		w := newWorld(t)
		w.wants(ForRequests)
		posting, other := w.posting(), w.posting()
		overtake := func() {
			if overtaken := other; overtaken != nil {
				other = nil
				w.must(overtaken.Run(t.Context(), box))
			}
		}
		switch at {
		case "waits":
			waits := posting.Waits
			posting.Waits = func(ctx context.Context, id string) ([]Waiting, error) { overtake(); return waits(ctx, id) }
		case "introduce":
			posting.Subjects = overtaken{w, overtake}
		}
		w.must(posting.Run(t.Context(), box))
		if len(w.letters) != 1 || w.box().Minted != 1 || !w.box().NextAt.IsZero() {
			t.Errorf("at %s: %d mails, %+v", at, len(w.letters), w.box())
		}
		if _, _, err := w.open(w.letters[0]); err != nil {
			t.Errorf("at %s: %v", at, err)
		}
	}
}

// overtaken lets another run come first.
type overtaken struct {
	*world
	first func()
}

func (o overtaken) Introduce(ctx context.Context, a subject.Address, until time.Time) (subject.Known, error) {
	o.first()
	return o.world.Introduce(ctx, a, until)
}

// While a mail is on its way, a second run does nothing: the mailbox is claimed.
func TestFault_F02_AMailOnItsWayIsNotSentAgain(t *testing.T) {
	w := newWorld(t)
	w.wants(ForRequests)
	w.during = func() {
		w.run()
		w.wants(ForRequests, ForConsents) // what comes to wait meanwhile is opened by the link that is on its way
		w.run()
	}
	w.run()
	w.clock.Advance(25 * time.Hour)
	if w.run(); len(w.letters) != 1 || len(w.box().Wanted) != 0 {
		t.Errorf("%d mails, %v", len(w.letters), w.box().Wanted)
	}
}

// What is wanted while a mail is on its way that is then refused, leaves with its next try.
func TestFault_F23_WhatIsWantedWhileAMailIsRefused(t *testing.T) {
	w := newWorld(t)
	w.mail = subject.ErrMailRefused
	w.wants(ForRequests)
	w.during = func() { w.wants(ForConsents) }
	w.run()
	if m := w.box(); !slices.Equal(m.Wanted, []Reason{ForRequests, ForConsents}) || !m.NextAt.Equal(now.Add(subject.MailAgain(1))) || m.Try != 1 || len(m.Links) != 0 || m.Mailed.count(ForRequests, now) != 0 {
		t.Errorf("%+v", m)
	}
	w.mail = nil
	w.clock.Advance(subject.MailAgain(1))
	if w.run(); len(w.letters) != 2 || len(w.box().Wanted) != 0 {
		t.Errorf("%d mails, %+v", len(w.letters), w.box())
	}
}

// F23: what becomes of a mailbox after each answer to its mail.
func TestFault_F23_WhatBecomesOfAMail(t *testing.T) {
	for name, row := range map[string]struct {
		mail             error
		links, try, sent int // sent is what counts as mailed
		err              error
	}{
		"accepted": {nil, 1, 0, 1, nil}, "refused": {subject.ErrMailRefused, 0, 1, 0, nil}, "uncertain": {subject.ErrMailUncertain, 1, 1, 1, nil},
		"unmailable": {subject.ErrUnmailable, 0, 0, 0, nil}, "another failure": {context.DeadlineExceeded, 1, 1, 1, context.DeadlineExceeded},
	} {
		w := newWorld(t)
		w.mail = row.mail
		w.wants(ForRequests)
		err := w.posting().Run(t.Context(), box)
		m := w.box()
		if !errors.Is(err, row.err) || len(m.Links) != row.links || row.links > 0 && m.Links[0].Left != (row.mail == nil) || m.Try != row.try || m.Mailed.count(ForRequests, now) != row.sent || m.NextAt.IsZero() != (row.try == 0) || (len(m.Wanted) == 0) != (row.try == 0) {
			t.Errorf("%s: %v, %+v", name, err, m)
		}
		if row.try > 0 && !m.NextAt.Equal(now.Add(subject.MailAgain(1))) {
			t.Errorf("%s: next at %v", name, m.NextAt)
		}
	}
}

// F03: a run that is killed before or after any of its calls is repeated, and in the end one mail has arrived whose link works. If it was killed after
// the mail had left, there are two.
func TestFault_F03_AMailingThatIsKilled(t *testing.T) {
	untilDone(t, func(w *world) { w.wants(ForRequests) }, func(w *world) error { return w.posting().Run(w.t.Context(), box) }, func(w *world, name string) {
		killed := len(w.letters)
		for range 3 {
			w.clock.Advance(subject.MailAgain(1))
			w.run()
		}
		m := w.box()
		if len(w.letters) < 1 || len(w.letters) > killed+1 || !m.NextAt.IsZero() || m.Mailed.count(ForRequests, now) > 2 {
			t.Errorf("%s: %d mails of which %d had left, %+v", name, len(w.letters), killed, m)
		}
		for _, l := range w.letters {
			if s, _, err := w.open(l); err != nil || s.Opening != 1 {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A run that loses the race to record what became of its mail reads again, and keeps what the other one has stored.
func TestFault_F02_AnOpeningWhileTheMailIsRecorded(t *testing.T) {
	w := newWorld(t)
	w.wants(ForRequests)
	w.during = func() {
		if _, _, err := w.open(w.letters[0]); err != nil {
			t.Error(err)
		}
	}
	if w.run(); !w.box().NextAt.IsZero() || w.box().Links[0].Openings != 1 {
		t.Errorf("%+v", w.box())
	}
	w = newWorld(t)
	w.wants(ForRequests)
	w.during = func() { w.races = mostTries }
	if err := w.posting().Run(t.Context(), box); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
}

// T14: a wish becomes a mail that is due, once, and goes. A wish that is not due, or for an address that no mail can reach, sets off nothing.
func TestThreat_T14_WhatBecomesOfAWish(t *testing.T) {
	for email, mailed := range map[string]bool{"anna@example.org": true, "Anna@EXAMPLE.org": true, "anna@example.invalid": false, "anna@a..b": false} {
		w := newWorld(t)
		w.must(w.links().Ask(t.Context(), "x@example.org"))
		for id, a := range w.asks {
			a.Email = email
			w.asks[id] = a
			w.clock.Advance(-time.Second)
			if w.must(w.posting().Take(t.Context(), id)); len(w.asks) != 1 {
				t.Errorf("%s: taken a second early", email)
			}
			w.clock.Advance(time.Second)
			for range 2 {
				w.must(w.posting().Take(t.Context(), id))
			}
		}
		w.run()
		if len(w.asks) != 0 || (len(w.letters) == 1) != mailed || mailed && w.box().Mailed.count(ForRequests, now) != 1 {
			t.Errorf("%s: %d wishes, %d mails", email, len(w.asks), len(w.letters))
		}
	}
}

// F03: a wish that is killed at any call is repeated. Its mail is due, and at worst one more is.
func TestFault_F03_AWishThatIsKilled(t *testing.T) {
	take := func(w *world) error {
		for id := range w.asks {
			return w.posting().Take(w.t.Context(), id)
		}
		return nil
	}
	untilDone(t, func(w *world) { w.must(w.links().Ask(w.t.Context(), "anna@example.org")) }, take, func(w *world, name string) {
		w.must(take(w))
		if w.run(); len(w.asks) != 0 || len(w.letters) != 1 {
			t.Errorf("%s: %d wishes, %d mails", name, len(w.asks), len(w.letters))
		}
	})
}

// F23: which link opens what came to wait, and whether a mail for it is still to leave.
func TestFault_F23_WhatALinkCovers(t *testing.T) {
	at := func(h int) time.Time { return now.Add(time.Duration(h) * time.Hour) }
	link := func(h int) Link { return Link{MintedAt: at(h), Left: true} }
	unanswered := Link{MintedAt: at(2)}
	opened := Link{MintedAt: at(1), Left: true, OpenedAt: at(3), Openings: 1}
	ends := func(h int) time.Time { return at(h).Add(week) }
	for name, row := range map[string]struct {
		links []Link
		next  time.Time
		try   int
		until time.Time
		waits bool
	}{
		"nothing":                    {nil, time.Time{}, 0, time.Time{}, false},
		"a mail is due":              {nil, at(3), 0, time.Time{}, true},
		"a mail is tried":            {[]Link{link(2)}, at(3), 1, time.Time{}, true},
		"a link before":              {[]Link{link(0), link(1)}, time.Time{}, 0, ends(1), false},
		"a link before, a mail due":  {[]Link{link(1)}, at(24), 0, ends(1), true},
		"a link in that second":      {[]Link{link(2)}, time.Time{}, 0, ends(2), false},
		"a link after, a mail due":   {[]Link{link(3)}, at(24), 0, ends(3), false},
		"the first of several after": {[]Link{link(1), link(3), link(4)}, time.Time{}, 0, ends(3), false},
		"an opened link before":      {[]Link{opened}, time.Time{}, 0, at(3 + 24), false},
		"no answer, then a link":     {[]Link{unanswered, link(3)}, time.Time{}, 0, ends(3), false},
		"no answer, a mail due":      {[]Link{link(1), unanswered}, at(24), 0, ends(1), true},
		"no answer, and nothing due": {[]Link{unanswered}, time.Time{}, 0, time.Time{}, false},
	} {
		m := Mailbox{Links: row.links}
		m.NextAt, m.Try = row.next, row.try
		if until, waits := m.covers(terms, at(2)); !until.Equal(row.until) || waits != row.waits {
			t.Errorf("%s: until %v, waits %t", name, until, waits)
		}
	}
	w := newWorld(t)
	if until, waits, err := w.posting().Covered(t.Context(), box, now); err != nil || waits || !until.IsZero() {
		t.Errorf("an unknown mailbox: %v, %t, %v", until, waits, err)
	}
	w.linked(ForRequests)
	if until, waits, err := w.posting().Covered(t.Context(), box, now); err != nil || waits || !until.Equal(terms.SpanOf(policy.MailboxLink).After(now)) {
		t.Errorf("%v, %t, %v", until, waits, err)
	}
	w.dead = true
	if _, _, err := w.posting().Covered(t.Context(), box, now); !errors.Is(err, errKilled) {
		t.Errorf("%v", err)
	}
}
