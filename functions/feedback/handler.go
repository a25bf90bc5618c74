package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/mail"
)

// spare is the time that must be left before the function's timeout to begin with another report (fault F05).
const spare = 10 * time.Second

// take takes in a report about one mail. Repeating it changes nothing.
type take func(context.Context, feedback.Event) error

// handler gives each report to the concept that its mail is about.
type handler struct {
	first map[feedback.Outcome]take // for reports about mails of any kind; they come before those of take
	take  map[feedback.Kind]take
	now   func() time.Time
}

// handle takes in a batch of the queue. It returns the messages that failed, or for which no time was left. They come again, and in the end
// go to the dead letters (fault F19).
func (h handler) handle(ctx context.Context, batch events.SQSEvent) (answer events.SQSEventResponse, err error) {
	taken, ignored := 0, 0
	for _, message := range batch.Records {
		err := h.one(ctx, message.Body)
		switch {
		case errors.Is(err, mail.ErrIgnored):
			ignored++
		case err != nil:
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
		default:
			taken++
		}
	}
	slog.InfoContext(ctx, "reports about mails", "taken", taken, "ignored", ignored, "failed", len(answer.BatchItemFailures))
	return answer, nil
}

// one takes in the report in one message.
func (h handler) one(ctx context.Context, body string) error {
	if deadline, limited := ctx.Deadline(); limited && deadline.Sub(h.now()) < spare {
		return context.DeadlineExceeded
	}
	e, err := mail.ParseEvent([]byte(body))
	if errors.Is(err, mail.ErrIgnored) {
		return err
	}
	if err != nil {
		slog.ErrorContext(ctx, "a report about a mail cannot be read")
		return err
	}
	if err := h.give(ctx, e); err != nil {
		slog.ErrorContext(ctx, "a report about a mail was not dealt with", "kind", e.Kind, "about", e.About, "outcome", e.Outcome, "error", fault.Class(err))
		return err
	}
	return nil
}

func (h handler) give(ctx context.Context, e feedback.Event) error {
	if do, ok := h.first[e.Outcome]; ok {
		if err := do(ctx, e); err != nil {
			return err
		}
	}
	if do, ok := h.take[e.Kind]; ok {
		return do(ctx, e)
	}
	return nil
}
