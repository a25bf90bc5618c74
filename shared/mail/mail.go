// Package mail sends mail through Amazon SES (API version 2).
package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"github.com/helpdeskexpert/privacy/shared/awsenv"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Message is one mail to one address. To, Subject and Unsubscribe become headers, so they must not contain control characters (threat T15).
type Message struct {
	To      string // bare address, spelt as on record
	Subject string
	Text    string
	HTML    string

	Unsubscribe string // https URL for one-click unsubscription (RFC 8058), or empty
	Thread      string // message id, without angle brackets, that an answer to the mail repeats; or empty

	Mail feedback.Mail // says which mail this is, to SES's events and to the log
}

// patience is how long SES may take for a mail, over all attempts. It is shorter than the time that functions reserve for their
// last steps. So if SES is silent, the mail fails, but the function still finishes.
const patience = 8 * time.Second

// Sender sends from one address under one configuration set. The configuration set requires TLS, tracks neither opens nor clicks,
// and overrides the account's suppression list, so that answers to rights requests are really sent (promise G03, threat T12).
type Sender struct {
	client           *sesv2.Client
	from             string
	configurationSet string
	patience         time.Duration
	bulkPatience     time.Duration
	meter            metric.Meter
}

// Open returns a Sender whose client is configured from the environment that Lambda sets. The meter counts the mails that SES did not accept.
func Open(from, configurationSet string, meter metric.Meter) *Sender {
	client := sesv2.NewFromConfig(awsenv.Config("SESV2"))
	return &Sender{client: client, from: from, configurationSet: configurationSet, patience: patience, bulkPatience: bulkPatience, meter: meter}
}

// Send hands a message to SES. If SES does not accept it, Send logs and counts that. The error then says what happened to the mail:
// subject.ErrUnmailable, subject.ErrMailRefused or subject.ErrMailUncertain (fault F23). SES has no idempotency key, so after a lost answer
// the mail may have been sent (fault F04).
func (s *Sender) Send(ctx context.Context, m Message) error {
	limited, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	err := s.send(limited, m)
	if subject.MailNotAccepted(err) {
		slog.ErrorContext(ctx, "a mail was not accepted", "about", m.Mail.About, "error", fault.Class(err))
		if err := s.meter.Count(metric.MailsNotAccepted); err != nil {
			slog.ErrorContext(ctx, "no metrics", "error", fault.Class(err))
		}
	}
	return err
}

func (s *Sender) send(ctx context.Context, m Message) error {
	to, err := subject.Mailable(m.To)
	if err != nil {
		return err
	}
	if strings.ContainsFunc(m.Subject+m.Unsubscribe+m.Thread, unicode.IsControl) {
		return errControl
	}
	tags, err := tags(m.Mail)
	if err != nil {
		return err
	}
	var tries attempts
	_, err = s.client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress:     &s.from,
		ConfigurationSetName: &s.configurationSet,
		Destination:          &types.Destination{ToAddresses: []string{to}},
		Content: &types.EmailContent{Simple: &types.Message{
			Subject: content(m.Subject),
			Body:    &types.Body{Text: content(m.Text), Html: content(m.HTML)},
			Headers: headers(m),
		}},
		EmailTags: tags,
	}, tries.watch)
	switch {
	case err == nil:
		return nil
	case tries.open || !refused(err):
		return fmt.Errorf("%w: %w", subject.ErrMailUncertain, err)
	default:
		return fmt.Errorf("%w: %w", subject.ErrMailRefused, err)
	}
}

// attempts notes whether the mail may have left at any of the attempts that the SDK makes for one call. SES may refuse the last
// attempt although an earlier one, whose answer was lost, was accepted.
type attempts struct {
	aws.Retryer
	open bool
}

func (a *attempts) watch(o *sesv2.Options) { a.Retryer, o.Retryer = o.Retryer, a }

// IsErrorRetryable is called by the SDK after each failed attempt.
func (a *attempts) IsErrorRetryable(err error) bool {
	a.open = a.open || !refused(err)
	return a.Retryer.IsErrorRetryable(err)
}

// refused reports whether SES answered that it does not take the mail. After a server error (5xx) or without an answer, nobody knows.
func refused(err error) bool {
	_, answered := errors.AsType[smithy.APIError](err)
	failure, status := errors.AsType[interface {
		error
		HTTPStatusCode() int
	}](err)
	return answered && status && failure.HTTPStatusCode() < 500
}

// errControl means a mistake in this service, because nothing that a caller sends becomes part of a subject or a link.
var errControl = errors.New("mail: a header would hold a control character")

// automatic tells other machines that a machine wrote this mail, so that none of them answers (RFC 3834).
var automatic = types.MessageHeader{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}

// ours tells this service that it wrote the mail itself, should the mail come back to the privacy address.
var ours = types.MessageHeader{Name: aws.String(feedback.OwnHeader), Value: aws.String("1")}

func headers(m Message) []types.MessageHeader {
	all := []types.MessageHeader{automatic, ours}
	if m.Thread != "" {
		all = append(all, types.MessageHeader{Name: aws.String("References"), Value: aws.String("<" + m.Thread + ">")})
	}
	if m.Unsubscribe != "" {
		all = append(all,
			types.MessageHeader{Name: aws.String("List-Unsubscribe"), Value: aws.String("<" + m.Unsubscribe + ">")},
			types.MessageHeader{Name: aws.String("List-Unsubscribe-Post"), Value: aws.String("List-Unsubscribe=One-Click")})
	}
	return all
}

func content(s string) *types.Content {
	return &types.Content{Data: &s, Charset: aws.String("UTF-8")}
}
