package main

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// mailer writes the mails of a request. Origins come from configuration, never from a request (threat T13).
type mailer struct {
	sender *mail.Sender
	origin string
	policy *policy.Policy // in force
}

func (m mailer) Challenge(ctx context.Context, to string, r request.Request, verify, status subject.Token) error {
	text, err := pages.VerifyRequest(m.policy, pages.VerifyRequestMail{
		Right: r.Right, ReceivedAt: r.ReceivedAt, DueAt: request.DueAt(r), TimeZone: r.Terms.TimeZone,
		VerifyURL: m.origin + "/verify/" + r.ID + "#" + string(verify),
		StatusURL: m.statusURL(r, status),
	})
	return m.send(ctx, to, r.ID, text, err)
}

func (m mailer) NothingHeld(ctx context.Context, to string, r request.Request, status subject.Token) error {
	text, err := pages.NothingHeld(m.policy, pages.NothingHeldMail{Right: r.Right, Kept: r.Terms.File, StatusURL: m.statusURL(r, status)})
	return m.send(ctx, to, r.ID, text, err)
}

func (m mailer) ConfirmConsent(ctx context.Context, to string, c mailbox.Confirmation, confirm, preferences subject.Token, unsubscribe string) error {
	var granted []privacy.Purpose
	for _, purpose := range consent.Purposes() {
		if c.Act.Decisions[purpose] == consent.Granted {
			granted = append(granted, purpose)
		}
	}
	oneClick := m.origin + "/v1/unsubscribe/" + unsubscribe
	text, err := pages.ConfirmConsent(m.policy, pages.ConfirmConsentMail{
		Granted: granted, ConfirmURL: m.origin + "/confirm/" + c.ID + "#" + string(confirm),
		PreferencesURL: m.origin + "/preferences/" + c.ID + "#" + string(preferences),
	})
	if err != nil {
		return err
	}
	return m.sender.Send(ctx, mail.Message{To: to, Subject: text.Subject, Text: text.Text, HTML: text.HTML, Unsubscribe: oneClick, About: c.ID})
}

func (m mailer) statusURL(r request.Request, status subject.Token) string {
	return m.origin + "/requests/" + r.ID + "#" + string(status)
}

func (m mailer) send(ctx context.Context, to, about string, text pages.Mail, err error) error {
	if err != nil {
		return err
	}
	return m.sender.Send(ctx, mail.Message{To: to, Subject: text.Subject, Text: text.Text, HTML: text.HTML, About: about})
}
