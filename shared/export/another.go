package export

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Another opens another export of an answered request, for whoever holds a status link. Who is behind the address, and how it is spelt, may
// have changed since the first answer, so both are looked up again before anything is made. While an export is waited for, it answers that one.
func Another(ctx context.Context, requester *request.Requester, id string, token subject.Token) (request.File, error) {
	return requester.Change(ctx, id, token, func(file request.File, now time.Time) ([]request.Item, error) {
		r := file.Request
		last, answered := Of(file).last()
		if r.State != request.Fulfilled || !answered {
			return nil, fault.New(fault.Conflict, "This request was not answered with an export, so there is no export to make again.")
		}
		if !last.Finished() {
			return nil, nil
		}
		a := next(&r, "", time.Time{}, now)
		r.Next(request.StepAnswer, now)
		event := r.Record(request.EventExporting, now)
		return []request.Item{r, a, event}, nil
	})
}

// HasStopped reports whether an export of the request failed too often, so that the answer waits for the team.
func HasStopped(file request.File) bool {
	last, ok := Of(file).last()
	return ok && last.State == Stopped && file.Request.Answerable()
}

// ErrNotStopped is what Retry answers where nothing waits for the team.
var ErrNotStopped = errors.New("export: no export of the request has stopped")

// Retry begins the export anew that stopped, once the team has mended the cause. As with any other export, who is behind the address is looked
// up again first (threat T01). Errors: request.ErrUnknown, ErrNotStopped, request.ErrChanged while others interfere.
func Retry(ctx context.Context, register request.Register, id string, now time.Time) error {
	now = now.UTC().Truncate(time.Second)
	for range 5 {
		file, err := register.Load(ctx, id)
		if err != nil {
			return err
		}
		if !HasStopped(file) {
			return ErrNotStopped
		}
		r := file.Request
		a := next(&r, "", time.Time{}, now)
		r.Next(request.StepAnswer, now)
		event := r.Record(request.EventRetried, now)
		if _, err = register.Save(ctx, file, r, a, event); !errors.Is(err, request.ErrChanged) {
			return err
		}
	}
	return request.ErrChanged
}
