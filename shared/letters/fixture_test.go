package letters_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

const (
	origin = links.Origin("https://privacy.example")

	statusLink  = "https://privacy.example/requests/0190#c3RhdHVz"
	changesLink = "https://privacy.example/policy/changes/2031-04-05"
	exportLink  = "https://privacy.example/exports/0190.1#dG9rZW4.AGE-SECRET-KEY-PQ-1QQQQ"
)

// small is a policy with values of its own, so that a fact that does not come from the policy shows.
func small() *policy.Policy {
	return &policy.Policy{
		Version: "2031-04-05", Kind: "significant", Summary: "We use <your> data less & less.", EffectiveFrom: "2031-05-08",
		WhatChanged: []policy.Change{{Title: "Less & <less>", Text: "We stopped counting <visits>."}, {Title: "A new recipient", Text: "Example Post & Co. carries our letters."}},
		Controller: policy.Controller{
			Name: "Example & Sons", Site: "https://example.test", Email: "hello@example.test", Phone: "+44 1", Team: "The <Team>",
			PrivacyEmail: "privacy@example.test", SecurityEmail: "security@example.test", TimeZone: "Europe/London",
		},
		Rights: []policy.DeclaredRight{
			{ID: "access", Title: "Access", Law: "gdpr", Article: "Art. 15", Text: "Receive a copy & more."},
			{ID: "automated_decisions", Title: "Machines", Law: "gdpr", Article: "Art. 22", Text: "No <machine> decides."},
			{ID: "objection", Title: "Objection", Law: "gdpr", Article: "Art. 21", Text: "Object to it."},
		},
		Purposes: []policy.Purpose{
			{ID: privacy.MarketingEmail, Title: "Mail & <offers>", Basis: privacy.Consent, DirectMarketing: true},
			{ID: privacy.Testimonials, Title: "Stories", Basis: privacy.Consent},
			{ID: "security", Title: "Locks & <keys>", Basis: privacy.LegitimateInterests, Compelling: true},
			{ID: privacy.MarketingCookies, Title: "Ads & <more>", Basis: privacy.Consent, DirectMarketing: true, Sells: true},
			{ID: "business_development", Title: "Letters to firms", Basis: privacy.LegitimateInterests, DirectMarketing: true},
			{ID: "service_improvement", Title: "Better shops", Basis: privacy.LegitimateInterests},
			{ID: "legal_compliance", Title: "Taxes & <tolls>", Basis: privacy.LegalObligation},
			{ID: "invoicing", Title: "Bills", Basis: privacy.Contract},
		},
		Categories: []policy.Category{
			{ID: privacy.Contact, Title: "Contacts & <cards>"}, {ID: privacy.Transaction, Title: "Sales", Fields: []policy.Field{{Name: "cardLast4", Title: "Last & four"}}},
			{ID: privacy.Account, Title: "Accounts"}, {ID: privacy.Preference, Title: "Tastes"}, {ID: privacy.Communication, Title: "Chats"}, {ID: privacy.Marketing, Title: "Marketing"},
		},
		Authorities: []policy.Authority{{Jurisdiction: "uk", Name: "The Office", Site: "https://office.test"}},
		Retention: []policy.Retention{
			{Days: 9, Stored: []policy.Kind{policy.Confirmation}},
			{Days: 6, Title: "Old & links", Stored: []policy.Kind{policy.MailboxLink}},
			{Days: 40, Stored: []policy.Kind{policy.IdentityChange}},
			{Stored: []policy.Kind{policy.Kind(privacy.Transaction)}, Erasure: policy.Erasure{Withhold: privacy.LegalDuty, Law: "GDPR Art. 17(3)(b)", Reason: "Tax law <binds> us."}},
			{Stored: []policy.Kind{policy.Kind(privacy.Account), policy.Kind(privacy.Preference)}, Erasure: policy.Erasure{Withhold: privacy.StillNecessary, Law: "GDPR Art. 17(1)(a)", Reason: "You need it."}},
			{Title: "Traces", Period: "As long as needed", Stored: []policy.Kind{policy.SubjectAlias}, Erasure: policy.Erasure{Withhold: privacy.Suppression, Law: "GDPR Art. 21(3)", Reason: "So that you stay deleted."}},
			{Title: "Logs", Period: "9 days", Stored: []policy.Kind{policy.ServiceLog}, Erasure: policy.Erasure{Withhold: privacy.StillNecessary, Law: "GDPR Art. 17(1)(a)", Reason: "Short."}},
		},
		Systems:   []policy.System{{ID: "shop", Title: "The & shop"}, {ID: "till", Title: "Till"}},
		LinkHours: 36, NewAddress: 5, OptOutMonths: 11, BackupDays: 10,
	}
}

// outbox keeps the mails that it is asked to send, instead of sending them.
type outbox struct{ sent []mail.Message }

func (o *outbox) Send(_ context.Context, m mail.Message) error {
	o.sent = append(o.sent, m)
	return nil
}

// noticeOf returns the letter that announces a policy of a kind, as a message to somebody.
func noticeOf(t *testing.T, p policy.Policy, kind string) mail.Message {
	t.Helper()
	p.Kind = kind
	letter, err := letters.Notice(origin, &p)
	if err != nil {
		t.Fatal(kind, err)
	}
	return mail.Message{To: "anna@example.org", Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML,
		Mail: feedback.Mail{Kind: feedback.Notice, About: p.Version, Part: "1-0"}}
}

// mails returns every mail that there is, by a name for it, under a policy.
func mails(t *testing.T, p *policy.Policy) map[string]mail.Message {
	t.Helper()
	var box outbox
	post := letters.Post{Sender: &box, Origin: origin, Policy: policytest.Always(p), Now: time.Now}
	r := request.Request{
		ID: "0190", Right: privacy.Access, Email: "anna@example.org", Details: "Anna wrote this", ReceivedAt: time.Date(2031, 7, 1, 23, 30, 0, 0, time.UTC),
		Terms: policy.Terms{AnswerWithin: 29, TimeZone: "Europe/London", File: policy.Span{Months: 9}},
	}
	e := export.Attempt{Request: r.ID, Number: 1, OpenUntil: time.Date(2031, 7, 8, 9, 5, 0, 0, time.UTC)}
	out := map[string]mail.Message{"notice": noticeOf(t, *p, "significant"), "transfer": noticeOf(t, *p, "business_transfer")}
	for name, err := range map[string]error{
		"export":  post.ExportReady(t.Context(), r, e, "dG9rZW4", "AGE-SECRET-KEY-PQ-1QQQQ", "c3RhdHVz"),
		"nothing": post.NothingStored(t.Context(), r.Email, r, "c3RhdHVz"),
	} {
		if err != nil {
			t.Fatal(name, err)
		}
	}
	for i, name := range []string{"export", "nothing"} {
		out[name] = box.sent[i]
	}
	maps.Copy(out, mailboxMails(t, p))
	maps.Copy(out, rightMails(t, p))
	maps.Copy(out, erasureMails(t, p))
	return out
}
