package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// spare is what is left of the function's time when it begins no further step (fault F05).
const spare = 10 * time.Second

// due lists the work whose time has come.
type due interface {
	Due(ctx context.Context, now time.Time) ([]request.Reference, error)
}

// mailing mails the links of a consent by e-mail address.
type mailing interface {
	Run(ctx context.Context, id string) error
}

// consentSteps gives the newest consent record of a data subject to do, if a step says that the other data has not heard of it.
type consentSteps interface {
	FinishStep(ctx context.Context, id privacy.SubjectID, do func(context.Context, privacy.SubjectID, consent.Record) error) error
}

// writer changes the records that are stored about a data subject.
type writer interface {
	FollowConsent(ctx context.Context, id privacy.SubjectID, newest consent.Record) error
	Walk(ctx context.Context, id privacy.SubjectID) error
}

type handler struct {
	due        due
	fulfilment *request.Fulfilment
	mailing    mailing
	consents   consentSteps
	records    writer
	now        func() time.Time
}

// handle does what an event names: the items of a stream batch, or with the schedule's event everything that is due.
func (h handler) handle(ctx context.Context, event requests.Event) (requests.Answer, error) {
	if event.FromStream() {
		return event.Each(ctx, h.inTime), nil
	}
	references, err := h.due.Due(ctx, h.now())
	if err != nil {
		return requests.Answer{}, err
	}
	var failed []error
	for _, reference := range references {
		if h.late(ctx) {
			break // the next minute goes on
		}
		if err := h.one(ctx, reference); err != nil {
			failed = append(failed, err)
		}
	}
	return requests.Answer{}, errors.Join(failed...)
}

// late reports whether too little time is left to begin a step.
func (h handler) late(ctx context.Context) bool {
	deadline, limited := ctx.Deadline()
	return limited && deadline.Sub(h.now()) < spare
}

// inTime does the step of a stream's record, or leaves it to the schedule when time is short: while SES is silent, each mail of a batch takes
// its whole time (fault F23).
func (h handler) inTime(ctx context.Context, reference request.Reference) error {
	if h.late(ctx) {
		return nil
	}
	return h.one(ctx, reference)
}

// one does the step that is due about one item. Exports belong to the export function.
func (h handler) one(ctx context.Context, reference request.Reference) error {
	if _, export := requests.ParseExport(reference.SK); export {
		return nil
	}
	err := h.run(ctx, reference)
	if err != nil {
		slog.Error("step failed", "pk", reference.PK, "sk", reference.SK, "error", fault.Class(err))
	}
	return err
}

// run hands the item to whoever knows its kind.
func (h handler) run(ctx context.Context, reference request.Reference) error {
	if id, ok := requests.ParsePK(reference.PK); ok {
		return h.fulfilment.Run(ctx, id)
	}
	if id, ok := confirmations.ParsePK(reference.PK); ok {
		return h.mailing.Run(ctx, id)
	}
	id, _ := strings.CutPrefix(reference.PK, "s#")
	switch reference.SK {
	case "STEP#walk":
		return h.records.Walk(ctx, privacy.SubjectID(id))
	case "STEP#consent":
		return h.consents.FinishStep(ctx, privacy.SubjectID(id), h.records.FollowConsent)
	default:
		return nil
	}
}
