package servicetest

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// openTeam opens what leaves requests to the privacy team. Children are only noted as protected ([Rig.Protected]).
func (r *Rig) openTeam(p func(time.Time) *policy.Policy) {
	r.Team = &request.Team{Register: r.Requests, Addresses: r, Children: (*children)(r), Mailer: r, Tokens: Tokens, Told: r.filed, ForTeam: r.forTeam, Policy: p, Now: r.Clock.Now}
	r.Fulfilment.Answers[work.Team], r.Fulfilment.Decided = r.Team, r.Team
}

// filed has the receipt of a complaint mailed.
func (r *Rig) filed(ctx context.Context, f request.Request) error {
	return r.Links.Tell(ctx, f.Mailbox, f.Email, mailbox.Act{Kind: mailbox.Filed, Request: f.ID, Right: f.Right, DueAt: request.DueAt(f), TimeZone: f.Terms.TimeZone})
}

// children notes which addresses are protected.
type children Rig

// Stop implements [request.Children].
func (c *children) Stop(_ context.Context, address string, id string) error {
	c.mu.Lock()
	if !slices.Contains(c.Protected, address+" "+id) {
		c.Protected = append(c.Protected, address+" "+id)
	}
	c.mu.Unlock()
	return (*Rig)(c).fails("stop")
}

// Extended implements [request.TeamMailer].
func (r *Rig) Extended(_ context.Context, to string, about request.Request, status subject.Token) error {
	return r.mail(Mail{Kind: "extended", To: to, About: about.ID, Part: about.ExtendedMail().Part, Status: status})
}

// Closed implements [request.TeamMailer].
func (r *Rig) Closed(_ context.Context, to string, about request.Request, status subject.Token) error {
	return r.mail(Mail{Kind: "closed", To: to, About: about.ID, Part: about.ClosedMail().Part, Status: status})
}
