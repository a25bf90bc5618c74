package mailbox

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// tells has a receipt mailed about a request.
func (w *world) tells(kind ActKind, request string) {
	w.t.Helper()
	w.must(w.links().Tell(w.t.Context(), box, "", Act{Kind: kind, Request: request, Right: privacy.Access, DueAt: now.AddDate(0, 0, 30), TimeZone: "Europe/London"}))
}

// acts names the acts of the receipts.
func (w *world) acts() (all []string) {
	for _, r := range w.receipts {
		names := ""
		for _, a := range r.Acts {
			names += a.Request
		}
		all = append(all, names)
	}
	return all
}

// T31: what was done from a mailbox is told to its holder, at the spelling on record. The receipt of a confirmed request has the link to its status, which
// withdraws it. A receipt has no link that opens anything.
func TestThreat_T31_AnActIsTold(t *testing.T) {
	w := newWorld(t)
	w.opened()
	w.clock.Advance(time.Minute)
	w.tells(Confirmed, "r1")
	w.tells(Discarded, "r2")
	w.must(w.links().Tell(t.Context(), box, "", Act{Kind: Decided, Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied}}))
	w.run()
	if len(w.receipts) != 1 || len(w.letters) != 1 || len(w.receipts[0].Acts) != 3 {
		t.Fatalf("%d letters, %+v", len(w.letters), w.receipts)
	}
	r := w.receipts[0]
	if w.to[1] != "on record: anna@example.org" || r.Mailbox != box || r.N != 1 || r.Unsubscribe != UnsubscribeToken(tokens, sid) || r.Mail().Part != "receipt-1" || r.Mail().About != box {
		t.Errorf("%+v to %v", r, w.to)
	}
	if a := r.Acts[0]; a.Kind != Confirmed || a.Request != "r1" || a.Status != "status of r1" || a.Right != privacy.Access || !a.At.Equal(w.clock.Now()) || !a.DueAt.Equal(now.AddDate(0, 0, 30)) {
		t.Errorf("%+v", a)
	}
	if a, b := r.Acts[1], r.Acts[2]; a.Kind != Discarded || a.Status != "" || b.Kind != Decided || b.Status != "" || b.Decisions[privacy.MarketingEmail] != consent.Denied {
		t.Errorf("%+v, %+v", a, b)
	}
	if m := w.box(); len(m.Acts) != 0 || !m.Receipt.NextAt.IsZero() || m.Receipts != 1 {
		t.Errorf("%+v", m)
	}
	for range 3 {
		w.clock.Advance(25 * time.Hour)
		if w.run(); len(w.receipts) != 1 {
			t.Error("it was told again")
		}
	}
}

// T31: what counts without a confirmation is told with its status link, too. What imposed nothing new, was taken back or has lapsed has none.
func TestThreat_T31_OnlyWhatIsUnderWayHasAStatusLink(t *testing.T) {
	w := newWorld(t)
	w.opened()
	for i, kind := range []ActKind{Filed, Limited, Lifted, Lapsed} {
		w.tells(kind, "r"+strconv.Itoa(i))
	}
	w.run()
	if len(w.receipts) != 1 || len(w.receipts[0].Acts) != 4 {
		t.Fatalf("%+v", w.receipts)
	}
	for _, a := range w.receipts[0].Acts {
		if want := a.Kind == Filed; (a.Status != "") != want || want && a.Status != "status of r0" {
			t.Errorf("%+v", a)
		}
	}
}

// Nobody is told about an act at a mailbox that is gone.
func TestAnActAtAMailboxThatIsGone(t *testing.T) {
	w := newWorld(t)
	if w.tells(Confirmed, "r"); len(w.byID) != 0 {
		t.Errorf("%+v", w.byID)
	}
}

// Five receipts a day leave at once. The next one tells the rest of the day, on the day after. Receipts and links are counted apart.
func TestThreat_T09_FiveReceiptsADayAndADigest(t *testing.T) {
	w := newWorld(t)
	w.opened()
	for _, r := range reasons {
		for range limit.MailsPerDay {
			w.linked(r)
		}
	}
	for i := range 9 {
		w.tells(Confirmed, fmt.Sprint(i))
		w.run()
		w.clock.Advance(time.Minute)
	}
	if got := fmt.Sprint(w.acts()); got != "[0 1 2 3 4]" || !w.box().Receipt.NextAt.Equal(limit.NextDay(now)) {
		t.Fatalf("%s, next at %v", got, w.box().Receipt.NextAt)
	}
	w.clock.Set(limit.NextDay(now).Add(-time.Second))
	w.run()
	w.clock.Advance(time.Second)
	for range 2 {
		w.run()
	}
	if got := fmt.Sprint(w.acts()); got != "[0 1 2 3 4 5678]" {
		t.Errorf("%s", got)
	}
	if m := w.box(); m.Mailed.count(forReceipt, w.clock.Now()) != 1 || m.Receipts != 6 {
		t.Errorf("%+v", m)
	}
	if len(w.linked(ForRequests).Token) == 0 || len(w.linked(ForHolder).Token) == 0 {
		t.Error("receipts use up the mails with links")
	}
}

// A mailbox that nobody ever opened gets no more receipts than another, whatever strangers file with its address.
func TestThreat_T09_ReceiptsOfAMailboxWithoutALink(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		w.must(w.links().Tell(t.Context(), box, "anna@example.org", Act{Kind: Filed, Request: fmt.Sprint(i), Right: privacy.Complaint}))
		w.run()
		w.clock.Advance(time.Minute)
	}
	if n := len(w.receipts); n > receiptsPerDay {
		t.Errorf("%d receipts on one day", n)
	}
	w.clock.Set(limit.NextDay(now))
	w.run()
	if m := w.box(); len(m.Acts) != 0 || !m.ExpiresAt.Equal(limit.NextDay(w.clock.Now())) {
		t.Errorf("%+v", m)
	}
}

// T31: a stranger who files what nobody has to prove keeps nobody from being told of what was done with a link: neither by using up the receipts of the
// day, nor by filling the list of what waits for one, before the receipt or while it is on its way.
func TestThreat_T31_AFloodHidesNoAct(t *testing.T) {
	w := newWorld(t)
	w.opened()
	flood := func() {
		for i := range mostActs + 10 {
			w.tells(Filed, fmt.Sprint("filed", i))
		}
	}
	for range receiptsPerDay {
		w.tells(Filed, "f")
		w.run()
		w.clock.Advance(time.Minute)
	}
	w.tells(Lifted, "lifted")
	flood()
	w.during = func() {
		w.tells(Confirmed, "confirmed")
		flood()
	}
	for range 2 {
		w.clock.Advance(time.Minute)
		w.run()
	}
	if got := fmt.Sprint(w.acts()); !strings.Contains(got, " lifted") && !strings.Contains(got, "flifted") || !strings.Contains(got, "confirmed") || len(w.receipts) > receiptsPerDay {
		t.Errorf("%d receipts: %s", len(w.receipts), got)
	}
}

// F23: what becomes of a receipt after each answer to its mail. A refused one is taken back, so that it leaves within an hour of the end of an outage.
func TestFault_F23_WhatBecomesOfAReceipt(t *testing.T) {
	for name, row := range map[string]struct {
		mail            error
		acts, try, sent int
		err             error
	}{
		"accepted": {nil, 0, 0, 1, nil}, "refused": {subject.ErrMailRefused, 1, 1, 0, nil}, "uncertain": {subject.ErrMailUncertain, 1, 1, 1, nil},
		"unmailable": {subject.ErrUnmailable, 0, 0, 0, nil}, "another failure": {context.DeadlineExceeded, 1, 1, 1, context.DeadlineExceeded},
	} {
		w := newWorld(t)
		w.opened()
		w.tells(Confirmed, "r")
		w.mail = row.mail
		err := w.posting().Run(t.Context(), box)
		m := w.box()
		if !errors.Is(err, row.err) || len(m.Acts) != row.acts || m.Receipt.Try != row.try || m.Mailed.count(forReceipt, now) != row.sent || m.Receipt.NextAt.IsZero() != (row.try == 0) {
			t.Errorf("%s: %v, %+v", name, err, m)
		}
		if row.try > 0 && !m.Receipt.NextAt.Equal(now.Add(subject.MailAgain(1))) {
			t.Errorf("%s: next at %v", name, m.Receipt.NextAt)
		}
	}
	w := newWorld(t)
	w.opened()
	w.tells(Confirmed, "r")
	w.mail = subject.ErrMailRefused
	for end := limit.NextDay(now).Add(-2 * time.Hour); w.clock.Now().Before(end); w.clock.Advance(time.Minute) {
		w.run()
	}
	w.mail = nil
	w.clock.Advance(subject.LongestMailPause)
	if before := len(w.receipts); before < 10 {
		t.Errorf("%d tries", before)
	} else if w.run(); len(w.receipts) != before+1 || len(w.box().Acts) != 0 {
		t.Errorf("after the outage: %+v", w.box().Receipt)
	}
}

// What is done while a receipt is on its way gets a receipt of its own.
func TestAnActWhileAReceiptIsOnItsWay(t *testing.T) {
	w := newWorld(t)
	w.opened()
	w.tells(Confirmed, "a")
	w.during = func() {
		w.run() // a second run, which finds the mailbox claimed
		w.tells(Confirmed, "b")
	}
	for range 3 {
		w.run()
	}
	if got := fmt.Sprint(w.acts()); got != "[a b]" {
		t.Errorf("%s", got)
	}
	w.tells(Confirmed, "d")
	w.during = func() { w.races = mostTries }
	if err := w.posting().Run(t.Context(), box); !errors.Is(err, ErrChanged) {
		t.Errorf("%v", err)
	}
}

// A run sends the link that is due, and then the receipt that is due.
func TestALinkAndAReceiptInOneRun(t *testing.T) {
	w := newWorld(t)
	w.opened()
	w.tells(Confirmed, "a")
	w.wants(ForHolder)
	if w.run(); len(w.letters) != 2 || len(w.receipts) != 1 || !w.box().NextAt.IsZero() || !w.box().Receipt.NextAt.IsZero() {
		t.Errorf("%d letters, %d receipts, %+v", len(w.letters), len(w.receipts), w.box())
	}
	w.clock.Advance(-time.Second)
	w.tells(Confirmed, "b")
	w.clock.Advance(-time.Second)
	if w.run(); len(w.receipts) != 1 {
		t.Error("a second early")
	}
}

// Of many acts, the newest fifty wait for a receipt.
func TestHowManyActsWaitForAReceipt(t *testing.T) {
	m := Mailbox{}
	for i := range 60 {
		m.tell(Act{Request: fmt.Sprint(i)}, now.Add(time.Duration(i)*time.Second))
		if want := min(i+1, mostActs); len(m.Acts) != want || m.Acts[want-1].Request != fmt.Sprint(i) || !m.Receipt.NextAt.Equal(now) {
			t.Fatalf("%d: %d acts, next at %v", i, len(m.Acts), m.Receipt.NextAt)
		}
	}
	if m.Acts[0].Request != "10" {
		t.Errorf("the oldest is %s", m.Acts[0].Request)
	}
}

// F03: a run that is killed at any of its calls is repeated. The act is told, at worst twice.
func TestFault_F03_AReceiptThatIsKilled(t *testing.T) {
	setUp := func(w *world) {
		w.opened()
		w.tells(Confirmed, "a")
	}
	untilDone(t, setUp, func(w *world) error { return w.posting().Run(w.t.Context(), box) }, func(w *world, name string) {
		killed := len(w.receipts)
		for range 3 {
			w.clock.Advance(subject.MailAgain(1))
			w.run()
		}
		if m := w.box(); len(w.receipts) < 1 || len(w.receipts) > killed+1 || len(m.Acts) != 0 || !m.Receipt.NextAt.IsZero() || len(w.letters) != 1 {
			t.Errorf("%s: %d receipts of which %d had left, %+v", name, len(w.receipts), killed, m)
		}
	})
}
