package main

import (
	"fmt"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// T16: addresses that look alike are two data subjects. Addresses that differ only in ASCII case or the encoding of the domain are one.
func TestThreat_T16_ConfusablesStayApart(t *testing.T) {
	s := newRig(t)
	same := [][2]string{{"anna@example.org", "Anna@Example.ORG"}, {"anna@bücher.example", "anna@xn--bcher-kva.example"}, {"anna@BÜCHER.example", "ANNA@bücher.example"}}
	apart := [][2]string{
		{"anna@example.org", "аnna@example.org"}, {"anna@example.org", "anna+a@example.org"}, {"anna@example.org", "an.na@example.org"},
		{"anna@example.org", "anna@exаmple.org"}, {"straße@example.org", "strasse@example.org"}, {"ﬁona@example.org", "fiona@example.org"},
		{"\u212aarl@example.org", "karl@example.org"}, {"İpek@example.org", "ipek@example.org"}, {"ıpek@example.org", "ipek@example.org"},
		{"jose\u0301@example.org", "josé@example.org"}, {"anna@faß.example", "anna@fass.example"}, {"ANNÄ@example.org", "annä@example.org"},
	}
	for i, pair := range append(append([][2]string{}, same...), apart...) {
		one, two := s.Known(pair[0]), s.Known(pair[1])
		if want := i < len(same); (one == two) != want {
			t.Errorf("pair %d %+q: one data subject is %t", i, pair, one == two)
		}
	}
	if spelling := s.spelling("ANNA@example.org"); spelling != "anna@example.org" {
		t.Errorf("the look-up gave %q", spelling)
	}
	s.file("ANNA@EXAMPLE.ORG")
	if s.fulfils(); s.links("anna@example.org") != 1 || len(s.box.All()) != 1 {
		t.Errorf("%d links to the spelling on record, of %d mails", s.links("anna@example.org"), len(s.box.All()))
	}
}

// T16: mail goes to the spelling that somebody typed only until a system of the company sends another spelling.
func TestThreat_T16_MailFollowsTheCompanysSpelling(t *testing.T) {
	s := newRig(t)
	const typed, spelt = "ANNA@example.org", "anna@example.org"
	s.ask(typed, "client", "1", consent.Granted)
	s.fulfils()
	if s.to(typed) != 1 {
		t.Error("the first mail did not go where it was asked for")
	}
	s.sends(spelt, s.news())
	s.ask(typed, "client", "2", consent.Denied)
	s.fulfils()
	s.file("aNNA@example.org")
	s.fulfils()
	s.verify()
	s.fulfils()
	if n := len(s.box.All()); n != 4 || s.to(spelt) != 3 { // two links and the receipt; function export mails the answer
		t.Errorf("%d of %d mails to the spelling on record", s.to(spelt), n)
	}
	if s.Known("ANNA@EXAMPLE.ORG"); s.spelling(typed) != spelt {
		t.Errorf("typing changed the spelling to %q", s.spelling(typed))
	}
}

// T09: the limit on links to an address never delays the answer to a confirmed request, nor its receipt.
func TestThreat_T09_AnswersAreNotCounted(t *testing.T) {
	s := newRig(t)
	own := s.file("anna@example.org")
	for i := range 40 {
		s.File(request.Filing{Right: privacy.Access, Email: []string{"anna@example.org", "Anna@example.org"}[i%2], Details: fmt.Sprint(i)})
		if s.fulfils(); i == 0 {
			s.verify()
		}
	}
	if state := s.Load(own).Request.State; state != request.Fulfilling {
		t.Errorf("a confirmed request is %s", state)
	}
	links, receipts := 0, 0
	for _, email := range []string{"anna@example.org", "Anna@example.org"} {
		links, receipts = links+s.links(email), receipts+len(s.about(email, "receipt"))
	}
	if links != 3 || receipts != 1 || len(s.box.All()) != 4 {
		t.Errorf("%d links and %d receipts, of %d mails", links, receipts, len(s.box.All()))
	}
}
