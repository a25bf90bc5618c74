package main

import (
	"context"
	"encoding/base64"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/mail"
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

func (m mailer) NothingStored(ctx context.Context, to string, r request.Request, status subject.Token) error {
	text, err := pages.NothingHeld(m.policy, pages.NothingHeldMail{Right: r.Right, Kept: r.Terms.File, StatusURL: m.statusURL(r, status)})
	return m.send(ctx, to, r.ID, text, err)
}

func (m mailer) ConfirmConsent(ctx context.Context, to string, c consent.Confirmation, confirm, preferences subject.Token, unsubscribe string) error {
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

// addresses finds data subjects by the alias of their address.
type addresses struct {
	store *subjects.Store
	key   subject.Key
}

func (a addresses) Introduce(ctx context.Context, address subject.Address, until time.Time) (privacy.SubjectID, string, error) {
	alias, err := a.store.Introduce(ctx, a.key.Alias(address), address.Spelling, until)
	return alias.Subject, alias.Spelling, err
}

func (a addresses) Find(ctx context.Context, address subject.Address) (privacy.SubjectID, string, bool, error) {
	alias, ok, err := a.store.Find(ctx, a.key.Alias(address))
	return alias.Subject, alias.Spelling, ok, err
}

// limiter counts challenges by the HMAC of the address.
type limiter struct {
	store *requests.Store
	key   subject.Key
	rate  int // confirmation mails that one client can set off per minute
}

func (l limiter) MayChallenge(ctx context.Context, a subject.Address, id string, again bool, now time.Time) (may, later bool, err error) {
	return l.store.CountChallenge(ctx, l.who(a), id, again, now)
}

func (l limiter) NotMailed(ctx context.Context, a subject.Address, id string, now time.Time) error {
	return l.store.UncountChallenge(ctx, l.who(a), id, now)
}

func (l limiter) who(a subject.Address) string {
	return base64.RawURLEncoding.EncodeToString(l.key.MAC("challenges", a.Lookup))
}

func (l limiter) MayMail(ctx context.Context, client string, now time.Time) (bool, error) {
	n, err := l.store.Count(ctx, client, "mails", now)
	return n <= l.rate, err
}
