package letters_test

import (
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

const (
	better   = privacy.Purpose("service_improvement")
	firms    = privacy.Purpose("business_development")
	security = privacy.Purpose("security")
	taxes    = privacy.Purpose("legal_compliance")
)

// reason is what the team writes: markup, a link, line ends, and characters that nobody sees.
const reason = "We must keep <b>invoices</b> & \"bills\"\r\nBcc: x@example.net\u2028the law\u202e says so.\x00\n\n\t{{.Policy}}"

// about returns a request that was received late on a day, and confirmed on the day after unless nothing had to prove it.
func about(id privacy.Right, change func(*request.Request)) request.Request {
	r := request.Request{
		ID: "0190", Version: 4, Right: id, State: request.Open, Email: "anna@example.org", Details: "Anna wrote this", Jurisdiction: privacy.UK, ReceivedAt: late,
		VerifiedAt: late.AddDate(0, 0, 1), Terms: policy.Terms{AnswerWithin: 29, ChildWithin: 2, ComplaintAck: 28, TimeZone: "Europe/London", File: policy.Span{Months: 9}},
	}
	change(&r)
	return r
}

// limits returns a request that limits the use of data.
func limits(id privacy.Right, ground privacy.Ground, categories []privacy.Category, purposes ...privacy.Purpose) request.Request {
	return about(id, func(r *request.Request) {
		r.Ground, r.Categories, r.Purposes = ground, categories, purposes
		if id == privacy.OptOut || id == privacy.Objection && len(purposes) > 0 && purposes[0] == privacy.MarketingEmail && len(purposes) < 3 {
			r.Unproven, r.VerifiedAt = true, time.Time{}
		}
	})
}

// closes returns a request about which the team has decided.
func closes(r request.Request, result request.Result, why string) request.Request {
	r.Outcome = request.Outcome{Result: result, Reason: why, DecidedAt: late.AddDate(0, 0, 9)}
	return r
}

// imposed returns a request that is in force.
func imposed(r request.Request) request.Request {
	r.On = []privacy.SubjectID{"someone"}
	return r
}

// half returns an objection of which the team has agreed with a part.
func half(r request.Request) request.Request {
	r = closes(r, request.PartlyDone, reason)
	r.Outcome.GoesOn = []privacy.Purpose{better, security}
	return r
}

// longer returns a request whose answer takes longer.
func longer(lives privacy.Jurisdiction) request.Request {
	return about(privacy.Erasure, func(r *request.Request) {
		r.Jurisdiction, r.Extension = lives, request.Extension{Reason: reason, DecidedAt: late.AddDate(0, 0, 9)}
	})
}

var (
	weighs = limits(privacy.Objection, "", nil, better, security, privacy.MarketingEmail)
	checks = limits(privacy.Restriction, privacy.Accuracy, []privacy.Category{privacy.Contact}, privacy.MarketingEmail, better)
)

// aboutRequests is the request of each mail about what is in force, about a longer time, or about a decision.
var aboutRequests = map[string]request.Request{
	"limited-opt-out":   limits(privacy.OptOut, "", nil),
	"limited-marketing": limits(privacy.Objection, "", nil, privacy.MarketingEmail, firms),
	"limited-objection": weighs,
	"limited-security":  limits(privacy.Objection, "", nil, security),
	"limited-accuracy":  checks,
	"limited-unlawful":  limits(privacy.Restriction, privacy.Unlawful, nil),
	"limited-claims":    limits(privacy.Restriction, privacy.Claims, []privacy.Category{privacy.Contact, privacy.Transaction}),
	"limited-weighing":  limits(privacy.Restriction, privacy.Weighing, nil, better, taxes),
	"extended":          longer(privacy.UK),
	"extended-any":      longer(""),
	"closed-done":       closes(about(privacy.Erasure, func(*request.Request) {}), request.Done, ""),
	"closed-partly":     closes(about(privacy.Delete, func(r *request.Request) { r.Jurisdiction = privacy.California }), request.PartlyDone, reason),
	"closed-refused":    closes(about(privacy.Rectification, func(r *request.Request) { r.Jurisdiction = privacy.EU }), request.Declined, reason),
	"closed-objection":  closes(imposed(weighs), request.Declined, reason),
	"closed-upheld":     closes(imposed(weighs), request.Done, "You are right."),
	"closed-half":       half(imposed(limits(privacy.Objection, "", nil, better, security, taxes, privacy.MarketingEmail))),
	"closed-shared":     closes(weighs, request.Declined, reason), // it was never imposed
	"closed-lifted":     closes(imposed(checks), request.Declined, reason),
	"closed-kept":       closes(imposed(checks), request.Done, "We have corrected it."),
	"closed-nothing":    closes(checks, request.Done, "We have corrected it."), // it was never imposed
	"closed-question":   closes(about(privacy.Question, func(*request.Request) {}), request.Done, "They are in Frankfurt and in London."),
	"closed-unanswered": closes(about(privacy.Question, func(*request.Request) {}), request.Declined, reason),
	"closed-complaint":  closes(about(privacy.Complaint, func(*request.Request) {}), request.Done, "We have spoken to the shop."),
}

// digest is what the team is reminded of.
func digest() request.Digest {
	at := time.Date(2031, 7, 31, 0, 30, 0, 0, time.UTC)
	return request.Digest{At: at, Overdue: 2, Near: 2, Waiting: 7, Due: []request.Line{
		{ID: "0190", Right: privacy.ChildErasure, State: request.Open, DueAt: at.Add(-time.Hour), WaitingFor: request.ForTeam},
		{ID: "0191", Right: privacy.Access, State: request.Fulfilling, DueAt: at.AddDate(0, 0, -2)},
		{ID: "0192", Right: privacy.Complaint, State: request.Open, DueAt: at.AddDate(0, 0, 1), WaitingFor: request.ForTeam},
	}}
}

// rightMails returns every mail about a right, by a name for it, under a policy.
func rightMails(t *testing.T, p *policy.Policy) map[string]mail.Message {
	t.Helper()
	out := map[string]mail.Message{}
	for name, r := range aboutRequests {
		out[name] = sentBy(t, p, name, func(post letters.Post) error {
			post.Now = func() time.Time { return late.AddDate(0, 0, 1) }
			switch kind, _, _ := strings.Cut(name, "-"); kind {
			case "limited":
				return post.Limited(t.Context(), r.Email, r, "c3RhdHVz")
			case "extended":
				return post.Extended(t.Context(), r.Email, r, "c3RhdHVz")
			default:
				return post.Closed(t.Context(), r.Email, r, "c3RhdHVz")
			}
		})
	}
	out["team"] = sentBy(t, p, "team", func(post letters.Post) error { return post.TeamReminder(t.Context(), "anna@example.org", digest()) })
	return out
}

// rightLinks returns the links that stand alone in each mail about a right.
func rightLinks() map[string][]string {
	links := map[string][]string{"team": nil}
	for name := range aboutRequests {
		links[name] = []string{statusLink}
		if strings.HasPrefix(name, "limited") {
			links[name] = []string{mePage, statusLink}
		}
	}
	links["closed-partly"] = append(links["closed-partly"], origin.Ask(privacy.OptOut))
	return links
}
