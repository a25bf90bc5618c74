package letters_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

var _ erasure.Mailer = letters.Post{}

const (
	copyLink   = "https://privacy.example/request?right=access"
	optOutLink = "https://privacy.example/request?right=opt_out"
	keysLink   = "https://privacy.example/.well-known/jwks.json"
)

// erases returns a plan in which each kind of outcome occurs, with its counts.
func erases() erasure.Plan {
	return erasure.Plan{PolicyVersion: "2031-04-05", Items: []erasure.Item{
		{Kind: policy.Kind(privacy.Contact), Count: 12, Counted: true},
		{Kind: policy.Kind(privacy.Marketing), Counted: true},
		{Kind: policy.Kind(privacy.Transaction), Ground: privacy.LegalDuty, Drops: []string{"cardLast4"}, Count: 1, Counted: true, Until: late.AddDate(7, 0, 0)},
		{Kind: policy.Kind(privacy.Account), Ground: privacy.StillNecessary, While: policy.WhileContract, Count: 1, Counted: true},
		{Kind: policy.Kind(privacy.Preference), Ground: privacy.StillNecessary, While: policy.WhileContract, Count: 3, Counted: true},
		{Kind: policy.Kind(privacy.Communication), Ground: privacy.LegalHold, Count: 2, Counted: true},
		{Kind: policy.MailboxLink},
		{Kind: policy.SubjectAlias, Ground: privacy.Suppression, Drops: []string{"address"}, Count: 2, Counted: true},
		{Kind: policy.ServiceLog, Ground: privacy.StillNecessary},
	}}
}

// erasureOf returns the erasure of each mail about one, and its request.
func erasureOf(name string) (request.Request, erasure.Erasure) {
	r := about(privacy.Erasure, func(*request.Request) {})
	e := erasure.Erasure{Request: r.ID, Version: 5, Plan: erases(), ErasesAt: late.AddDate(0, 0, 3), ErasedAt: late.AddDate(0, 0, 3).Add(time.Hour),
		Systems: []erasure.System{{ID: "shop"}, {ID: "till", AcknowledgedAt: late}}}
	switch name {
	case "erased-all":
		e.Plan.Items, e.Systems = e.Plan.Items[:1], nil
	case "erased-california", "agreed-california":
		r.Right, r.Jurisdiction, e.Systems = privacy.Delete, privacy.California, e.Systems[1:]
	}
	return r, e
}

// aboutErasures lists the mails about an erasure.
var aboutErasures = []string{"agreed", "agreed-california", "erased", "erased-all", "erased-california", "nothing-erased"}

// erasureMails returns every mail about an erasure, by a name for it, under a policy.
func erasureMails(t *testing.T, p *policy.Policy) map[string]mail.Message {
	t.Helper()
	out := map[string]mail.Message{}
	for _, name := range aboutErasures {
		r, e := erasureOf(name)
		out[name] = sentBy(t, p, name, func(post letters.Post) error {
			switch name[:5] {
			case "agree":
				return post.ErasureAgreed(t.Context(), r.Email, r, e, "c3RhdHVz")
			case "erase":
				return post.Erased(t.Context(), r.Email, r, e, "c3RhdHVz")
			default:
				return post.NothingToErase(t.Context(), r.Email, r, e, "c3RhdHVz")
			}
		})
	}
	return out
}

// erasureLinks returns the links that stand alone in each mail about an erasure.
func erasureLinks() map[string][]string {
	return map[string][]string{
		"agreed": {statusLink, copyLink, mePage}, "agreed-california": {statusLink, copyLink, mePage}, "erased": {statusLink, keysLink}, "erased-all": {statusLink, keysLink},
		"erased-california": {statusLink, keysLink, optOutLink}, "nothing-erased": {statusLink},
	}
}
