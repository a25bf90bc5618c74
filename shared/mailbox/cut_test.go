package mailbox

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// cut cuts a mailbox at a time since the beginning.
func (w *world) cut(after time.Duration) {
	w.t.Helper()
	w.must(w.links().Cut(w.t.Context(), box, now.Add(after)))
}

// T27: a cut lets every link and every session die that existed at its time, however often it is repeated. A link that was mailed since opens.
func TestThreat_T27_ACutEndsLinksAndSessions(t *testing.T) {
	w := newWorld(t)
	first := w.linked(ForRequests)
	_, cookie, err := w.open(first)
	w.must(err)
	second := w.linked(ForRequests)
	w.clock.Advance(time.Minute)
	w.cut(time.Minute)
	for _, l := range []Letter{first, second} {
		if _, _, err := w.open(l); !errors.Is(err, errLink) {
			t.Errorf("link %d: %v", l.N, err)
		}
	}
	if _, _, err := w.links().Session(t.Context(), cookie); fault.KindOf(err) != fault.Unauthenticated {
		t.Errorf("the session: %v", err)
	}
	if m := w.box(); m.Subject != "" || !m.ExpiresAt.Equal(now.Add(time.Hour)) {
		t.Errorf("the mailbox does not outlive its cookies, or knows somebody: %+v", m)
	}
	w.clock.Advance(time.Second)
	_, cookie, err = w.open(w.linked(ForRequests))
	w.must(err)
	before := w.box().Version
	for range 2 { // the task of a change is repeated
		w.cut(time.Minute)
	}
	if _, _, err := w.links().Session(t.Context(), cookie); err != nil || w.box().Version != before {
		t.Errorf("a repeated cut: %v, %+v", err, w.box())
	}
}

// T27: a cut that comes late leaves the link that was mailed since, and whom it knows. The session that it began ends, and the link opens again.
func TestThreat_T27_ACutThatComesLate(t *testing.T) {
	w := newWorld(t)
	old := w.linked(ForRequests)
	w.clock.Advance(time.Minute)
	link := w.linked(ForRequests)
	_, cookie, err := w.open(link)
	w.must(err)
	w.cut(time.Minute - time.Second)
	if _, _, err := w.links().Session(t.Context(), cookie); err == nil {
		t.Error("a session goes on that may have begun before")
	}
	if _, _, err := w.open(old); !errors.Is(err, errLink) {
		t.Errorf("the old link: %v", err)
	}
	if _, _, err := w.open(link); err != nil || w.box().Subject != sid {
		t.Errorf("the new link: %v, %+v", err, w.box())
	}
}

// T27: a mail with a link is on its way while its mailbox is cut. The link opens nothing, so another one is mailed, also for what is wanted meanwhile.
func TestThreat_T27_ACutWhileAMailIsOnItsWay(t *testing.T) {
	w := newWorld(t)
	w.wants(ForRequests)
	w.during = func() {
		w.cut(0)
		w.clock.Advance(time.Second)
		w.wants(ForChanges)
	}
	w.run()
	if len(w.letters) != 1 || !w.box().Reached(w.clock.Now()) {
		t.Fatalf("%d mails, the next is due at %v", len(w.letters), w.box().NextAt)
	}
	w.run()
	if _, _, err := w.open(w.letters[0]); !errors.Is(err, errLink) {
		t.Errorf("the link that was cut off: %v", err)
	}
	if _, _, err := w.open(w.letters[1]); err != nil || !w.box().NextAt.IsZero() || len(w.box().Wanted) != 0 {
		t.Errorf("the one after it: %v, %+v", err, w.box())
	}
}

// A cut of a mailbox that is not stored does nothing. One that loses races tries again, and gives up with an error, so that its task is repeated.
func TestFault_F02_ACutThatLosesRaces(t *testing.T) {
	w := newWorld(t)
	w.cut(0)
	if len(w.byID) != 0 {
		t.Errorf("%+v", w.byID)
	}
	link := w.linked(ForRequests)
	w.races = mostTries
	if err := w.links().Cut(t.Context(), box, now); fault.KindOf(err) != fault.Conflict {
		t.Errorf("%v", err)
	}
	w.races = mostTries - 1
	w.cut(0)
	if _, _, err := w.open(link); !errors.Is(err, errLink) {
		t.Errorf("the link: %v", err)
	}
}

// cut notes what is cut.
func (p *person) cut(_ context.Context, mailbox string, at time.Time) error {
	p.cuts = append(p.cuts, fmt.Sprint(mailbox, " ", at.Sub(now)))
	return nil
}

// T27: which reports cut a mailbox: every mail that came back for good, of whatever kind. A report about a link or a receipt names the mailbox; any other
// is about the address to which the mail went.
func TestThreat_T27_WhichReportsCutAMailbox(t *testing.T) {
	about := func(kind feedback.Kind, id, address string, outcome feedback.Outcome, permanent bool) feedback.Event {
		return feedback.Event{Mail: feedback.Mail{Kind: kind, About: id, Part: "p"}, Address: address, Outcome: outcome, Permanent: permanent, At: now.Add(time.Hour + time.Millisecond)}
	}
	annas, bos := box+" 1h0m0s", aliases.Mailbox(subject.Address{Lookup: "bo@example.org"})+" 1h0m0s"
	for name, row := range map[string]struct {
		event feedback.Event
		want  string
	}{
		"an answer":                   {about(feedback.Request, "019ab2c4", "anna@example.org", feedback.Bounced, true), annas},
		"an answer, in capitals":      {about(feedback.Request, "019ab2c4", "ANNA@EXAMPLE.ORG", feedback.Bounced, true), annas},
		"a notice":                    {about(feedback.Notice, "2026-11-02", "bo@example.org", feedback.Bounced, true), bos},
		"a link":                      {about(feedback.Link, box, "", feedback.Bounced, true), annas},
		"a receipt":                   {about(feedback.Receipt, box, "bo@example.org", feedback.Bounced, true), annas},
		"a notice to no address":      {about(feedback.Notice, "2026-11-02", "no address", feedback.Bounced, true), ""},
		"an answer, for now":          {about(feedback.Request, "019ab2c4", "anna@example.org", feedback.Bounced, false), ""},
		"a link that was not sent":    {about(feedback.Link, box, "", feedback.Rejected, true), ""},
		"an answer that was rejected": {about(feedback.Request, "019ab2c4", "anna@example.org", feedback.NotRendered, true), ""},
		"a link that arrived":         {about(feedback.Link, box, "", feedback.Delivered, true), ""},
		"a complaint":                 {about(feedback.Link, box, "anna@example.org", feedback.Complained, true), ""},
	} {
		p := newPerson()
		if err := p.reports().Returned(t.Context(), row.event); err != nil || row.want == "" && len(p.cuts) != 0 || row.want != "" && fmt.Sprint(p.cuts) != "["+row.want+"]" {
			t.Errorf("%s: %v, %v", name, err, p.cuts)
		}
	}
}
