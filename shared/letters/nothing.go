package letters

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// nothingStored is the mail that answers a verified request if this service stores no records under the address, and nothing else but the
// request (threat T14). It speaks only of this service and this address, because nobody looked at any other system.
type nothingStored struct {
	frame
	Right     right
	Erasure   bool        // the request asks for an erasure, so its address and its text are deleted as well
	Kept      policy.Span // how long the request is kept, by the policy under which it was received
	StatusURL string
}

// NothingStored mails the answer that no records are stored under the address, with the link of the status page.
func (p Post) NothingStored(ctx context.Context, to string, r request.Request, status subject.Token) error {
	return p.nothing(ctx, mail.Message{To: to, Mail: export.NothingMail(r)}, r, status)
}

// NothingToErase mails that there is nothing to be erased under the address, likewise.
func (p Post) NothingToErase(ctx context.Context, to string, r request.Request, e erasure.Erasure, status subject.Token) error {
	return p.nothing(ctx, mail.Message{To: to, Mail: erasure.NothingMail(r, e)}, r, status)
}

func (p Post) nothing(ctx context.Context, message mail.Message, r request.Request, status subject.Token) error {
	in := p.policy()
	asked := askedIn(in, r)
	message.Subject = "The answer to your " + asked.name
	m := nothingStored{
		frame: frame{Policy: in, Subject: message.Subject}, Right: asked, Erasure: erases(r.Right),
		Kept: r.Terms.File, StatusURL: p.Origin.Status(r.ID, status),
	}
	return p.send(ctx, message, "nothing", m, m.StatusURL)
}
