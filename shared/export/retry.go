package export

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// HasStopped reports whether the request waits for the team, because its export failed too often.
func HasStopped(file request.File) bool {
	last, ok := Of(file).last()
	return ok && last.State == Stopped && file.Request.Answerable()
}

// ErrNotStopped is the error of [Retry] if the request does not wait for the team.
var ErrNotStopped = errors.New("export: the request does not wait for the team")

// Retry answers a request again that waits for the team, because its export stopped, because the mail with its answer came back, or because there
// was doubt about its address, once the team has fixed the cause. As for any other export, the data subject behind the address is looked up again
// first (threat T01). The act is recorded in the audit log, where the entry stays for the span of [policy.AuditEntry].
//
// Errors: [request.ErrUnknown]; [ErrNotStopped]; [request.ErrChanged] while others interfere.
func Retry(ctx context.Context, register request.Register, id string, by audit.Actor, kept policy.Span, now time.Time) error {
	now = now.UTC().Truncate(time.Second)
	for range 5 {
		file, err := register.Load(ctx, id)
		if err != nil {
			return err
		}
		if _, waits := ForTeam(file); !waits {
			return ErrNotStopped
		}
		r, items := file.Request, []request.Item(nil)
		if r.Answerable() || len(Of(file)) > 0 { // a request without an export so far gets its first one, or none, from the answer step
			items = append(items, next(&r, "", time.Time{}, now))
		}
		r.Next(request.StepAnswer, now)
		event := r.Record(request.EventRetried, now)
		entry := request.AuditEntry{Entry: audit.New(by, audit.ExportRetried, id, now), ExpiresAt: kept.After(now)}
		if _, err = register.Save(ctx, file, append(items, r, event, entry)...); !errors.Is(err, request.ErrChanged) {
			return err
		}
	}
	return request.ErrChanged
}
