package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// T01: whoever types an address in another spelling gets no mail themselves. Links and receipts go to the spelling on record, however the address
// was typed and by whichever way.
func TestThreat_T01_MailGoesToTheSpellingOnRecord(t *testing.T) {
	s := newRig(t)
	const onRecord, typed = "anna@example.org", "ANNA@EXAMPLE.ORG"
	s.Known(onRecord)
	for _, way := range []func(){
		func() { s.file(typed) },
		func() { s.ask("AnnA@example.org", "client", "", consent.Granted) },
		func() { s.wish("Anna@Example.org") },
	} {
		way()
		s.fulfils()
	}
	s.verify()
	s.fulfils()
	if n := len(s.box.All()); n != 4 || s.to(onRecord) != n || s.links(onRecord) != 3 || len(s.receipts(onRecord)) != 1 {
		t.Errorf("%d of %d mails to the spelling on record, %d links, %d receipts", s.to(onRecord), n, s.links(onRecord), len(s.receipts(onRecord)))
	}
	if s.spelling(typed) != onRecord {
		t.Errorf("typing changed the spelling to %q", s.spelling(typed))
	}
}

// T14: whether an address is known, shared or taken away changes nothing until the mail is on its way: the steps that a stranger can set off make
// the same calls for all of them, in kind and number. Only the mail's own step looks at the data subject, and it runs when the stranger has had the answer. A consent puts an
// unknown address on record before its mail, which takes as many calls as to look a known one up, and keeps everybody on record who uses a shared one.
func TestThreat_T14_TheSameCallsUpToTheMail(t *testing.T) {
	s := newRig(t)
	s.Known("known@example.org")
	for id, emails := range map[string][]string{"c-1": {"shared@example.org"}, "c-2": {"shared@example.org"}, "c-3": {"there@example.org", "detached@example.org"}} {
		s.knows(id, emails[0], account(s.Clock.Now().AddDate(0, -1, 0), time.Time{}))
		if len(emails) > 1 {
			s.states(id, false, emails...)
			s.states(id, false, emails[0])
		}
	}
	s.fulfils()
	before := len(s.box.All())
	var made []string
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		made = append(made, c.Operation)
		return c.Send()
	}
	ways := map[string]func(email string){
		"a filing":  func(email string) { s.wake(work.Request, s.file(email)) },
		"a wish":    func(email string) { s.wish(email) },
		"a consent": func(email string) { s.wake(work.Confirmation, s.ask(email, "client", "", consent.Granted)) },
	}
	for name, way := range ways {
		var known []string
		for i, email := range []string{"known@example.org", "unknown@example.org", "shared@example.org", "detached@example.org"} {
			made = nil
			way(email)
			if email == "known@example.org" {
				known = slices.Clone(made)
			}
			same := slices.Equal(known, made) || name == "a consent" && (len(known) == len(made) || i > 1)
			if !same || len(known) < 4 {
				t.Errorf("%s: %v for a known address, %v for %s", name, known, made, email)
			}
		}
	}
	if n := len(s.box.All()); n != before {
		t.Errorf("%d mails: a step that a stranger sets off mails", n-before)
	}
	s.fulfils()
	texts := map[string]string{}
	for _, m := range s.box.All()[before:] {
		email := m.To[0]
		texts[email] = link.ReplaceAllString(strings.ReplaceAll(fmt.Sprint(m.Subject, m.Text), email, ""), "")
	}
	if len(texts) != 4 || texts["known@example.org"] != texts["unknown@example.org"] {
		t.Errorf("the mails differ: %v", texts)
	}
}
