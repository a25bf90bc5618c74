package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/mail/received"
	"github.com/helpdeskexpert/privacy/shared/objects"
)

// spare is the time that must be left before the function's timeout to begin with another mail (fault F05).
const spare = 10 * time.Second

// receiver takes mails in.
type receiver interface {
	Take(ctx context.Context, a inbound.Arrival) (inbound.Outcome, error)
	Sweep(ctx context.Context) error
}

// handler gives each mail that SES reports to the concept.
type handler struct {
	receiver receiver
	now      func() time.Time
}

// mails is the bucket of mails as they arrived.
type mails struct{ *objects.Bucket }

// Get implements [inbound.Mails].
func (m mails) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	mail, err := m.Bucket.Get(ctx, key)
	if errors.Is(err, objects.ErrNotFound) {
		return nil, inbound.ErrGone
	}
	return mail, err
}

// handle takes in the mails that a batch of the queue reports. It returns the messages that failed, or for which no time was left. They come again, and in
// the end go to the dead letters (fault F19). The event of the schedule has no messages: then handle deletes what nobody needs any more.
func (h handler) handle(ctx context.Context, batch events.SQSEvent) (answer events.SQSEventResponse, err error) {
	if len(batch.Records) == 0 {
		return answer, h.receiver.Sweep(ctx)
	}
	for _, message := range batch.Records {
		if err := h.one(ctx, message.Body); err != nil {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		}
	}
	return answer, nil
}

// one takes in the mail that one message reports. The log says what became of it, and what SES found of its sender, but nothing of what the mail says (threat T12).
func (h handler) one(ctx context.Context, body string) error {
	if deadline, limited := ctx.Deadline(); limited && deadline.Sub(h.now()) < spare {
		return context.DeadlineExceeded
	}
	arrived, err := received.ParseNotification([]byte(body))
	if errors.Is(err, received.ErrIgnored) {
		return nil
	}
	if err != nil {
		slog.ErrorContext(ctx, "a report about a mail that arrived cannot be read")
		return err
	}
	outcome, err := h.receiver.Take(ctx, arrived)
	if err != nil {
		slog.ErrorContext(ctx, "a mail was not taken in", "mail", arrived.Object, "error", fault.Class(err))
		return err
	}
	slog.InfoContext(ctx, "a mail arrived", "mail", arrived.Object, "outcome", outcome, "spam", arrived.Spam, "virus", arrived.Virus,
		"spf", arrived.SPF, "dkim", arrived.DKIM, "dmarc", arrived.DMARC)
	return nil
}
