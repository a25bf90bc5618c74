// Package letters writes every mail that the service sends, and hands it to the mail sender.
//
// A mail holds no personal data: its only secrets are those of its links (threat T04). It names the controller and the authorities as the
// policy does (promises A01, L01), and every period it prints is the policy's (promise A02). Each mail has a file with a struct of its own,
// which is exactly what its two templates see, and with the method of [Post] that sends it. A notice of a change has the function [Notice]
// in place of a method: it is written once and sent to many.
package letters

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Sender sends one mail. If the mail was not accepted, the error is subject.ErrUnmailable, subject.ErrMailRefused or
// subject.ErrMailUncertain (fault F23).
type Sender interface {
	Send(ctx context.Context, m mail.Message) error
}

// Post writes and sends the mails. Its methods return the errors of the Sender, and fail on a link that is not an absolute http(s) URL.
type Post struct {
	Sender Sender
	Origin links.Origin                       // of the links, as configured (threat T13)
	Policy func(now time.Time) *policy.Policy // policy.InForce
	Now    func() time.Time
}

// policy returns the version in force now.
func (p Post) policy() *policy.Policy { return p.Policy(p.Now()) }

// send renders the two templates of a mail with its content, completes the message with them and sends it. urls lists every link of the
// content.
func (p Post) send(ctx context.Context, m mail.Message, template string, content any, urls ...string) error {
	for _, url := range urls {
		if err := checkLink(url); err != nil {
			return err
		}
	}
	if m.Mail.Kind == feedback.Request {
		m.Thread = p.Origin.Thread(m.Mail.About)
	}
	var err error
	if m.Text, m.HTML, err = render(template, content); err != nil {
		return err
	}
	return p.Sender.Send(ctx, m)
}
