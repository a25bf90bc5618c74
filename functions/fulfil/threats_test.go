package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
)

// variants are a hundred ways to write something like anna.lee@example.org.
func variants() []string {
	all := []string{
		"anna.lee+x@example.org", "annalee@example.org", "anna..lee@example.org", "anna.lee@example.org.", "anna.lee@sub.example.org", "anna.lee@example.org@evil.example",
		"anna.lee%evil.example@example.org", "evil.example!anna.lee@example.org", "<anna.lee@example.org>", "Anna Lee <anna.lee@example.org>",
		"anna.lee@example.org <evil@evil.example>", "\"anna.lee@example.org\" <evil@evil.example>", "anna.lee@example.org,evil@evil.example",
		"anna.lee@example.org;evil@evil.example", "anna.lee@example.org evil@evil.example", "anna.lee@example.org\nBcc:evil@evil.example",
		"anna.lee@example.org\r\nReply-To:evil@evil.example", "anna.lee@example.org(evil@evil.example)", "\"anna.lee\"@example.org", "anna.lee@[192.0.2.1]",
		" anna.lee@example.org", "anna.lee@example.org ", "anna.lee @example.org", "anna.lee@ example.org", "mailto:anna.lee@example.org", "anna.lee@example.org?cc=evil@evil.example",
		"anna.lee\u200b@example.org", "anna.lee\u202e@example.org", "\ufeffanna.lee@example.org", "аnna.lee@example.org", "anna.lee@exаmple.org", "anna.lee@ехample.org",
		"anna.lee@example.org\x00", "anna.lee\x00@example.org", "ａnna.lee@example.org", "anna．lee@example.org", "anna.lee＠example.org", "anna.lee@example。org",
		"anna.lee@ｅxample.org", "anna.leé@example.org", "anna.lée@example.org", "anna_lee@example.org", "anna-lee@example.org", "@example.org", "anna.lee@", "anna.lee",
		"anna.lee@example", "anna.lee@example.com", "anna.lee@xn--exmple-4nf.org", "anna.ʟee@example.org",
	}
	for i := 0; len(all) < 100; i++ { // capitals, one bit for a letter
		b := []byte("anna.lee@example.org")
		for bit, at := range []int{0, 1, 2, 5, 9, 17} {
			if (i+1)>>bit&1 == 1 {
				b[at] -= 'a' - 'A'
			}
		}
		all = append(all, string(b))
	}
	return all
}

// T01: a hundred ways to write an address, each filed and every challenge answered by whoever got it: the answer about the
// data subject goes to the address on record, as it is spelt there, and nowhere else.
func TestThreat_T01_AnswersGoToTheAddressOnRecord(t *testing.T) {
	s := newService(t)
	const record = "anna.lee@example.org"
	id := s.introduce(record)
	filed := 0
	var ids []string
	for _, v := range variants() {
		r, err := s.desk.File(t.Context(), request.Filing{Right: privacy.Access, Email: v, Details: "Reply-To: evil@evil.example"})
		if err != nil {
			continue
		}
		filed++
		ids = append(ids, r.ID)
		if err := s.schedule(); err != nil {
			t.Fatal(err)
		}
		s.wait(24 * time.Hour) // or three of them would have used up the day's challenges
		s.verify()
		if err := s.schedule(); err != nil {
			t.Fatal(err)
		}
	}
	if filed < 50 {
		t.Fatalf("only %d variants were accepted", filed)
	}
	answers := 0
	for _, rid := range ids {
		file := s.load(rid)
		for _, e := range file.Exports {
			answers++
			if e.Subject != id || file.Request.Email != record {
				t.Error("an export of somebody else, or to somewhere else")
			}
		}
		if strings.ContainsFunc(file.Request.Email[:strings.LastIndex(file.Request.Email, "@")], func(r rune) bool { return r > unicode.MaxASCII }) {
			if file.Request.State != request.Lapsed { // SES takes no such local part, so nobody could answer
				t.Errorf("a request that cannot be answered is left %s", file.Request.State)
			}
			continue
		}
		if len(file.Exports) == 0 && file.Request.State != request.Fulfilled {
			t.Errorf("a request is left %s", file.Request.State)
		}
	}
	if answers != 51 {
		t.Errorf("%d exports; fifty variants differ by ASCII case alone, and one writes the same domain in full-width letters", answers)
	}
	for _, m := range s.box.All() {
		if len(m.To) != 1 || m.Headers["Reply-To"] != "" || strings.Contains(m.Text+m.HTML+m.Subject, "evil.example") {
			t.Errorf("a mail to %d addresses, or with what a stranger wrote", len(m.To))
		}
		if m.To[0] != record && strings.EqualFold(m.To[0], record) {
			t.Error("a mail went to a spelling that is not on record")
		}
	}
}

// T16: addresses that look alike are two data subjects; ASCII case and the encoding of a domain make no difference.
func TestThreat_T16_ConfusablesStayApart(t *testing.T) {
	s := newService(t)
	same := [][2]string{{"anna@example.org", "Anna@Example.ORG"}, {"anna@bücher.example", "anna@xn--bcher-kva.example"}, {"anna@BÜCHER.example", "ANNA@bücher.example"}}
	apart := [][2]string{
		{"anna@example.org", "аnna@example.org"}, {"anna@example.org", "anna+a@example.org"}, {"anna@example.org", "an.na@example.org"},
		{"anna@example.org", "anna@exаmple.org"}, {"straße@example.org", "strasse@example.org"}, {"ﬁona@example.org", "fiona@example.org"},
		{"\u212aarl@example.org", "karl@example.org"}, {"İpek@example.org", "ipek@example.org"}, {"ıpek@example.org", "ipek@example.org"},
		{"jose\u0301@example.org", "josé@example.org"}, {"anna@faß.example", "anna@fass.example"}, {"ANNÄ@example.org", "annä@example.org"},
	}
	for i, pair := range append(append([][2]string{}, same...), apart...) {
		one, two := s.introduce(pair[0]), s.introduce(pair[1])
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

// T16: mail goes to the spelling that was typed only until a system of the company's says how the address is spelt.
func TestThreat_T16_MailFollowsTheCompanysSpelling(t *testing.T) {
	s := newService(t)
	const typed, spelt = "ANNA@example.org", "anna@example.org"
	s.ask(typed, "client", "1", consent.Granted)
	s.fulfils()
	if s.to(typed) != 1 {
		t.Error("the first mail did not go where it was asked for")
	}
	s.sends(spelt)
	s.ask(typed, "client", "2", consent.Granted)
	s.file("aNNA@example.org")
	s.fulfils()
	s.verify()
	s.fulfils()
	if n := len(s.box.All()); n != 3 || s.to(spelt) != 2 {
		t.Errorf("%d of %d mails to the spelling on record", s.to(spelt), n)
	}
	if s.introduce("ANNA@EXAMPLE.ORG"); s.spelling(typed) != spelt {
		t.Errorf("typing changed the spelling to %q", s.spelling(typed))
	}
}

// sends is a system of the company's sending a marketing record about an address.
func (s *service) sends(email string) record.Outcome {
	s.t.Helper()
	a, err := address.Parse(email)
	if err != nil {
		s.t.Fatal(err)
	}
	now := s.time()
	got, err := s.writer.Session(a, s.known.key.Alias(a)).Put(s.t.Context(), record.Record{Category: privacy.Marketing, ID: "news", Source: privacy.Direct,
		OccurredAt: now, Data: fmt.Appendf(nil, `{"interests":[],"list":"news","subscribedAt":%q}`, now.Format(time.RFC3339))})
	if err != nil {
		s.t.Fatal(err)
	}
	return got.Outcome
}

// spelling returns how an address is spelt on record.
func (s *service) spelling(email string) string {
	s.t.Helper()
	a, err := address.Parse(email)
	if err != nil {
		s.t.Fatal(err)
	}
	_, spelling, _, err := s.known.Find(s.t.Context(), a)
	if err != nil {
		s.t.Fatal(err)
	}
	return spelling
}

// T09: what was counted against strangers never keeps an answer back.
func TestThreat_T09_AnswersAreNotCounted(t *testing.T) {
	s := newService(t)
	for range 3 {
		s.file("anna@example.org")
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
	if n := len(s.box.All()); n != 6 {
		t.Errorf("%d mails, want three challenges and three answers", n)
	}
}
