package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

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

// T14: whether an address is known changes nothing until the mail is on its way: the steps that a stranger can set off make the same calls for
// both, in kind and number. Only the mail's own step looks at the data subject, and it runs when the stranger has had the answer. A consent puts an
// unknown address on record before its mail, which takes as many calls as to look a known one up.
func TestThreat_T14_TheSameCallsUpToTheMail(t *testing.T) {
	s := newRig(t)
	s.Known("known@example.org")
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
		var calls [2][]string
		for i, email := range []string{"known@example.org", "unknown@example.org"} {
			made = nil
			way(email)
			calls[i] = slices.Clone(made)
		}
		same := slices.Equal(calls[0], calls[1]) || name == "a consent" && len(calls[0]) == len(calls[1])
		if !same || len(calls[0]) < 4 {
			t.Errorf("%s: %v for a known address, %v for an unknown one", name, calls[0], calls[1])
		}
	}
	if n := len(s.box.All()); n != 0 {
		t.Errorf("%d mails: a step that a stranger sets off mails", n)
	}
	s.fulfils()
	texts := map[string]string{}
	for _, m := range s.box.All() {
		email := m.To[0]
		texts[email] = link.ReplaceAllString(strings.ReplaceAll(fmt.Sprint(m.Subject, m.Text), email, ""), "")
	}
	if len(texts) != 2 || texts["known@example.org"] != texts["unknown@example.org"] {
		t.Errorf("the mails differ: %v", texts)
	}
}
