package letters_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

const (
	mePage  = "https://privacy.example/me"
	meLink  = mePage + "#bWFpbGJveA.bGluaw"
	stop    = "MDE5MQ.bWFj"
	oneStop = "https://privacy.example/v1/unsubscribe/" + stop
)

var (
	late  = time.Date(2031, 7, 1, 23, 30, 0, 0, time.UTC) // the next day in London
	given = map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted}
	mixed = map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Denied}
	taken = map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied}
)

// asked is a request for access that waits, received some days after the first.
func asked(days int) mailbox.Waiting {
	at := late.AddDate(0, 0, days)
	return mailbox.Waiting{ID: "0190", Right: privacy.Access, ReceivedAt: at, DueAt: at.AddDate(0, 0, 29), TimeZone: "Europe/London"}
}

// reminded is a request for an erasure of which its holder is reminded.
func reminded(days int) mailbox.Waiting {
	w := asked(days)
	w.Right, w.Reminded = privacy.Erasure, true
	return w
}

// planned is a request whose plan waits.
func planned() mailbox.Waiting {
	w := asked(0)
	w.Right, w.Plan = privacy.Erasure, true
	return w
}

// written is a mail to the privacy team that waits.
func written(days int) mailbox.Waiting {
	w := asked(days)
	w.Right = privacy.Question
	return w
}

// rewritten is one of which its sender is reminded.
func rewritten() mailbox.Waiting {
	w := written(0)
	w.Reminded = true
	return w
}

// chosen is a choice that waits. Its days are those of the controller.
func chosen(decisions map[privacy.Purpose]consent.State) mailbox.Waiting {
	return mailbox.Waiting{ID: "0191", Decisions: decisions, ReceivedAt: late}
}

// changed is a change that waits. Its days are those of the controller.
func changed(act audit.Act) mailbox.Waiting {
	return mailbox.Waiting{ID: "0192", Change: act, ReceivedAt: late}
}

// waits is what waits behind the link of each mail with one.
var waits = map[string][]mailbox.Waiting{
	"link":               nil,
	"link-request":       {asked(0)},
	"link-requests":      {asked(0), asked(1)},
	"link-consent":       {chosen(given)},
	"link-refusal":       {chosen(taken)},
	"link-choices":       {chosen(given), chosen(taken)},
	"link-both":          {asked(0), asked(3), chosen(given), chosen(mixed)},
	"link-change":        {changed(audit.AddressesChanged)},
	"link-changes":       {changed(audit.AddressesChanged), changed(audit.SubjectsJoined)},
	"link-reminder":      {reminded(0)},
	"link-reminders":     {reminded(0), asked(1)},
	"link-plan":          {planned()},
	"link-plan-too":      {planned(), asked(0)},
	"link-mail":          {written(0)},
	"link-mail-reminder": {rewritten()},
	"link-mail-request":  {written(0), asked(1)},
	"link-mail-change":   {written(0), changed(audit.AddressesChanged)},
	"link-mail-plan":     {written(0), planned()},
	"link-mail-all":      {written(0), planned(), asked(1), changed(audit.AddressesChanged), chosen(given)},
	"link-all":           {asked(0), changed(audit.AddressesChanged), chosen(given)},
}

var (
	confirms  = mailbox.Act{Kind: mailbox.Confirmed, Request: "0190", Right: privacy.Access, Status: "c3RhdHVz", DueAt: late.AddDate(0, 0, 29), TimeZone: "Europe/London", At: late}
	knows     = mailbox.Act{Kind: mailbox.Confirmed, Request: "0190", Right: privacy.Know, Scope: privacy.Specific, Status: "c3RhdHVz", DueAt: late.AddDate(0, 0, 29), TimeZone: "Europe/London", At: late}
	decides   = mailbox.Act{Kind: mailbox.Decided, Decisions: mixed, At: late}
	discards  = mailbox.Act{Kind: mailbox.Discarded, Right: privacy.Access, TimeZone: "Europe/London", At: late}
	refuses   = mailbox.Act{Kind: mailbox.Discarded, Decisions: given, At: late}
	ends      = mailbox.Act{Kind: mailbox.Withdrawn, Right: privacy.Access, At: late}
	stops     = mailbox.Act{Kind: mailbox.Contested, At: late}
	attaches  = mailbox.Act{Kind: mailbox.Attached, At: late}
	files     = mailbox.Act{Kind: mailbox.Filed, Request: "0190", Right: privacy.Complaint, Status: "c3RhdHVz", DueAt: late.AddDate(0, 0, 29), TimeZone: "Europe/London", At: late}
	questions = mailbox.Act{Kind: mailbox.Filed, Request: "0190", Right: privacy.AutomatedDecisions, Status: "c3RhdHVz", TimeZone: "Europe/London", At: late}
	repeats   = mailbox.Act{Kind: mailbox.Limited, Right: privacy.OptOut, At: late}
	lifts     = mailbox.Act{Kind: mailbox.Lifted, Right: privacy.Objection, At: late}
	lapses    = mailbox.Act{Kind: mailbox.Lapsed, Right: privacy.Erasure, At: late}
	plans     = mailbox.Act{Kind: mailbox.Confirmed, Request: "0190", Right: privacy.Erasure, Status: "c3RhdHVz", DueAt: late.AddDate(0, 0, 29), TimeZone: "Europe/London", At: late}
	cancels   = mailbox.Act{Kind: mailbox.Withdrawn, Right: privacy.Erasure, At: late}
	wrote     = mailbox.Act{Kind: mailbox.Confirmed, Request: "0190", Right: privacy.Question, Status: "c3RhdHVz", DueAt: late.AddDate(0, 0, 14), TimeZone: "Europe/London", At: late}
	disowns   = mailbox.Act{Kind: mailbox.Discarded, Right: privacy.Question, TimeZone: "Europe/London", At: late}
	takes     = mailbox.Act{Kind: mailbox.Decided, Decisions: taken, At: late}
)

// acts is what each receipt tells.
var acts = map[string][]mailbox.Act{
	"receipt-request":   {confirms},
	"receipt-know":      {knows},
	"receipt-choice":    {decides},
	"receipt-taken":     {takes},
	"receipt-discarded": {discards},
	"receipt-refused":   {refuses},
	"receipt-withdrawn": {ends},
	"receipt-all":       {confirms, takes, discards, decides, ends},
	"receipt-stopped":   {stops},
	"receipt-attached":  {attaches},
	"receipt-twice":     {attaches, attaches},
	"receipt-filed":     {files},
	"receipt-answered":  {questions},
	"receipt-limited":   {repeats},
	"receipt-lifted":    {lifts},
	"receipt-lapsed":    {lapses},
	"receipt-every":     {attaches, files, questions, repeats, lapses, lifts, confirms},
	"receipt-erasure":   {plans},
	"receipt-cancelled": {cancels},
	"receipt-question":  {wrote},
	"receipt-not-mine":  {disowns},
	"receipt-both":      {attaches, stops, confirms},
}

// mailboxMails returns every mail about a mailbox, by a name for it, under a policy.
func mailboxMails(t *testing.T, p *policy.Policy) map[string]mail.Message {
	t.Helper()
	out := map[string]mail.Message{}
	for name, waiting := range waits {
		l := mailbox.Letter{Mailbox: "bWFpbGJveA", N: 3, Token: "bGluaw", Waiting: waiting, Unsubscribe: stop}
		out[name] = sentBy(t, p, name, func(post letters.Post) error { return post.Link(t.Context(), "anna@example.org", l) })
	}
	for name, all := range acts {
		r := mailbox.Receipt{Mailbox: "bWFpbGJveA", N: 4, Acts: all, Unsubscribe: stop}
		out[name] = sentBy(t, p, name, func(post letters.Post) error { return post.Receipt(t.Context(), "anna@example.org", r) })
	}
	return out
}

// sentBy returns the one mail that a post is made to send.
func sentBy(t *testing.T, p *policy.Policy, name string, send func(letters.Post) error) mail.Message {
	t.Helper()
	var box outbox
	if err := send(letters.Post{Sender: &box, Origin: origin, Policy: policytest.Always(p), Now: time.Now}); err != nil || len(box.sent) != 1 {
		t.Fatalf("%s: %d mails, %v", name, len(box.sent), err)
	}
	return box.sent[0]
}
