package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// spare is the time that must be left before the function's timeout to begin another step (fault F05).
const spare = 10 * time.Second

// ofSubject returns the step of a task whose Ref is the id of a data subject.
func ofSubject(do func(context.Context, privacy.SubjectID) error) work.Do {
	return work.Step(func(ctx context.Context, ref string) error { return do(ctx, privacy.SubjectID(ref)) })
}

// consented applies a grant or a withdrawal by e-mail address to the data subject's state and marketing records (promise F04).
func consented(decisions *consents.WithStep, records *intake.Intake) work.Do {
	return ofSubject(func(ctx context.Context, id privacy.SubjectID) error {
		return decisions.FinishStep(ctx, id, records.FollowConsent)
	})
}

// told has somebody told of a change of whom their address stands for: by a receipt that the address was added, or by a link, behind which the change
// waits to be contested (threat T33).
func told(mailing *mailbox.LinkMailing, l *mailbox.Links) func(context.Context, identity.Told, identity.Change) error {
	return func(ctx context.Context, to identity.Told, _ identity.Change) error {
		if to.Role == identity.Added {
			return l.Tell(ctx, to.Mailbox, to.Address, mailbox.Act{Kind: mailbox.Attached})
		}
		address, err := subject.ParseAddress(to.Address)
		if err != nil { // it was parsed before it was stored
			return nil //nolint:nilerr // nobody can be told there
		}
		return mailing.Want(ctx, address, mailbox.ForChanges)
	}
}

// filed has the receipt of a request mailed that nothing had to prove.
func filed(l *mailbox.Links) func(context.Context, request.Request) error {
	return func(ctx context.Context, r request.Request) error {
		return l.Tell(ctx, r.Mailbox, r.Email, mailbox.Act{Kind: mailbox.Filed, Request: r.ID, Right: r.Right, DueAt: request.DueAt(r), TimeZone: r.Terms.TimeZone})
	}
}

// contested raises an alarm: somebody contests a change of whom an address stands for.
func contested(meter metric.Meter) func(context.Context, identity.Change) {
	return func(ctx context.Context, c identity.Change) {
		slog.WarnContext(ctx, "a change of addresses was contested", "change", c.ID)
		if err := meter.Count(metric.ChangesContested); err != nil {
			slog.ErrorContext(ctx, "no metrics", "error", fault.Class(err))
		}
	}
}

// proofs has a link mailed for a request.
type proofs struct{ *mailbox.LinkMailing }

// Want implements [request.Proofs].
func (p proofs) Want(ctx context.Context, a subject.Address) error {
	return p.LinkMailing.Want(ctx, a, mailbox.ForRequests)
}

// newRunner returns the runner of this function's steps. Function export does the exports.
func newRunner(due work.Queue, steps map[work.Kind]work.Do, now func() time.Time) *work.Runner {
	return &work.Runner{Queue: due, Do: steps, Spare: spare, Failed: logFailed, Now: now}
}

func logFailed(ctx context.Context, task work.Task, err error) {
	pk, sk := queue.Key(task)
	slog.ErrorContext(ctx, "step failed", "pk", pk, "sk", sk, "error", fault.Class(err))
}
