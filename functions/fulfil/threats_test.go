package main

import (
	"fmt"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/consent"
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
	if err := s.schedule(); err != nil || s.to("anna@example.org") != 1 || len(s.box.All()) != 1 {
		t.Errorf("%v, %d mails to the spelling on record", err, s.to("anna@example.org"))
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
	s.ask(typed, "client", "2", consent.Granted)
	s.file("aNNA@example.org")
	s.fulfils()
	s.verify()
	s.fulfils()
	if n := len(s.box.All()); n != 3 || s.to(spelt) != 2 {
		t.Errorf("%d of %d mails to the spelling on record", s.to(spelt), n)
	}
	if s.Known("ANNA@EXAMPLE.ORG"); s.spelling(typed) != spelt {
		t.Errorf("typing changed the spelling to %q", s.spelling(typed))
	}
}

// T09: the limit on mails to an address never delays the answer to a confirmed request.
func TestThreat_T09_AnswersAreNotCounted(t *testing.T) {
	s := newRig(t)
	var own []string
	for range 3 {
		own = append(own, s.file("anna@example.org"))
	}
	if err := s.schedule(); err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		s.file(fmt.Sprintf("%s@example.org", []string{"anna", "Anna"}[i%2]))
	}
	s.verify()
	if err := s.schedule(); err != nil {
		t.Fatal(err)
	}
	for _, id := range own {
		if state := s.Load(id).Request.State; state != request.Fulfilling {
			t.Errorf("a confirmed request is %s", state)
		}
	}
	if n := len(s.box.All()); n != 3 {
		t.Errorf("%d mails, want three challenges", n)
	}
}
