package export

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// HasStopped reports whether an export of the request failed too often, so that the answer waits for the team.
func HasStopped(file request.File) bool {
	last, ok := Of(file).last()
	return ok && last.State == Stopped && file.Request.Answerable()
}

// ErrNotStopped is what Retry answers where nothing waits for the team.
var ErrNotStopped = errors.New("export: no export of the request has stopped")

// Retry begins the export anew that stopped, once the team has mended the cause. As with any other export, who is behind the address is looked
// up again first (threat T01). The act is recorded in the audit log, where the entry stays for the span of [policy.AuditEntry].
//
// Errors: request.ErrUnknown, ErrNotStopped, request.ErrChanged while others interfere.
func Retry(ctx context.Context, register request.Register, id string, by audit.Actor, kept policy.Span, now time.Time) error {
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
		entry := request.AuditEntry{Entry: audit.New(by, audit.ExportRetried, id, now), ExpiresAt: kept.After(now)}
		if _, err = register.Save(ctx, file, r, a, event, entry); !errors.Is(err, request.ErrChanged) {
			return err
		}
	}
	return request.ErrChanged
}
