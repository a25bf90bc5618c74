package letters_test

import (
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var _ mailbox.LinkMailer = letters.Post{}

// words returns a text with runs of white space as one space.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// parts returns both parts of a mail as a reader sees them.
func parts(m mail.Message) map[string]string {
	_, body, _ := strings.Cut(m.HTML, "<body")
	body = regexp.MustCompile(`</?(b|strong)>|</a>|<a [^>]*>`).ReplaceAllString("<body"+body, "")
	return map[string]string{"text": words(m.Text), "html": words(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")))}
}

// holds checks that both parts of a mail say something, and do not say something else.
func holds(t *testing.T, name string, m mail.Message, says, silent []string) {
	t.Helper()
	for part, text := range parts(m) {
		for _, want := range says {
			if !strings.Contains(text, want) {
				t.Errorf("%s, %s: lacks %q:\n%s", name, part, want, text)
			}
		}
		for _, banned := range silent {
			if strings.Contains(text, banned) {
				t.Errorf("%s, %s: says %q:\n%s", name, part, banned, text)
			}
		}
	}
}

const (
	firstAsked  = "Get a copy of my data Access (Art. 15 GDPR): Receive a copy & more. Received on 2 July 2031. If you confirm it, we answer by 31 July 2031 at the latest."
	consentOnce = "Consent: Mail & <offers> Received on 2 July 2031."
	eachAlone   = "each thing on its own"
	notMe       = "If this was not you, you do not need to do anything: what nobody confirms lapses. You can also open the page and press “This was not me”."
)

// T06, T32: the mail names each thing that waits with its day, each on its own, although two have the same right.
func TestThreat_T06_TheLinkNamesWhatWaits(t *testing.T) {
	m := mails(t, small())
	again := func(day, due string) string {
		return "Get a copy of my data Received on " + day + ". If you confirm it, we answer by " + due + " at the latest."
	}
	for name, row := range map[string]struct{ says, silent []string }{
		"link":          {[]string{"asked for a link to the privacy page of this email address", "Nobody can open the page without a link that we mailed to this address."}, []string{"Received on", "Please confirm", "until you confirm", "This was not me", "waits"}},
		"link-request":  {[]string{"made this request with your email address. Please confirm it if it is yours: " + firstAsked, notMe}, []string{eachAlone, "choice"}},
		"link-requests": {[]string{"made these requests with your email address. Please confirm what is yours: " + firstAsked, again("3 July 2031", "1 August 2031"), eachAlone, notMe}, []string{"Consent:", "this request", "choice"}},
		"link-consent":  {[]string{"made this choice with your email address", consentOnce, notMe}, []string{eachAlone, "we answer by", "Stories", "refused", "this request"}},
		"link-refusal":  {[]string{"Refusal or withdrawal of consent Received on 2 July 2031.", notMe}, []string{"Mail & <offers>", "we answer by"}},
		"link-choices":  {[]string{consentOnce, "Refusal or withdrawal of consent Received on 2 July 2031.", eachAlone}, []string{"we answer by"}},
		"link-both": {[]string{firstAsked, again("5 July 2031", "3 August 2031"), consentOnce + " Consent: Mail & <offers> All other consents in this choice are refused or withdrawn. Received on 2 July 2031.", eachAlone, notMe},
			[]string{"Stories"}},
	} {
		holds(t, name, m[name], row.says, row.silent)
		if name != "link" {
			holds(t, name, m[name], []string{"Nothing happens until you confirm it there", "which shows everything that waits for you"}, nil)
		}
	}
}

// T33: the mail names a change with its day and what to do about it, and nobody reads that they asked for it. The mail that a change alone sets off does
// not ask for a confirmation. One that has other things says of these, and of these alone, that nothing happens until they are confirmed.
func TestThreat_T33_TheLinkNamesAChange(t *testing.T) {
	m := mails(t, small())
	const (
		added  = "A change to the addresses that lead to your records Made on 2 July 2031. If this was not you or your company, open the link and stop it."
		joined = "Two records of ours, joined into one because they are about one person Made on 2 July 2031. If this was not you or your company, open the link and stop it."
		why    = "This address leads to records that we keep, or did so until recently. One of our systems has changed which email addresses lead to them:"
	)
	asks := []string{"Someone, probably you", "Received on", "Please confirm", "lapses", "asked for", "Consent:", "Refusal"}
	holds(t, "link-change", m["link-change"], []string{why + " " + added, "There you can stop the change, or say that it is right", "you can stop the change each time", "If the change is right, you do not need to do anything about it."}, asks)
	holds(t, "link-changes", m["link-changes"], []string{why + " " + added + " " + joined, "There you can stop a change, or say that it is right"}, asks)
	holds(t, "link-all", m["link-all"], []string{why + " " + added, "made these requests and choices with your email address. Please confirm what is yours: " + firstAsked, consentOnce, "You can stop the change there.",
		"No request and no choice counts until you confirm it there, each thing on its own", "If a request or a choice was not yours, you do not need to do anything about it: what nobody confirms lapses. If the change is right,"},
		[]string{"Nothing happens until", notMe})
}

// T33: the new address is told that it was added, and what to do if nobody knows why. Nothing in that mail says that its reader did anything.
func TestThreat_T33_ReceiptsOfAChange(t *testing.T) {
	m := mails(t, small())
	const (
		added   = "One of our systems has added this email address to records that we keep about a person: Your email address Added on 2 July 2031, 00:30 BST."
		strange = "If you do not know why we added your address, please write to our privacy team: privacy@example.test"
		stopped = "A change to the addresses that lead to your records Stopped on 2 July 2031, 00:30 BST."
		team    = "Somebody from our team is looking at the change that was stopped. Until then nothing is answered through the addresses that it is about."
		link    = "Here is what was done with a link that we mailed to this address: "
	)
	holds(t, "receipt-attached", m["receipt-attached"], []string{added + " If you use", "In the first 5 days we answer no request through an address that was added", strange}, []string{link, "If you did not do this", "Stopped", "status page"})
	holds(t, "receipt-twice", m["receipt-twice"], []string{added + " Your email address Added on 2 July 2031, 00:30 BST."}, []string{link})
	holds(t, "receipt-stopped", m["receipt-stopped"], []string{link + stopped, team, "If you did not do this", "please write to our privacy team: privacy@example.test"}, []string{"Added on", "Discarded", "make it again"})
	holds(t, "receipt-both", m["receipt-both"], []string{added, strange, link + stopped + " Get a copy of my data Access (Art. 15 GDPR)", team}, nil)
}

// T04: a mail about a change has our own words and those of the policy only. It is the same whoever it is about, and names no address but ours.
func TestThreat_T04_AMailAboutAChangeSaysNothingOfTheOtherSide(t *testing.T) {
	other := changed(audit.AddressesChanged)
	other.ID, other.Repeats = "bob@example.net", 7
	for _, waiting := range []mailbox.Waiting{changed(audit.AddressesChanged), other} {
		l := mailbox.Letter{Mailbox: "bWFpbGJveA", N: 3, Token: "bGluaw", Waiting: []mailbox.Waiting{waiting}}
		m := sentBy(t, small(), "change", func(post letters.Post) error { return post.Link(t.Context(), "anna@example.org", l) })
		if want := mails(t, small())["link-change"]; m.Subject != want.Subject || m.Text != want.Text || m.HTML != want.HTML {
			t.Errorf("two mails about a change differ: %s", m.Text)
		}
	}
	for _, name := range []string{"link-change", "link-changes", "receipt-attached", "receipt-twice", "receipt-stopped"} {
		m := mails(t, small())[name]
		for _, found := range regexp.MustCompile(`[\w.]+@[\w.]+`).FindAllString(m.Subject+m.Text+m.HTML, -1) {
			if !slices.Contains([]string{"privacy@example.test", "hello@example.test", "security@example.test"}, found) {
				t.Errorf("%s names %s", name, found)
			}
		}
	}
}

// C03: without a token there is nothing to unsubscribe from by one click, so no header and no word says that there is.
func TestPromise_C03_NoHeaderWithoutAToken(t *testing.T) {
	l := mailbox.Letter{Mailbox: "bWFpbGJveA", Token: "bGluaw", Waiting: waits["link-both"]}
	r := mailbox.Receipt{Mailbox: "bWFpbGJveA", Acts: acts["receipt-choice"]}
	for name, send := range map[string]func(letters.Post) error{
		"link":    func(post letters.Post) error { return post.Link(t.Context(), "anna@example.org", l) },
		"receipt": func(post letters.Post) error { return post.Receipt(t.Context(), "anna@example.org", r) },
	} {
		if m := sentBy(t, small(), name, send); m.Unsubscribe != "" || strings.Contains(m.Text, "unsubscribe") {
			t.Errorf("%s: the header is %q:\n%s", name, m.Unsubscribe, m.Text)
		}
	}
}

// A02, T31: how long a link works, and that only its first opening confirms, are said with the figures of the policy.
func TestPromise_A02_TheLinkPrintsThePeriodsOfThePolicy(t *testing.T) {
	for name := range waits {
		says := []string{"Open the link within 6 days. You can confirm a request or give consent only the first time you open it.",
			"After that, it opens a few more times within 36 hours, but only to look, refuse or withdraw"}
		switch name {
		case "link-plan", "link-plan-too", "link-mail-plan", "link-mail-all":
			says[0] = "Open the link within 6 days. You can agree to the plan"
		case "link-change", "link-changes": // can be stopped at each opening (threat T33)
			says = []string{"Open the link within 6 days. After that, it opens a few more times within 36 hours, and you can stop "}
			fallthrough
		case "link-all":
			says = append(says, "A change can be stopped for 40 days.", "In the first 5 days we send no answer and none of the data to an address that is new to these records")
		}
		holds(t, name, mails(t, small())[name], says, nil)
	}
}

// The subject names the one thing that waits, or the one thing that was done.
func TestSubjectsOfMailsAboutAMailbox(t *testing.T) {
	m := mails(t, small())
	for name, want := range map[string]string{
		"link": "Your link to your privacy page", "link-request": "Please confirm your request for a copy of your data", "link-requests": "Please confirm your requests",
		"link-consent": "Please confirm your choice", "link-refusal": "Please confirm your choice", "link-choices": "Please confirm your choices",
		"link-both":   "Please confirm your requests and choices",
		"link-change": "Please check a change to your records", "link-changes": "Please check changes to your records", "link-all": "Please look at what waits on your privacy page",
		"receipt-stopped": "The change to your records is stopped", "receipt-attached": "Your email address was added to our records",
		"receipt-twice": "Your email address was added to our records", "receipt-both": "What was done with your email address",
		"receipt-request": "Your request for a copy of your data is confirmed", "receipt-choice": "Your choice is saved", "receipt-taken": "Your choice is saved",
		"receipt-discarded": "Discarded: the request for a copy of your data", "receipt-refused": "The choice that was not yours was discarded",
		"receipt-all": "What was done on your privacy page", "link-reminder": "Your request to delete your data still waits for you",
		"link-reminders": "Please confirm your requests", "receipt-filed": "We have received your complaint", "receipt-answered": "We have received your question about automated decisions",
		"receipt-limited": "Your opt-out of sale and sharing was in force already", "receipt-lifted": "Your objection to the use of your data is taken back",
		"receipt-lapsed": "Your request to delete your data has lapsed", "receipt-every": "What was done with your email address",
	} {
		if m[name].Subject != want || !strings.Contains(m[name].HTML, want+"</h1>") {
			t.Errorf("%s: the subject is %q", name, m[name].Subject)
		}
	}
}

// T31: a receipt says what was done, when, and how to undo it.
func TestThreat_T31_ReceiptsSayWhatWasDoneAndHowToUndoIt(t *testing.T) {
	m := mails(t, small())
	const (
		request   = "Get a copy of my data Access (Art. 15 GDPR): Receive a copy & more. Confirmed on 2 July 2031, 00:30 BST. We answer by 31 July 2031 at the latest. To see where it stands, or to withdraw it, open its status page"
		decided   = "Consent: Mail & <offers> Given on 2 July 2031, 00:30 BST. Consent: Stories Refused or withdrawn on 2 July 2031, 00:30 BST."
		withdrawn = "Consent: Mail & <offers> Refused or withdrawn on 2 July 2031, 00:30 BST."
		discarded = "Discarded on 2 July 2031, 00:30 BST."
		change    = "You can change your choices on your privacy page at any time."
		click     = "you can also use the unsubscribe button of your email program"
		resend    = "A discarded request or choice has no effect. If it was yours after all, please make it again."
		ended     = "Get a copy of my data Access (Art. 15 GDPR): Receive a copy & more. Withdrawn on 2 July 2031, 00:30 BST."
		another   = "We stop working on a request that is withdrawn. You can send another at any time."
		forward   = "Please do not forward this email."
	)
	for name, row := range map[string]struct{ says, silent []string }{
		"receipt-request":   {[]string{request, forward}, []string{change, click, resend}},
		"receipt-choice":    {[]string{decided, change, click}, []string{"status page", resend, forward}},
		"receipt-taken":     {[]string{withdrawn, change}, []string{click, resend, "Given", forward}},
		"receipt-discarded": {[]string{"Get a copy of my data Access (Art. 15 GDPR): Receive a copy & more. " + discarded, resend}, []string{change, "We answer by", "status page", forward}},
		"receipt-refused":   {[]string{"Consent: Mail & <offers> Discarded on 2 July 2031, 00:30 BST.", resend}, []string{change, click, forward}},
		"receipt-withdrawn": {[]string{ended, another}, []string{change, resend, "status page", forward}},
		"receipt-all":       {[]string{request, withdrawn, "Get a copy of my data " + discarded, decided, change, click, resend, another, forward}, nil},
	} {
		holds(t, name, m[name], row.says, row.silent)
		holds(t, name, m[name], []string{"If you did not do this, someone else may have read one of our emails.", "press “Close this page” there"}, nil)
	}
}

// T12: the one secret of a link's mail is in the fragment of its one link. A receipt has none but those of the status pages.
func TestThreat_T12_MailsAboutAMailboxHaveSecretsInFragmentsOnly(t *testing.T) {
	for name, m := range mailboxMails(t, small()) {
		allowed := []string{meLink}
		if strings.HasPrefix(name, "receipt") {
			allowed = []string{mePage, statusLink}
		}
		text := m.Subject + "\n" + m.Text + "\n" + html.UnescapeString(m.HTML)
		for _, link := range allowed {
			text = strings.ReplaceAll(text, link+"\n", "\n")
			text = strings.ReplaceAll(strings.ReplaceAll(text, `"`+link+`"`, ""), ">"+link+"<", "")
		}
		for _, secret := range []string{"bGluaw", "c3RhdHVz", "bWFpbGJveA", stop, "privacy.example/"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %q stands outside the links", name, secret)
			}
		}
	}
}

// Whoever reads the text reads the same as whoever reads the HTML: each sentence of the one stands in the other, in the same order.
func TestBothPartsOfMailsAboutAMailboxSayTheSame(t *testing.T) {
	for name, m := range mailboxMails(t, small()) {
		rest := parts(m)["html"]
		said := 0
		body, _, _ := strings.Cut(m.Text, "\n--\n")
		for line := range strings.SplitSeq(strings.TrimPrefix(body, "Hello,\n"), "\n") {
			if line = strings.TrimRight(words(line), ":"); line == "" || strings.Contains(line, "://") {
				continue
			}
			for sentence := range strings.SplitAfterSeq(line, ". ") {
				_, after, found := strings.Cut(rest, strings.TrimSpace(sentence))
				if !found {
					t.Fatalf("%s: the HTML lacks %q, or has it elsewhere:\n%s", name, sentence, parts(m)["html"])
				}
				rest = after
				said++
			}
		}
		if said < 6 {
			t.Errorf("%s: only %d sentences were compared", name, said)
		}
		if rest, _, _ = strings.Cut(rest, "Example & Sons The <Team>"); strings.Contains(rest, ". ") {
			t.Errorf("%s: the HTML goes on: %q", name, rest)
		}
	}
}

// T13, T15: every link begins with the origin that was configured, and a broken origin sends nothing.
func TestThreat_T13_MailsAboutAMailboxLinkToTheConfiguredOrigin(t *testing.T) {
	for _, of := range []links.Origin{"https://other.example", "http://localhost:8080", "", "javascript:alert(1)", "https://a.test/\nBcc: x@y", "https://a.test/<b>"} {
		var box outbox
		post := letters.Post{Sender: &box, Origin: of, Policy: policytest.Always(small()), Now: time.Now}
		for name, err := range map[string]error{
			"link":    post.Link(t.Context(), "anna@example.org", mailbox.Letter{Mailbox: "bWFpbGJveA", Token: "bGluaw", Waiting: waits["link-both"]}),
			"receipt": post.Receipt(t.Context(), "anna@example.org", mailbox.Receipt{Mailbox: "bWFpbGJveA", Acts: acts["receipt-all"]}),
			"filed":   post.Receipt(t.Context(), "anna@example.org", mailbox.Receipt{Mailbox: "bWFpbGJveA", Acts: acts["receipt-filed"]}),
		} {
			if good := strings.HasPrefix(string(of), "http") && !strings.ContainsAny(string(of), "\n<"); (err == nil) != good {
				t.Errorf("%s: %q: %v", name, of, err)
			}
			if err != nil && (strings.Contains(err.Error(), "bGluaw") || strings.Contains(err.Error(), "c3RhdHVz")) {
				t.Errorf("%s: the error repeats the link", name)
			}
		}
		for _, m := range box.sent {
			if links := strings.Count(m.HTML, `href="`+string(of)+"/"); links < 2 || strings.Contains(m.Text+m.HTML, "privacy.example/") {
				t.Errorf("%q: %d links, %s", of, links, m.Text)
			}
		}
	}
}

// A purpose or a right that the policy in force no longer names is still named, so that no consent looks like a refusal.
func TestWhatThePolicyNoLongerNamesIsNamed(t *testing.T) {
	decisions := map[privacy.Purpose]consent.State{"zeppelins": consent.Granted, "airmail": consent.Granted, privacy.Testimonials: consent.Granted}
	l := mailbox.Letter{Waiting: []mailbox.Waiting{{Right: privacy.Portability, ReceivedAt: late}, {Decisions: decisions, ReceivedAt: late}}}
	m := sentBy(t, small(), "old", func(post letters.Post) error { return post.Link(t.Context(), "anna@example.org", l) })
	holds(t, "old", m, []string{"Take my data to another provider Received on 2 July 2031.", "Consent: Stories, airmail, zeppelins Received"}, []string{"we answer by"})
}

// Of two requests to know, each is named by its scope, so that people can tell them apart before they confirm one.
func TestTwoRequestsToKnowAreToldApart(t *testing.T) {
	l := mailbox.Letter{Waiting: []mailbox.Waiting{{Right: privacy.Know, Scope: privacy.ByCategory, ReceivedAt: late}, {Right: privacy.Know, Scope: privacy.Specific, ReceivedAt: late}}}
	m := sentBy(t, small(), "know", func(post letters.Post) error { return post.Link(t.Context(), "anna@example.org", l) })
	holds(t, "know", m, []string{"Know which kinds of data you collect", "Know the data itself that you have collected"}, nil)
}

// A receipt of something that this package has no words for is not sent.
func TestAReceiptOfAnUnknownActIsNotSent(t *testing.T) {
	var box outbox
	post := letters.Post{Sender: &box, Origin: origin, Policy: policytest.Always(small()), Now: time.Now}
	if err := post.Receipt(t.Context(), "anna@example.org", mailbox.Receipt{Acts: []mailbox.Act{confirms, {Kind: "guessed"}}}); err == nil || len(box.sent) > 0 {
		t.Errorf("%v, %d mails", err, len(box.sent))
	}
}

// T09, T32: a mail about as much as can wait is still small enough for every mail program: Gmail cuts a mail off at 102 kB.
func TestThreat_T32_AFullMailIsShort(t *testing.T) {
	var all []mailbox.Waiting
	for i := range 24 {
		all = append(all, asked(i))
	}
	l := mailbox.Letter{Mailbox: "bWFpbGJveA", Token: "bGluaw", Waiting: all}
	m := sentBy(t, small(), "full", func(post letters.Post) error { return post.Link(t.Context(), "anna@example.org", l) })
	if len(m.HTML) > 20_000 || len(m.Text) > 6_000 || strings.Count(m.Text, "Received on") != len(all) || strings.Count(m.Text, "Receive a copy") != 1 {
		t.Errorf("%d bytes of HTML, %d of text:\n%s", len(m.HTML), len(m.Text), m.Text)
	}
}

// mailboxNames returns the names of the mails about a mailbox.
func mailboxNames() []string {
	return append(slices.Sorted(maps.Keys(waits)), slices.Sorted(maps.Keys(acts))...)
}
