package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/notice"
)

type handler struct{ runner *notice.Runner }

// errIncomplete counts the run as failed. Lambda sees only this text; the cause is in the log, by class.
var errIncomplete = errors.New("notify: the run failed")

// handle goes on with the campaigns. It ignores the event that the schedule sends.
func (h handler) handle(ctx context.Context, _ json.RawMessage) error {
	if err := h.runner.Run(ctx); err != nil {
		slog.ErrorContext(ctx, "a run of the notice campaigns failed", "error", fault.Class(err))
		return errIncomplete
	}
	return nil
}

// post hands the letter of a campaign to SES.
type post struct{ sender *mail.Sender }

// Mail implements [notice.Mailer].
func (p post) Mail(ctx context.Context, version string, letter notice.Letter, to []feedback.Recipient) ([]feedback.Answer, error) {
	return p.sender.Bulk(ctx, mail.BulkMessage{
		Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML, Kind: feedback.Notice, About: version}, to)
}

// sleep waits, unless the invocation ends before.
func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
