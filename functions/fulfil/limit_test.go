package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// work lists the items with work left, without those that only look at the clock: what waits for its button is looked at when its link ends.
func (s *rig) work() (left string) {
	s.T.Helper()
	for _, item := range s.Scan("RequestsTable") {
		sk := dynamo.Text(item, dynamo.SK)
		waits := sk == "REQUEST" && dynamo.Text(item, "step") == string(request.StepLapse) || sk == "CONSENT" && dynamo.Text(item, "mailbox") != ""
		if item[dynamo.Work] != nil && !waits {
			left += fmt.Sprintf(" %.2s %s", dynamo.Text(item, dynamo.PK), sk)
		}
	}
	return left
}

// T09: a hundred filings, consents and wishes for a link (a thousand in a full run) name one address, and the stream does each at once. Three
// links leave for requests and wishes on each UTC day, and three for consents, whichever come first. What waits is repeated, and is not
// listed more than once.
func TestThreat_T09_LinksPerAddress(t *testing.T) {
	s := newRig(t)
	box := s.mailboxOf("anna@example.org")
	for i := range soak.Pick(100, 1000) {
		switch i % 3 {
		case 0:
			s.wake(work.Request, s.file("anna@example.org"))
		case 1:
			s.wake(work.Confirmation, s.ask("anna@example.org", fmt.Sprint("client ", i%20), fmt.Sprint(i), consent.Granted))
		default:
			s.wish("anna@example.org")
		}
		s.wake(work.Mailbox, box)
	}
	if n := s.links("anna@example.org"); n != 6 || len(s.box.All()) != n {
		t.Errorf("%d links in a day, of %d mails", n, len(s.box.All()))
	}
	waiting, err := s.Behind.Waiting(t.Context(), box)
	if err != nil || len(waiting) != 2 {
		t.Errorf("%+v, %v", waiting, err)
	}
	for day, want := range []int{8, 8} { // what was left over gets one more link for each reason, if it still matters
		s.Clock.Advance(24 * time.Hour)
		for range 2 {
			if s.fulfils(); s.links("anna@example.org") > want {
				t.Errorf("day %d: %d links", day+2, s.links("anna@example.org"))
			}
		}
	}
	if left := s.work(); left != "" {
		t.Errorf("work is left:%s", left)
	}
}

// wish asks for a link and takes the wish in.
func (s *rig) wish(email string) {
	s.T.Helper()
	if err := s.Links.Ask(s.T.Context(), email); err != nil {
		s.T.Fatal(err)
	}
	due, err := s.Queue.Due(s.T.Context(), s.Clock.Now().Add(time.Hour)) // the table has too many items to read them all each time
	if err != nil {
		s.T.Fatal(err)
	}
	for _, task := range due {
		if task.Kind == work.Link {
			s.wake(work.Link, task.Ref)
		}
	}
}

// wishes returns the ids of the wishes for a link that are stored.
func (s *rig) wishes() (ids []string) {
	s.T.Helper()
	for _, item := range s.Scan("RequestsTable") {
		if id, ok := strings.CutPrefix(dynamo.Text(item, dynamo.PK), "l#"); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// T09: mails for requests do not use up those for consents, and the other way round. A third kind is the holder's own: who has opened a link
// gets a new one, whatever strangers have set off.
func TestThreat_T09_EachReasonHasADayOfItsOwn(t *testing.T) {
	s := newRig(t)
	const email = "anna@example.org"
	steps := []func(i int){
		func(int) { s.file(email) },
		func(i int) { s.ask(email, "client", fmt.Sprint(i), consent.Granted) },
	}
	for i := range 10 {
		for _, step := range steps {
			step(i)
			s.fulfils()
		}
	}
	if n := s.links(email); n != 6 {
		t.Fatalf("%d links for requests and consents", n)
	}
	for i := range 5 {
		session, value, _, err := s.Links.Open(t.Context(), s.mailboxOf(email), s.newest(email))
		if err != nil || !session.Proof().Fresh {
			if i < 3 {
				t.Fatalf("link %d: %v, %+v", i, err, session)
			}
			break
		}
		if err := s.Links.AskAgain(t.Context(), value); err != nil {
			t.Fatal(err)
		}
		s.fulfils()
	}
	if n := s.links(email); n != 9 {
		t.Errorf("%d links, the holder's own included", n)
	}
}

// newest returns the token of the newest link to a mailbox.
func (s *rig) newest(email string) (token subject.Token) {
	for _, m := range s.box.All() {
		if found := link.FindStringSubmatch(m.Text); found != nil && found[1] == s.mailboxOf(email) {
			token = subject.Token(found[2])
		}
	}
	return token
}

// T09, T32: for ten days a stranger files requests in the owner's name, with other words each time. On each day the owner files a request,
// after the stranger has used up the day, opens the newest link, and confirms one: it is answered on that day.
func TestThreat_T09_NobodyIsSilenced(t *testing.T) {
	s := newRig(t)
	const email = "anna@example.org"
	s.Known(email)
	stranger := func(day, from, to int) {
		for i := from; i < to; i++ {
			s.File(request.Filing{Right: privacy.Access, Email: email, Details: fmt.Sprint("stranger ", day, i)})
			s.fulfils()
		}
	}
	for day := range 10 {
		stranger(day, 0, 10)
		mailed := s.links(email)
		own := s.file(email)
		s.fulfils()
		if s.links(email) != mailed {
			t.Fatalf("day %d: the stranger left room in the day", day)
		}
		proof, _ := s.open(email)
		waiting, err := s.Behind.Waiting(t.Context(), proof.Mailbox)
		if err != nil || len(waiting) == 0 || len(waiting) > 6 || !proof.Fresh {
			t.Fatalf("day %d: %d wait behind a link, fresh %t, %v", day, len(waiting), proof.Fresh, err)
		}
		if r := s.Load(own).Request; r.State != request.Verifying { // it is counted at one that waits
			own = waiting[0].ID
		}
		s.confirm(own, proof)
		s.fulfils()
		if r := s.Load(own).Request; r.State != request.Fulfilling || r.Email != email {
			t.Errorf("day %d: the owner's request is %s", day, r.State)
		}
		s.Clock.Advance(24 * time.Hour)
	}
}

// T09, T32: what is over the day's limit has no mail of its own, and still stands behind the link of that day, like everything else that waits.
func TestThreat_T09_OneLinkOpensWhatIsOverTheLimit(t *testing.T) {
	s := newRig(t)
	for i := range 5 {
		s.File(request.Filing{Right: privacy.Access, Email: "anna@example.org", Details: fmt.Sprint(i)})
		s.fulfils()
	}
	s.ask("ANNA@example.org", "client", "", consent.Granted)
	if s.fulfils(); s.links("anna@example.org")+s.links("ANNA@example.org") != 4 {
		t.Fatalf("%d mails", len(s.box.All()))
	}
	proof, box := s.open("anna@example.org")
	waiting, err := s.Behind.Waiting(t.Context(), proof.Mailbox)
	if err != nil || len(waiting) != 6 {
		t.Fatalf("%d wait, %v", len(waiting), err)
	}
	for _, w := range waiting {
		if w.Right != "" {
			s.confirm(w.ID, proof)
		} else if _, err := s.ByAddress.Confirm(t.Context(), w.ID, box, proof, false); err != nil {
			t.Error(err)
		}
	}
}

// T09: one client puts at most 60 consents a minute behind mailboxes, no matter how many addresses it names. Its other consents wait, but those
// of other clients do not. The addresses of one /64 are one client.
func TestThreat_T09_ConsentsPerClient(t *testing.T) {
	s, key := newRig(t), subject.Key("a key of tests")
	for i := range 70 {
		s.ask(fmt.Sprintf("p%d@example.org", i), key.Client([]string{"2001:db8::1", "2001:db8::2"}[i%2]), "", consent.Granted)
	}
	for i, ip := range []string{"2001:db8:0:1::1", "203.0.113.9"} {
		s.ask(fmt.Sprintf("q%d@example.org", i), key.Client(ip), "", consent.Granted)
	}
	for minute, want := range []int{62, 72, 72} {
		for range 2 {
			if s.fulfils(); len(s.box.All()) != want {
				t.Fatalf("minute %d: %d mails, want %d", minute, len(s.box.All()), want)
			}
		}
		s.Clock.Advance(time.Minute)
	}
}

// A consent that is over its client's limit waits twice as long after each try, so that it costs little. If it is mailed late, its link still has
// the full life.
func TestThreat_T09_WhatWaitsForItsClientCostsLittle(t *testing.T) {
	s := newRig(t)
	id := s.ask("anna@example.org", "client", "", consent.Granted)
	full, runs := true, 0
	s.edit(func(operation string, body map[string]any) {
		values, _ := body["ExpressionAttributeValues"].(map[string]any)
		if one, counts := values[":one"]; counts && operation == "UpdateItem" && full { // others of the client have used up the minute
			runs++
			one.(map[string]any)["N"] = "1000"
		}
	})
	asked := s.Clock.Now()
	for s.Clock.Now().Before(asked.Add(5 * 24 * time.Hour)) {
		s.fulfils()
		s.Clock.Advance(time.Minute * 16)
	}
	if len(s.box.All()) != 0 || runs > 60 {
		t.Errorf("%d mails, %d tries in five days", len(s.box.All()), runs)
	}
	full = false
	s.Clock.Advance(6 * time.Hour)
	s.fulfils()
	if s.links("anna@example.org") != 1 {
		t.Fatal("the mail did not leave")
	}
	s.Clock.Advance(linkLife - time.Minute)
	if s.fulfils(); s.agrees("anna@example.org", id) != nil {
		t.Error("a minute before the end of the link's week, the button does nothing")
	}
}

// If a caller repeats a consent, it is mailed once. Another caller who states the same has it counted, and gets a mail with the same line.
func TestARepeatedConsentWaitsOnce(t *testing.T) {
	s := newRig(t)
	for range 3 {
		s.ask("anna@example.org", "client", "key", consent.Granted)
		s.fulfils()
	}
	if len(s.box.All()) != 1 {
		t.Errorf("%d mails of one caller", len(s.box.All()))
	}
	s.ask("anna@example.org", "another client", "key", consent.Granted)
	s.fulfils()
	waiting, err := s.Behind.Waiting(t.Context(), s.mailboxOf("anna@example.org"))
	if err != nil || len(s.box.All()) != 2 || len(waiting) != 1 {
		t.Errorf("%d mails of two callers, %+v, %v", len(s.box.All()), waiting, err)
	}
	for range 20 {
		s.Clock.Advance(12 * time.Hour)
		s.fulfils()
	}
	waiting, err = s.Behind.Waiting(t.Context(), s.mailboxOf("anna@example.org"))
	if err != nil || len(s.box.All()) != 2 || len(waiting) != 0 || s.work() != "" {
		t.Errorf("ten days later: %d mails, %+v, %v, work left:%s", len(s.box.All()), waiting, err, s.work())
	}
}
