package inbound_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mail/received"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// memory keeps the one mail that is taken in, and the request that it begins.
type memory struct {
	inbound.Mails
	raw     string
	request request.Request
	deleted bool
}

func (m *memory) Get(context.Context, string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader(m.raw)), nil
}
func (m *memory) Delete(context.Context, string) error { m.deleted = true; return nil }
func (m *memory) Load(context.Context, string) (request.File, error) {
	return request.File{}, request.ErrUnknown
}
func (m *memory) Save(_ context.Context, f request.File, _ ...request.Item) (request.File, error) {
	m.request = f.Request
	return f, nil
}

// takes takes a mail in, and returns what is kept of it. deleted says that it was deleted as it arrived.
func takes(t testing.TB, raw string) (r request.Request, deleted bool) {
	t.Helper()
	m, o := &memory{raw: raw}, links.Origin(servicetest.Origin)
	v := inbound.Receiver{Mails: m, Register: m, Read: received.Read, Threads: o.RequestOf, Origin: string(o), HasSecret: o.HasSecret, Policy: policy.InForce, Now: time.Now}
	if got, err := v.Take(t.Context(), inbound.Arrival{Object: "raw", At: time.Now(), Verdicts: servicetest.Vouched}); err != nil || got != inbound.Taken {
		t.Fatal(got, err)
	}
	return m.request, m.deleted
}

// words returns the text that is kept of a mail with a text.
func words(t testing.TB, text string) string {
	t.Helper()
	r, _ := takes(t, from(anna, "", text))
	return r.Messages[0].Text
}

// outbox keeps letters.
type outbox struct{ sent []mail.Message }

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.sent = append(o.sent, m)
	return nil
}

const ageIdentity = "AGE-SECRET-KEY-PQ-1QYZXW0R4L7PN3M5VD8TJ2K9HCE6FUAGSW4X0R9Q3L5ZN7PVTJ2K8DHM6YCE"

// quoted are letters that a reply may quote, with their secrets.
type quoted struct {
	mail.Message
	secrets []string
}

func ourLetters(t testing.TB) (all []quoted) {
	t.Helper()
	var box outbox
	post := letters.Post{Sender: &box, Origin: servicetest.Origin, Policy: policy.InForce, Now: time.Now}
	id, boxID := "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b", servicetest.Proof(anna).Mailbox
	token, status := subject.NewToken(), subject.NewToken()
	unsubscribe := mailbox.UnsubscribeToken(servicetest.Tokens, subject.NewID())
	p := policy.InForce(time.Now())
	r := request.Request{ID: id, Right: privacy.Access, Email: anna, ReceivedAt: time.Now(), Terms: p.Terms(), PolicyVersion: p.Version, Outcome: request.Outcome{Result: request.Done, Reason: "Done."}}
	waiting := []mailbox.Waiting{{ID: id, Right: privacy.Question, ReceivedAt: time.Now()}}
	for _, send := range []func() error{
		func() error {
			return post.Link(t.Context(), anna, mailbox.Letter{Mailbox: boxID, N: 1, Token: token, Waiting: waiting, Unsubscribe: unsubscribe})
		},
		func() error { return post.NothingStored(t.Context(), anna, r, status) },
		func() error {
			return post.ExportReady(t.Context(), r, export.Attempt{Request: id, Number: 1, OpenUntil: time.Now()}, token, ageIdentity, status)
		},
		func() error { return post.Closed(t.Context(), anna, r, status) },
	} {
		if err := send(); err != nil {
			t.Fatal(err)
		}
		m := box.sent[len(box.sent)-1]
		secrets := []string{string(token), string(status), ageIdentity, unsubscribe[23:], boxID}
		all = append(all, quoted{m, secrets})
	}
	return append(all, quoted{mail.Message{Subject: "One click", Text: "To stop these mails:\n" + links.Origin(servicetest.Origin).Unsubscribe(unsubscribe) + "\nThe team"}, []string{unsubscribe[23:]}})
}

// secretLink matches a link of ours with a secret.
var secretLink = regexp.MustCompile(`https://privacy\.example\.com(?:/\S*#|/v1/unsubscribe/)\S{20,}`)

// leaks returns a run of 22 characters of a secret that is in a text, however it is broken or encoded there.
func leaks(text string, secrets []string) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n>|", r) {
			return -1
		}
		return r
	}, text)
	plain = strings.NewReplacer("%2D", "-", "%2d", "-", "%5F", "_", "%5f", "_", "-2D", "-", "-5F", "_", "=\n", "").Replace(plain)
	for _, secret := range secrets {
		for i := 0; i+22 <= len(secret); i++ {
			if strings.Contains(plain, secret[i:i+22]) {
				return secret[i : i+22]
			}
		}
	}
	return ""
}

// ways are how mail programs and gateways write a link of ours in what they quote.
var ways = map[string]func(link string) string{
	"as it is":          func(link string) string { return link },
	"in angle brackets": func(link string) string { return "<" + link + ">" },
	"as Markdown":       func(link string) string { return "[Open](" + link + ")" },
	"in upper case": func(link string) string {
		return strings.Replace(link, servicetest.Origin, "HTTPS://Privacy.Example.COM", 1)
	},
	"encoded": func(link string) string {
		return "https://gateway.example.net/?url=" + url.QueryEscape(link) + "&data=05%7C01&reserved=0"
	},
	"encoded twice": func(link string) string {
		return "https://a.example.net/?u=" + url.QueryEscape("https://b.example.net/?u="+url.QueryEscape(link))
	},
	"encoded with dashes": func(link string) string {
		return "https://urldefense.example.net/v2/url?u=" + strings.NewReplacer("%", "-", "-", "-2D", "_", "-5F").Replace(strings.ReplaceAll(url.QueryEscape(link), "%2F", "_")) + "&d=DwMFaQ"
	},
	"all encoded":        func(link string) string { return strings.NewReplacer("-", "%2D", "_", "%5F", "#", "%23").Replace(link) },
	"within a sentence":  func(link string) string { return "I clicked on " + link + ", but it does not work." },
	"without a protocol": func(link string) string { return strings.TrimPrefix(link, "https://") },
}

// T12: whoever answers our mail quotes its link. However a program has broken or rewritten it, none of it is stored that opens anything.
func TestThreat_T12_QuotedSecretsAreNotStored(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(12, 12))
	tried := 0
	for _, letter := range ourLetters(t) {
		found := secretLink.FindAllString(letter.Text, -1)
		if len(found) == 0 {
			t.Fatalf("no link in %q", letter.Text)
		}
		for way, writes := range ways {
			for _, link := range found {
				written := writes(link)
				check := func(broken, how string) {
					tried++
					text := "Hello,\n\nmy own words, 4711.\n\nOn Monday, the team wrote:\n" + strings.ReplaceAll(letter.Text, link, broken) + "\nAnna"
					kept := words(t, text)
					rest := secretLink.ReplaceAllString(strings.ReplaceAll(letter.Text, link, ""), "")
					if leak := leaks(kept, letter.secrets); leak != "" {
						t.Fatalf("%s, %s, %s: %q is kept in\n%s", letter.Mail.Part, way, how, leak, kept)
					}
					if !strings.Contains(kept, "my own words, 4711.") || !strings.HasSuffix(kept, "Anna") || !strings.Contains(kept, strings.TrimSpace(rest[:20])) {
						t.Fatalf("%s, %s, %s: words are lost:\n%s", letter.Mail.Part, way, how, kept)
					}
				}
				check(written, "whole")
				ends := []string{"\n", "\n> ", "\n>>", "=\n", " \n  "}
				for i := 1; i < len(written); i += soak.Pick(5+random.IntN(40), 1) {
					for _, end := range soak.Pick(ends[i%5:i%5+1], ends) {
						check(written[:i]+end+written[i:], fmt.Sprintf("broken at %d by %q", i, end))
					}
				}
				for i := 1; i < len(written)-1; i += soak.Pick(20+random.IntN(40), 5) {
					for j := i + 1; j < len(written); j += soak.Pick(20+random.IntN(40), 5) {
						check(written[:i]+"\n> "+written[i:j]+"\n> "+written[j:], fmt.Sprintf("broken at %d and %d", i, j))
					}
				}
			}
		}
	}
	t.Logf("%d replies", tried)
}

// T12: the same letters as pages, which a reply quotes whole. Their links are in attributes and in texts.
func TestThreat_T12_QuotedPagesAreNotStored(t *testing.T) {
	t.Parallel()
	for _, letter := range ourLetters(t) {
		if letter.HTML == "" {
			continue
		}
		for _, width := range []int{0, 60, 72, 76, 100} {
			page := "<p>My own words</p><blockquote>" + letter.HTML + "</blockquote>"
			var out bytes.Buffer
			for width > 0 && len(page) > width { // quoted-printable, as mail programs send pages
				out.WriteString(strings.ReplaceAll(page[:width], "=", "=3D") + "=\r\n")
				page = page[width:]
			}
			out.WriteString(strings.ReplaceAll(page, "=", "=3D"))
			raw := from(anna, "Re: "+letter.Subject, out.String(), "Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: quoted-printable")
			r, _ := takes(t, raw)
			kept := r.Messages[0].Text
			if leak := leaks(kept, letter.secrets); leak != "" || !strings.Contains(kept, "My own words") {
				t.Errorf("%s at %d: %q is kept in\n%s", letter.Mail.Part, width, leak, kept)
			}
		}
	}
}
