package main

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// mailer mails the link to an export. The link's fragment holds the token and the identity; the origin comes from
// configuration, never from a request (threats T12, T13).
type mailer struct {
	sender *mail.Sender
	origin string
	policy *policy.Policy // in force
}

func (m mailer) ExportReady(ctx context.Context, r request.Request, e request.Export, token subject.Token, identity string, status subject.Token) error {
	text, err := pages.ExportReady(m.policy, pages.ExportReadyMail{
		Right: r.Right, ExpiresAt: e.OpenUntil, Uses: request.ExportUses,
		ExportURL: m.origin + "/exports/" + e.ID() + "#" + string(token) + "." + identity,
		StatusURL: m.origin + "/requests/" + r.ID + "#" + string(status),
	})
	if err != nil {
		return err
	}
	return m.sender.Send(ctx, mail.Message{To: r.Email, Subject: text.Subject, Text: text.Text, HTML: text.HTML, About: r.ID})
}
