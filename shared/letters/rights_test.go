package letters_test

import (
	"fmt"
	"html"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// H04, H06, H10: the mail says what is in force, what goes on, how long, who decides by when, and how to take it back. It says nothing of the kind about what
// is not in force.
func TestPromise_H06_TheMailSaysWhatIsInForce(t *testing.T) {
	m := mails(t, small())
	const (
		back    = "You can take it back at any time. Ask for a link on your privacy page, open the link and take it back there: "
		doubt   = "If that page shows no requests, because several people use this address or because it is not certain whose it is, please write to us: privacy@example.test"
		reads   = "It cannot take anything back"
		anybody = "If this was not you, someone else has sent it with your email address. We ask nobody for proof, because it only protects you."
		thief   = "If this was not you, someone else may have read one of our emails."
		weighed = "compelling reasons that outweigh yours. We mail you the decision by 31 July 2031 at the latest."
		stored  = "We go on storing the data. We use it only if you agree to it, for legal claims, to protect other people, or if the law demands it."
		locks   = "“Locks & <keys>” goes on for that reason."
		kept    = "we do not delete the data when its normal period ends"
		from    = "In force when we wrote this email, on 3 July 2031, 00:30 BST."
		proven  = "Received on 2 July 2031. Confirmed on 3 July 2031. " + from
	)
	for name, row := range map[string]struct{ says, silent []string }{
		"limited-opt-out": {[]string{"Received on 2 July 2031. " + from, "selling or sharing it under Californian law: Ads & <more> What goes on Everything else", "do not treat you differently",
			"It holds until you take it back. We do not ask you to agree again for 11 months.", anybody}, []string{"Mail & <offers>", "31 July", kept, thief, "Confirmed on"}},
		"limited-marketing": {[]string{"Stop marketing Objection (Art. 21 GDPR): Object to it. Received on 2 July 2031. " + from, "for these purposes: Mail & <offers> Letters to firms What goes on", "We do not ask you to agree again for 11 months.",
			"If you agree to “Mail & <offers>” again by yourself, the new consent counts.", anybody}, []string{"31 July", "compelling", "Locks", thief}},
		"limited-objection": {[]string{proven, "for these purposes: Better shops Mail & <offers> What goes on", "“Locks & <keys>” goes on while we consider your objection, because it protects everybody", weighed + " Until then we do not use your data for “Better shops”.",
			"Your objection to “Mail & <offers>” holds whatever we decide", thief}, []string{"11 months", anybody}},
		"limited-security": {[]string{"Our privacy team is considering it.", "Confirmed on 3 July 2031. What it covers", "which go on while we consider your objection: Locks & <keys> What goes on", weighed}, []string{"In force", "we have stopped", "11 months", "Until then"}},
		"limited-accuracy": {[]string{proven, "for these purposes: Mail & <offers> Better shops It covers this data only: Contacts & <cards> The reason that you gave: you think that the data is wrong.", stored, locks, kept,
			"Our privacy team checks whether the data is right. We mail you the result by 31 July 2031 at the latest.", "we tell you before it ends"}, []string{"11 months"}},
		"limited-unlawful": {[]string{"It covers all the data that we hold about you, for every purpose.", "you do not want us to delete it", stored, kept, "It holds until you take it back. If it had to end earlier, we would tell you before."}, []string{"31 July", "11 months"}},
		"limited-claims":   {[]string{"We do not use this data for any purpose: Contacts & <cards> Sales The reason", "you need the data for legal claims", kept, "It holds until you take it back."}, []string{"31 July"}},
		"limited-weighing": {[]string{"for these purposes: Better shops The reason that you gave: you have objected", "“Taxes & <tolls>” goes on for that reason, although you named it.", "Our privacy team decides about your objection. We mail you the decision by 31 July 2031 at the latest."}, []string{kept, "normal period"}},
	} {
		holds(t, name, m[name], append(row.says, back, doubt, reads), row.silent)
	}
}

// GDPR 12(3), CCPA §7021(b): the notice of more time has the reason, both dates, and where to complain.
func TestPromise_L01_ALongerTimeIsExplained(t *testing.T) {
	m := mails(t, small())
	uk := request.Request{ReceivedAt: late, VerifiedAt: late.AddDate(0, 0, 1), Jurisdiction: privacy.UK, Terms: policy.Terms{AnswerWithin: 29, TimeZone: "Europe/London"}, Extension: request.Extension{NoticeSent: late}}
	says := []string{"We wanted to answer by 31 July 2031. We now answer by " + request.DueAt(uk).In(time.UTC).Format("2 January 2006") + " at the latest.",
		`Why it takes longer We must keep <b>invoices</b> & "bills" Bcc: x@example.net the law says so. {{.Policy}} To see`, "The Office", "You can go to court, too"}
	holds(t, "extended", m["extended"], says, nil)
	if days := request.DueAt(uk).Sub(late.AddDate(0, 0, 29)); days < 59*24*time.Hour {
		t.Errorf("the extension is %v", days)
	}
	for name, spoil := range map[string]func(r *request.Request, now *time.Time){
		"no reason": func(r *request.Request, _ *time.Time) { r.Extension.Reason = " \n\t\u202e" },
		"too late":  func(_ *request.Request, now *time.Time) { *now = late.AddDate(0, 0, 31) },
	} {
		var box outbox
		r, now := longer(privacy.UK), late.AddDate(0, 0, 10)
		spoil(&r, &now)
		post := letters.Post{Sender: &box, Origin: origin, Policy: policytest.Always(small()), Now: func() time.Time { return now }}
		if err := post.Extended(t.Context(), "anna@example.org", r, "c3RhdHVz"); err == nil || len(box.sent) > 0 {
			t.Errorf("%s: %v, %d mails", name, err, len(box.sent))
		}
	}
}

// GDPR 12(4): whoever is refused, or gets a part, reads why, and where to complain. Whoever gets all of it is not told to complain, but for a complaint.
func TestPromise_L01_ADecisionIsExplained(t *testing.T) {
	m := mails(t, small())
	const (
		why     = `We must keep <b>invoices</b> & "bills" Bcc: x@example.net the law says so. {{.Policy}}`
		against = "If you do not agree Write to us, and somebody from our team looks at it again: privacy@example.test You can also complain to the authority: The Office"
		court   = "You can go to court, too"
	)
	for name, row := range map[string]struct{ says, silent []string }{
		"closed-done":      {[]string{"We have done what you asked for", "Delete my data"}, []string{against, court, "Why", "What follows", "What we did"}},
		"closed-partly":    {[]string{"We have done a part of what you asked for", "What we did, what we did not do, and why " + why, "You can still tell us not to sell or share your data."}, nil},
		"closed-refused":   {[]string{"We have not done what you asked for", "Why " + why, court}, []string{"sell or share", "What follows"}},
		"closed-objection": {[]string{"We do not agree with your objection", "Why " + why, "Your objection to “Better shops” ends with this email. From now on we may use your data for that again. “Locks & <keys>” goes on. Your objection to “Mail & <offers>” stays in force until you take it back: nobody can refuse that.", court}, nil},
		"closed-upheld":    {[]string{"We agree with your objection", "What we did You are right.", "Your objection to “Better shops” and “Mail & <offers>” stays in force until you take it back."}, []string{court, "ends with this email"}},
		"closed-half":      {[]string{"We agree with a part of your objection", why, "Your objection to “Better shops” ends with this email. From now on we may use your data for that again. “Locks & <keys>” goes on. Your objection to “Taxes & <tolls>” and “Mail & <offers>” stays in force until you take it back.", court}, []string{"nobody can refuse"}},
		"closed-shared":    {[]string{"“Better shops” and “Locks & <keys>” goes on. Your objection to “Mail & <offers>” is in force until you take it back: nobody can refuse that."}, []string{"ends with", "stays"}},
		"closed-nothing":   {[]string{"What we did We have corrected it."}, []string{"in force", "What follows"}},
		"closed-lifted":    {[]string{"Why " + why, "The restriction ends with this email. From now on we use the data again as our privacy policy says", court}, []string{"stays in force"}},
		"closed-kept":      {[]string{"What we did We have corrected it.", "The restriction stays in force until you take it back."}, []string{"ends with", court}},
		"closed-complaint": {[]string{"We have dealt with your complaint", "What we did We have spoken to the shop.", court}, []string{"What follows"}},
	} {
		holds(t, name, m[name], row.says, row.silent)
		if strings.Contains(m[name].Text, court) {
			holds(t, name, m[name], []string{against}, nil)
		}
	}
	for name, outcome := range map[string]request.Outcome{
		"no reason for a refusal": {Result: request.Declined, Reason: "\r\n"}, "no reason for a part": {Result: request.PartlyDone}, "no result": {Reason: "a"}, "an unknown result": {Result: "guessed", Reason: "a"},
	} {
		var box outbox
		r := about(privacy.Erasure, func(r *request.Request) { r.Outcome = outcome })
		post := letters.Post{Sender: &box, Origin: origin, Policy: policytest.Always(small()), Now: time.Now}
		if err := post.Closed(t.Context(), "anna@example.org", r, "c3RhdHVz"); err == nil || len(box.sent) > 0 {
			t.Errorf("%s: %v, %d mails", name, err, len(box.sent))
		}
	}
}

// L01: the authority is that of where the person lives; if nobody knows, or the policy names none there, all are named.
func TestPromise_L01_TheAuthorityIsThatOfWhereThePersonLives(t *testing.T) {
	p := small()
	p.Authorities = append(p.Authorities, policy.Authority{Jurisdiction: "eu", Name: "Your & our office", Site: "https://offices.test"})
	for lives, want := range map[privacy.Jurisdiction][2]bool{privacy.UK: {true, false}, privacy.EU: {false, true}, privacy.California: {true, true}, privacy.Other: {true, true}, "": {true, true}} {
		for kind, r := range map[string]request.Request{"extended": longer(lives), "closed": closes(about(privacy.Erasure, func(r *request.Request) { r.Jurisdiction = lives }), request.Declined, reason)} {
			m := sentBy(t, p, kind, func(post letters.Post) error {
				if kind == "closed" {
					return post.Closed(t.Context(), r.Email, r, "c3RhdHVz")
				}
				return post.Extended(t.Context(), r.Email, r, "c3RhdHVz")
			})
			text, _, _ := strings.Cut(m.Text, "\n--\n") // all stand in the foot
			page, _, _ := strings.Cut(m.HTML, `<div role="contentinfo">`)
			for i, name := range []string{"The Office", "Your & our office"} {
				if strings.Contains(text, name) != want[i] || strings.Contains(html.UnescapeString(page), name) != want[i] {
					t.Errorf("%s, from %q: %s is named is not %t", kind, lives, name, want[i])
				}
			}
		}
	}
}

// T04: the team's reminder has counts, ids and days.
func TestThreat_T04_TheTeamIsRemindedOfIDsAndDays(t *testing.T) {
	m := mails(t, small())["team"]
	holds(t, "team", m, []string{
		"Overdue: 2. Due soon: 2. Waiting for the team: 7. Counted on 31 July 2031, 01:30 BST.",
		"Report data about a child 0190 Overdue: it was due on 31 July 2031. State: open. It waits for you.", "Get a copy of my data 0191 Overdue: it was due on 29 July 2031. State: fulfilling.",
		"Complain about how you handle my data 0192 Due on 1 August 2031. State: open. It waits for you. and 1 more", "ctl requests ctl request <id>",
	}, []string{"Locks"})
	if m.Subject != "2 privacy requests are overdue" {
		t.Error(m.Subject)
	}
	for subject, d := range map[string]request.Digest{"1 privacy request is overdue": {Overdue: 1, Near: 3}, "1 privacy request is due soon": {Near: 1}, "4 privacy requests are due soon": {Near: 4}} {
		if m := sentBy(t, small(), subject, func(post letters.Post) error { return post.TeamReminder(t.Context(), "team@example.test", d) }); m.Subject != subject {
			t.Errorf("%q, not %q", m.Subject, subject)
		}
	}
}

// T31, L03: a complaint is acknowledged with its day and its deadline; a question about automated decisions is answered by the statement of the policy. Neither
// says that a link was used.
func TestPromise_L03_WhatCountsAtOnceIsAcknowledged(t *testing.T) {
	m := mails(t, small())
	const (
		sent  = "Someone, probably you, sent us this with your email address. We have received it:"
		link  = "Here is what was done with a link"
		tells = "If you did not send this, please tell our privacy team: privacy@example.test"
	)
	holds(t, "receipt-filed", m["receipt-filed"], []string{sent + " Complain about how you handle my data Complain to us about how we handle personal data. Received on 2 July 2031, 00:30 BST. We answer by 31 July 2031 at the latest. To see where it stands", tells}, []string{link, "Our answer", "Confirmed"})
	holds(t, "receipt-answered", m["receipt-answered"], []string{sent + " Ask about automated decisions Machines (Art. 22 GDPR): No <machine> decides. Received on 2 July 2031, 00:30 BST. To see what we have recorded, open its status page", "The sentence above about automated decisions is our answer. It is from our privacy policy.", tells}, []string{link, "We answer by"})
	holds(t, "receipt-limited", m["receipt-limited"], []string{sent + " Do not sell or share my data Received on 2 July 2031, 00:30 BST. What it asks for was in force already, so nothing has changed.", tells}, []string{link, "status page"})
	holds(t, "receipt-lifted", m["receipt-lifted"], []string{link, "Object to the use of my data", "Taken back on 2 July 2031, 00:30 BST.", "from now on we may use your data again as our privacy policy says"}, []string{sent, "We stop working"})
	holds(t, "receipt-know", m["receipt-know"], []string{"Know the data itself that you have collected Confirmed on"}, []string{"Know what you collect"})
	holds(t, "receipt-lapsed", m["receipt-lapsed"], []string{"nobody confirmed it in time: Delete my data Lapsed on 2 July 2031, 00:30 BST.", "A request that has lapsed has no effect"}, []string{sent, link, "status page"})
}

// A reminder is the mail with a link, and says since when the request has waited.
func TestTheLinkRemindsOfWhatStillWaits(t *testing.T) {
	m := mails(t, small())
	holds(t, "link-reminder", m["link-reminder"], []string{"Delete my data A request of 2 July 2031 still waits for you. If you confirm it, we answer by 31 July 2031 at the latest."}, []string{"Received on"})
	holds(t, "link-reminders", m["link-reminders"], []string{"A request of 2 July 2031 still waits for you.", "Received on 3 July 2031."}, nil)
}

// Every right has its words in every mail that can be about it, and no mail says DSAR or a right's wire name.
func TestEveryRightHasItsWordsInEveryMail(t *testing.T) {
	for id, of := range request.Rights {
		words, ok := id.Words()
		if !ok {
			t.Fatalf("%s has no words", id)
		}
		r := about(id, func(r *request.Request) { r.Scope, r.Extension.Reason = privacy.ByCategory, "Because." })
		sends := map[string]func(letters.Post) error{
			"link": func(post letters.Post) error {
				return post.Link(t.Context(), r.Email, mailbox.Letter{Mailbox: "bWFpbGJveA", Token: "bGluaw", Waiting: []mailbox.Waiting{{Right: id, ReceivedAt: late}, {Right: id, ReceivedAt: late, Reminded: true}}})
			},
			"extended": func(post letters.Post) error {
				post.Now = func() time.Time { return late }
				return post.Extended(t.Context(), r.Email, r, "c3RhdHVz")
			},
			"team": func(post letters.Post) error {
				return post.TeamReminder(t.Context(), "team@example.test", request.Digest{Near: 1, Due: []request.Line{{ID: r.ID, Right: id, State: r.State}}})
			},
		}
		for _, kind := range []mailbox.ActKind{mailbox.Confirmed, mailbox.Discarded, mailbox.Withdrawn, mailbox.Filed, mailbox.Limited, mailbox.Lifted, mailbox.Lapsed} {
			sends[string(kind)] = func(post letters.Post) error {
				return post.Receipt(t.Context(), r.Email, mailbox.Receipt{Mailbox: "bWFpbGJveA", Acts: []mailbox.Act{{Kind: kind, Request: r.ID, Right: id, Status: "c3RhdHVz", At: late}}})
			}
		}
		for _, result := range []request.Result{request.Done, request.PartlyDone, request.Declined} {
			sends[string(result)] = func(post letters.Post) error {
				return post.Closed(t.Context(), r.Email, closes(r, result, "Because."), "c3RhdHVz")
			}
		}
		if of.Stays {
			sends["in force"] = func(post letters.Post) error { return post.Limited(t.Context(), r.Email, r, "c3RhdHVz") }
		}
		if of.Shows != "" {
			sends["nothing"] = func(post letters.Post) error { return post.NothingStored(t.Context(), r.Email, r, "c3RhdHVz") }
			sends["export"] = func(post letters.Post) error {
				return post.ExportReady(t.Context(), r, export.Attempt{Request: r.ID}, "dG9rZW4", "AGE-SECRET-KEY-PQ-1QQQQ", "c3RhdHVz")
			}
		}
		own, _ := id.WordsOf(r.Scope)
		for name, send := range sends {
			wish := words.Wish
			if slices.Contains([]string{"extended", "done", "partly_done", "refused", "nothing", "export"}, name) {
				wish = own.Wish // these know the scope
			}
			if id == privacy.Question && name == "link" {
				wish = "Your email of 2 July 2031" // its sender knows it by its day
			}
			m := sentBy(t, policy.Newest(), fmt.Sprint(id, " ", name), send)
			for part, text := range parts(m) {
				if !strings.Contains(text, wish) || strings.Contains(m.Subject+text, "DSAR") || strings.Contains(string(id), "_") && strings.Contains(m.Subject+text, string(id)) {
					t.Errorf("%s, %s, %s: %q does not stand in it, or a word of ours does:\n%s", id, name, part, wish, text)
				}
			}
		}
	}
}

// Only what stays in force is told to be in force.
func TestOnlyWhatStaysIsToldToBeInForce(t *testing.T) {
	for id, of := range request.Rights {
		var box outbox
		post := letters.Post{Sender: &box, Origin: origin, Policy: policytest.Always(small()), Now: time.Now}
		if err := post.Limited(t.Context(), "anna@example.org", about(id, func(*request.Request) {}), "c3RhdHVz"); (err == nil) != of.Stays {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// A request to know which kinds of data are collected is answered without any data, and its mail does not say that there is some.
func TestPromise_H08_TheAnswerNamesItsScope(t *testing.T) {
	for scope, want := range map[privacy.Scope][2]string{
		privacy.ByCategory: {"Your answer is ready (your request to know which kinds of data we collect about you)", "Your answer is in an encrypted file."},
		privacy.Specific:   {"Your data is ready (your request to know the data itself that we have collected about you)", "Your data is in an encrypted file."},
	} {
		r := about(privacy.Know, func(r *request.Request) { r.Scope = scope })
		m := sentBy(t, small(), string(scope), func(post letters.Post) error {
			return post.ExportReady(t.Context(), r, export.Attempt{Request: r.ID}, "dG9rZW4", "AGE-SECRET-KEY-PQ-1QQQQ", "c3RhdHVz")
		})
		if holds(t, string(scope), m, want[1:], nil); m.Subject != want[0] {
			t.Error(m.Subject)
		}
	}
}

// T15: what the team writes reaches no header, and ends no line of its own accord.
func TestThreat_T15_AReasonReachesNoHeader(t *testing.T) {
	for _, name := range []string{"extended", "closed-refused"} {
		m := mails(t, small())[name]
		for _, line := range strings.Split(m.Text, "\n") {
			if strings.Contains(line, "Bcc:") && !strings.HasPrefix(line, "    ") {
				t.Errorf("%s: %q", name, line)
			}
		}
		if strings.Contains(m.Subject, "invoices") || strings.ContainsAny(m.Text+m.HTML, "\u202e\u2028\x00\r") {
			t.Errorf("%s: the subject repeats the reason, or a character that nobody sees is left", name)
		}
		arrives := arrived(t, func(s *mail.Sender) error { return s.Send(t.Context(), m) })
		if got := headers(arrives); got != aboutRequest {
			t.Errorf("%s: the headers are %s", name, got)
		}
		holdsBoth(t, arrives, m.Text, m.HTML)
	}
}

// T17: markup in what the team writes, and in the policy's titles, stays text.
func TestThreat_T17_AReasonStaysText(t *testing.T) {
	for name, m := range mails(t, small()) {
		for _, markup := range []string{"<b>invoices", "<offers>", "<keys>", "<cards>", "<tolls>", "<machine>"} {
			if strings.Contains(m.HTML, markup) {
				t.Errorf("%s: %s became markup", name, markup)
			}
		}
	}
}

// Gmail cuts a mail off at 102 kB. The largest mail about a right is far below that.
func TestMailsAboutRightsAreShort(t *testing.T) {
	for name, m := range rightMails(t, policy.Newest()) {
		if len(m.HTML) > 12_000 || len(m.Text) > 5_000 {
			t.Errorf("%s: %d bytes of HTML, %d of text", name, len(m.HTML), len(m.Text))
		}
	}
	r := closes(about(privacy.Erasure, func(r *request.Request) { r.Jurisdiction = "" }), request.Declined, strings.Repeat("a & b < c\n", 400))
	m := sentBy(t, small(), "long", func(post letters.Post) error { return post.Closed(t.Context(), r.Email, r, "c3RhdHVz") })
	if len(m.HTML) > 40_000 {
		t.Errorf("a long reason makes %d bytes", len(m.HTML))
	}
}
