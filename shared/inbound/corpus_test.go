package inbound_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/request/suggest"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// corpus returns the mails that were written for the tests of package received, and what is read of each, by their names.
func corpus(t *testing.T) (mails map[string]string, read map[string]inbound.Message) {
	t.Helper()
	paths, err := filepath.Glob("../mail/received/testdata/corpus/*.eml")
	if err != nil || len(paths) < 90 {
		t.Fatal(len(paths), err)
	}
	mails, read = map[string]string{}, map[string]inbound.Message{}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), ".eml")
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		recorded, err := os.ReadFile(strings.TrimSuffix(path, "eml") + "json")
		if err != nil {
			t.Fatal(err)
		}
		var m inbound.Message
		if err := json.Unmarshal(recorded, &m); err != nil {
			t.Fatal(name, err)
		}
		mails[name], read[name] = string(raw), m
	}
	return mails, read
}

// mailable reports whether a mail can reach the address.
func mailable(address string) bool {
	_, err := subject.Mailable(address)
	return err == nil
}

// H12: every mail of the corpus goes through the service. None crashes it. Of every mail by a person there is a request, or it has joined the one that waits.
// A mail by a machine begins nothing. Each mail causes at most one mail, which goes to the address in From, and is about nothing but the mail.
func TestPromise_H12_NoMailOfTheCorpusIsLost(t *testing.T) {
	t.Parallel()
	mails, read := corpus(t)
	names := slices.Sorted(maps.Keys(mails))
	s := newService(t)
	machines, people, mailed := 0, 0, 0
	for _, name := range names {
		before, m := len(s.Mails), read[name]
		a := s.arrives(mails[name], servicetest.Vouched)
		got := s.takes(a)
		sent := s.Mails[before:]
		if m.Machine != inbound.Person {
			machines++
			if got != inbound.Outcome(m.Machine) || len(sent) != 0 || slices.Contains(s.Arrived.Keys(), a.Object) {
				t.Errorf("%s, of a machine: %s, mails %+v", name, got, sent)
			}
			continue
		}
		people++
		r := s.Load(inbound.ID(a.Object)).Request
		if got != inbound.Taken || len(sent) > 1 {
			t.Errorf("%s: %s, mails %+v", name, got, sent)
		}
		for _, mail := range sent {
			mailed++
			if s.Parse(mail.To).Lookup != s.Parse(m.From).Lookup || mail.Kind != "link" || len(mail.Waiting) != 1 || mail.Waiting[0].ID != r.ID {
				t.Errorf("%s, from %q: mailed %+v", name, m.From, mail)
			}
		}
		s.has(name, r, m)
	}
	if machines < 5 || people < 90 || mailed < 1 {
		t.Errorf("%d machines, %d people, %d mails", machines, people, mailed)
	}
	waiting := map[string]int{}
	for _, r := range s.all() {
		if r.State == request.Verifying && r.Mailbox != "" {
			waiting[r.Mailbox]++
		}
	}
	for box, n := range waiting {
		if n != 1 {
			t.Errorf("%d mails wait behind %s", n, box)
		}
	}
}

// has fails the test if the words of a mail are not where they have to be: with its request, or with the one that it has joined, unless enough wait there.
func (s *service) has(name string, r request.Request, m inbound.Message) {
	s.T.Helper()
	switch {
	case r.State == request.Lapsed:
		waits := slices.IndexFunc(s.all(), func(o request.Request) bool { return o.Mailbox == r.Mailbox && o.State == request.Verifying })
		if waits < 0 {
			s.T.Errorf("%s has joined nothing", name)
		} else if o := s.all()[waits]; o.Repeats+len(o.Messages) < 2 {
			s.T.Errorf("%s has joined %+v", name, o)
		}
	case r.State != request.Verifying || len(r.Messages) == 0:
		s.T.Errorf("%s: %+v", name, r)
	default:
		kept := r.Messages[0]
		if m.Cut && !kept.Cut || kept.Attachments != m.Attachments || m.Text != "" && kept.Text == "" || (r.Email == "") == mailable(m.From) {
			s.T.Errorf("%s is kept as %+v from %q", name, kept, r.Email)
		}
		if r.Email == "" && (r.Step != "" || kept.Sure) {
			s.T.Errorf("%s, of nobody: %+v", name, r)
		}
	}
}

// H12: each mail of the corpus whose sender's domain denies it waits for the team, and nobody is mailed.
func TestPromise_H12_TheCorpusForged(t *testing.T) {
	t.Parallel()
	mails, read := corpus(t)
	s := newService(t)
	for _, name := range soak.Sample(slices.Sorted(maps.Keys(mails)), 7) {
		a := s.arrives(mails[name], forged)
		if s.takes(a); read[name].Machine == inbound.Person && s.Load(inbound.ID(a.Object)).Request.State == request.Open {
			t.Errorf("%s is open", name)
		}
	}
	if len(s.Mails) != 0 || len(s.queue()) == 0 {
		t.Errorf("%d mails, %d lines", len(s.Mails), len(s.queue()))
	}
}

// bombs are mails that are made to exhaust a reader, each by a sender of its own: how it begins, what it repeats, and its size.
func bombs(size int) map[string]string {
	all := map[string]string{}
	for name, b := range map[string][2]string{
		"fields": {"", "X-A: b\r\n"}, "references": {"", "References: <a@b.example>\r\n"}, "a subject": {"Subject: ", "=?utf-8?Q?=41?= "}, "recipients": {"To: a@example.org", ",\r\n b@example.org"},
		"lines": {"\r\n", "a\r\n"}, "one line": {"\r\n", "word "}, "one word": {"\r\n", "aB1"}, "our links": {"\r\n", servicetest.Origin + "/me#a\n"}, "pieces of links": {"\r\n" + servicetest.Origin + "/me#\n", "aB1c\n"},
		"hosts": {"\r\n", "privacy.example.com"}, "digits": {"\r\n", "4"}, "cards": {"\r\n", "4111 1111 1111 1111 "}, "marks of quoting": {"\r\n", "> "}, "zeros": {"\r\n", "\x00"}, "invalid": {"\r\n", "\xff"}, "wide": {"\r\n", "𝄞"},
		"parts": {"Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\n\r\nx\r\n"}, "nesting": {"Content-Type: multipart/mixed; boundary=b\r\n\r\n", "--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"},
		"tags": {"Content-Type: text/html\r\n\r\n", "<blockquote><div>x"}, "links in a page": {"Content-Type: text/html\r\n\r\n", "<a href=" + servicetest.Origin + "/me#aB1aB1aB1aB1aB1aB1aB1aB1aB1>z</a>"}, "base64": {"Content-Transfer-Encoding: base64\r\n\r\n", "QUJD"},
		"article": {"\r\n", "Art. 15 "}, "wishes": {"\r\n", "please delete my account and "}, "percent": {"\r\n", "%2D%5F"},
	} {
		start := "From: bomb-" + strings.ReplaceAll(name, " ", "-") + "@example.org\r\n" + b[0]
		all[name] = start + strings.Repeat(b[1], 1+size/len(b[1]))
	}
	return all
}

// H12, T09: a mail that is made to exhaust its reader is kept too, and its request fits into the store. Its sender gets one mail.
func TestPromise_H12_BombsAreKept(t *testing.T) {
	t.Parallel()
	all := bombs(soak.Pick(300<<10, 9<<20))
	s := newService(t)
	for _, name := range soak.Sample(slices.Sorted(maps.Keys(all)), 3) {
		before := len(s.Mails)
		a := s.arrives(all[name], servicetest.Vouched)
		if got := s.takes(a); got != inbound.Taken || len(s.Mails) != before+1 {
			t.Errorf("%s: %s, %d mails", name, got, len(s.Mails)-before)
			continue
		}
		r := s.Load(inbound.ID(a.Object)).Request
		if to := s.LastMail().To; !strings.HasPrefix(to, "bomb-") || to != r.Email || len(r.Messages) != 1 {
			t.Errorf("%s: mailed to %s; %.300s", name, to, fmt.Sprint(r))
		}
		if suggest.Right(r.Messages); len([]rune(r.Messages[0].Text)) > request.LongestMessage {
			t.Errorf("%s: %d characters", name, len([]rune(r.Messages[0].Text)))
		}
	}
}
