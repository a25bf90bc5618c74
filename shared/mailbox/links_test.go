package mailbox

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T11: when a link opens. It is first opened within seven days, and opens again within a day of that. The answer to all other calls is the same.
func TestThreat_T11_WhenALinkOpens(t *testing.T) {
	const day, s = 24 * time.Hour, time.Second
	for name, row := range map[string]struct {
		at    []time.Duration // of the openings, since the mail
		opens bool            // the last one; the others do
	}{
		"at once": {[]time.Duration{0}, true}, "in its last second": {[]time.Duration{week - s}, true}, "a week later": {[]time.Duration{week}, false},
		"again in the last second of the day": {[]time.Duration{3 * s, 3*s + day - s}, true}, "again a day later": {[]time.Duration{3 * s, 3*s + day}, false},
		"again a day later, after other openings": {[]time.Duration{0, day / 2, day}, false},
		"again after the week":                    {[]time.Duration{week - s, week + day - 2*s}, true},
		"again a day later, after the week":       {[]time.Duration{week - s, week + day - s}, false},
		"five times":                              {[]time.Duration{0, 0, 0, 0, 0}, true},
		"six times":                               {[]time.Duration{0, 0, 0, 0, 0, 0}, false},
		"six times, the last in the second after": {[]time.Duration{0, s, s, s, s, 2 * s}, false},
		"five times, the last in the last second": {[]time.Duration{0, s, s, s, day - s}, true},
	} {
		w := newWorld(t)
		l := w.linked(ForRequests)
		for i, at := range row.at {
			w.clock.Set(now.Add(at))
			m := w.box()
			m.ExpiresAt = now.AddDate(1, 0, 0) // something else keeps the mailbox
			w.byID[box] = m
			session, value, err := w.open(l)
			if i < len(row.at)-1 || row.opens {
				if err != nil || session != (Session{Mailbox: box, Opening: i + 1, Ends: now.Add(at).Add(time.Hour)}) || value == "" {
					t.Errorf("%s, opening %d: %+v, %v", name, i+1, session, err)
				}
				if (session.Proof() != subject.Proof{Mailbox: box, Fresh: i == 0}) {
					t.Errorf("%s, opening %d proves %+v", name, i+1, session.Proof())
				}
				continue
			}
			if !errors.Is(err, errLink) || value != "" || session != (Session{}) {
				t.Errorf("%s: %+v, %v", name, session, err)
			}
		}
	}
}

// T06, T11: only the token of a link to the mailbox itself opens it, and nothing else is looked up.
func TestThreat_T11_WhichTokensOpen(t *testing.T) {
	w := newWorld(t)
	l := w.linked(ForRequests)
	hash := string(w.box().Links[0].Hash)
	other := aliases.Mailbox(subject.Address{Lookup: "bo@example.org"})
	m := w.box()
	m.ID, m.Version = other, 0
	if _, err := w.Save(t.Context(), m); err != nil { // it has the same hash
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		id    string
		token subject.Token
	}{
		"another token": {box, subject.NewToken()}, "no token": {box, ""}, "the hash itself": {box, subject.Token(hash)}, "a longer token": {box, l.Token + "A"},
		"a shorter token": {box, l.Token[:42]}, "another mailbox": {other, l.Token}, "an unknown mailbox": {aliases.Mailbox(subject.Address{Lookup: "x@example.org"}), l.Token},
		"no mailbox": {"", l.Token}, "a mailbox and more": {box + "A", l.Token}, "a line break": {box + "\n", l.Token}, "a padded mailbox": {box + "=", l.Token},
	} {
		w.trace = nil
		_, value, _, err := w.links().Open(t.Context(), row.id, row.token)
		if !errors.Is(err, errLink) || value != "" {
			t.Errorf("%s: %v", name, err)
		}
		if known := len(row.id) == len(box); (len(w.trace) > 0) != known && row.id != "" {
			t.Errorf("%s: %v", name, w.trace)
		}
	}
	links := w.links()
	links.Tokens = subject.Key("a stolen table has another key")
	if _, _, _, err := links.Open(t.Context(), box, l.Token); !errors.Is(err, errLink) {
		t.Errorf("under another key: %v", err)
	}
	if _, _, err := w.open(l); err != nil {
		t.Errorf("the right one, after all that: %v", err)
	}
}

// T11: each link has its own openings and its own time. A newer one does not end an older one. Links that are over are dropped with the next mail.
func TestThreat_T11_EachLinkIsOpenedByItself(t *testing.T) {
	w := newWorld(t)
	first := w.linked(ForRequests)
	w.clock.Advance(week - time.Hour)
	second := w.linked(ForRequests)
	for i, l := range []Letter{first, second, second, first} {
		if s, _, err := w.open(l); err != nil || s.Opening != 1+i/2 {
			t.Errorf("opening %d: %+v, %v", i, s, err)
		}
	}
	w.clock.Advance(24*time.Hour - time.Second)
	w.linked(ForRequests)
	w.clock.Advance(time.Second)
	fourth := w.linked(ForRequests)
	if links := w.box().Links; len(links) != 2 || links[0].N != 3 || links[1].N != 4 || fourth.N != 4 {
		t.Errorf("%+v", links)
	}
	if fourth.Mail().Part != "link-4" || fourth.Mail().About != box {
		t.Errorf("%+v", fourth.Mail())
	}
}

// T11, F15: of 200 openings of one link at once, five succeed, and one of these is the first.
func TestThreat_T11_ManyOpeningsAtOnce(t *testing.T) {
	w := newWorld(t)
	l := w.linked(ForRequests)
	links := &Links{Mailboxes: &w.boxes, Tokens: tokens, Policy: policytest.Always(terms), Now: w.now}
	var opened, fresh atomic.Int64
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			s, _, _, err := links.Open(t.Context(), box, l.Token)
			switch {
			case err == nil:
				opened.Add(1)
				if s.Proof().Fresh {
					fresh.Add(1)
				}
			case !errors.Is(err, errLink):
				t.Error(err)
			}
		})
	}
	if group.Wait(); opened.Load() != mostOpenings || fresh.Load() != 1 {
		t.Errorf("%d openings, %d fresh", opened.Load(), fresh.Load())
	}
}

// F02: what loses races tries again, and asks for patience if that does not end.
func TestFault_F02_AnOpeningThatLosesRaces(t *testing.T) {
	for races, busy := range map[int]bool{0: false, mostTries - 1: false, mostTries: true} {
		w := newWorld(t)
		l := w.linked(ForRequests)
		_, cookie, err := w.open(l)
		w.must(err)
		for name, do := range map[string]func() error{
			"open": func() error { _, _, err := w.open(l); return err },
			"ask":  func() error { return w.links().AskAgain(t.Context(), cookie) },
			"tell": func() error { return w.links().Tell(t.Context(), box, "", Act{Kind: Decided}) },
		} {
			w.races = races
			if err := do(); (fault.KindOf(err) == fault.Conflict) != busy || err != nil && !busy {
				t.Errorf("%s, %d races: %v", name, races, err)
			}
		}
		w.races = races
		if err := w.posting().Want(t.Context(), anna, ForConsents); errors.Is(err, ErrChanged) != busy {
			t.Errorf("want, %d races: %v", races, err)
		}
	}
}

// A wish for a link is stored as it was typed, and its answer is the same for every address. What is no address is refused and not stored.
func TestThreat_T14_AWishForALink(t *testing.T) {
	w := newWorld(t)
	w.must(w.links().Ask(t.Context(), "Stranger@example.org"))
	for _, a := range w.asks {
		if a.Email != "Stranger@example.org" || !a.NextAt.Equal(now) || a.ID == "" || !a.ExpiresAt.Equal(terms.SpanOf(policy.LinkWish).After(now)) {
			t.Errorf("%+v", a)
		}
	}
	for _, email := range []string{"", "anna", "anna@", "anna@example.org\r\nBcc: x@example.org", "4111111111111111@example.org"} {
		var bad *fault.Error
		if err := w.links().Ask(t.Context(), email); !errors.As(err, &bad) || bad.Kind != fault.Unacceptable || len(bad.Fields) != 1 || bad.Fields[0].Pointer != "/email" {
			t.Errorf("%q: %v", email, err)
		}
	}
	if len(w.asks) != 1 {
		t.Errorf("%d wishes", len(w.asks))
	}
}

// The mailbox is kept while a link opens it, while a session may last, and while a mail is due, and no longer.
func TestPromise_F08_HowLongAMailboxIsKept(t *testing.T) {
	w := newWorld(t)
	ends := func(when string, want time.Time) {
		t.Helper()
		if got := w.box().ExpiresAt; !got.Equal(want) {
			t.Errorf("%s: kept until %v, not %v", when, got, want)
		}
	}
	w.wants(ForRequests)
	ends("a mail is due", now.Add(week))
	w.clock.Advance(time.Hour)
	w.run()
	ends("a link was mailed", now.Add(time.Hour+week))
	_, cookie, err := w.open(w.letters[0])
	w.must(err)
	ends("the link was opened", now.Add(25*time.Hour))
	w.must(w.links().AskAgain(t.Context(), cookie))
	ends("another is due", now.Add(time.Hour+week))
	w.run()
	w.clock.Advance(23*time.Hour + 59*time.Minute)
	_, cookie, err = w.open(w.letters[0])
	w.must(err)
	w.must(w.links().End(t.Context(), cookie))
	ends("all has ended, but a cookie may be shown again", w.clock.Now().Add(time.Hour))
	m := Mailbox{SessionsEnd: now.Add(time.Hour), Links: []Link{{MintedAt: now.Add(-week + time.Minute)}}}
	if m.keep(terms, now); !m.ExpiresAt.Equal(now.Add(time.Hour)) {
		t.Errorf("a session outlives its link: kept until %v", m.ExpiresAt)
	}
	var none Mailbox
	if none.keep(terms, now); !none.ExpiresAt.Equal(now) {
		t.Errorf("nothing is left: kept until %v", none.ExpiresAt)
	}
	m.Receipt.NextAt = now
	if m.keep(terms, now); !m.ExpiresAt.Equal(now.Add(week)) {
		t.Errorf("a receipt is due: kept until %v", m.ExpiresAt)
	}
}
