package letters

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// confirmConsent is the mail that asks a data subject to confirm a consent by address (promise C02).
type confirmConsent struct {
	frame
	Granted        []string // titles of purposes; none if every purpose is refused or withdrawn
	ConfirmURL     string
	Life           policy.Span // of ConfirmURL
	PreferencesURL string
}

// ConfirmConsent mails the link that confirms a consent by address, and the link of the preferences. unsubscribe is the token of one-click
// unsubscription, which stands in a header of the mail (promise C03).
func (p Post) ConfirmConsent(ctx context.Context, to string, c mailbox.Confirmation, confirm, preferences subject.Token, unsubscribe string) error {
	in := p.policy()
	m := confirmConsent{
		frame:      frame{Policy: in, Subject: "Please confirm your choice"},
		Granted:    granted(in, c.Act),
		ConfirmURL: p.Origin.Confirm(c.ID, confirm), Life: in.SpanOf(policy.Confirmation),
		PreferencesURL: p.Origin.Preferences(c.ID, preferences),
	}
	message := mail.Message{To: to, Subject: m.Subject, Unsubscribe: p.Origin.Unsubscribe(unsubscribe), Mail: feedback.Mail{Kind: feedback.Consent, About: c.ID, Part: "confirmation"}}
	return p.send(ctx, message, "consent", m, m.ConfirmURL, m.PreferencesURL)
}

// granted returns the titles of the purposes to which an act consents, in the order of the policy.
func granted(p *policy.Policy, act consent.Act) []string {
	var titles []string
	for _, purpose := range p.Purposes {
		if act.Decisions[purpose.ID] == consent.Granted {
			titles = append(titles, purpose.Title)
		}
	}
	return titles
}
