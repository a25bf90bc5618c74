package letters

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// verifyRequest is the mail that asks a data subject to confirm a request (threats T01, T10).
type verifyRequest struct {
	frame
	Right     right
	Received  string // a day
	Due       string // the day of the binding deadline (promise H13)
	VerifyURL string
	Life      policy.Span // of VerifyURL
	StatusURL string
}

// Challenge mails the link with which the data subject confirms a request, and the link of the request's status page. Days are counted in the
// time zone that the policy named when the request was received (promise A02).
func (p Post) Challenge(ctx context.Context, to string, r request.Request, verify, status subject.Token) error {
	in := p.policy()
	asked := rightOf(in, r.Right)
	m := verifyRequest{
		frame: frame{Policy: in, Subject: "Please confirm your " + asked.name + " request"},
		Right: asked, Received: day(r.Terms.TimeZone, r.ReceivedAt), Due: day(r.Terms.TimeZone, request.DueAt(r)),
		VerifyURL: p.Origin.Verify(r.ID, verify), Life: in.SpanOf(policy.Challenge), StatusURL: p.Origin.Status(r.ID, status),
	}
	return p.send(ctx, mail.Message{To: to, Subject: m.Subject, Mail: r.ChallengeMail()}, "verify", m, m.VerifyURL, m.StatusURL)
}
