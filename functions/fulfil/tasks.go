package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
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
