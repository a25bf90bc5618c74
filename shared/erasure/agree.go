package erasure

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Why an agreement is refused.
var (
	errNoPlan  = fault.New(fault.Conflict, "There is no plan yet that you could agree to. Wait a moment and try again.")
	errChanged = fault.New(fault.Conflict, "The plan has changed since you saw it. Read it again.", fault.Field{Pointer: "/plan", Detail: "is not the hash of the plan as it is now"})
	errAgreed  = fault.New(fault.Conflict, "You have already agreed to this erasure.")
	errEnded   = fault.New(fault.Conflict, "This erasure has been cancelled, or our privacy team answers it.")
)

// Agree has the person agree to the plan of their erasure, by its hash. What follows is told to everybody at an address of theirs; then the erasure can
// still be cancelled for a while (threats T06, T07).
//
// Errors: fault.Forbidden without a fresh proof; [request.ErrLink] for a request that is not behind the mailbox; fault.Conflict without a plan, for
// another plan, and once the person has agreed.
func Agree(ctx context.Context, q *request.Requester, id string, proof subject.Proof, plan string) (request.File, error) {
	if err := proof.MustBeFresh(); err != nil {
		return request.File{}, err
	}
	return q.ChangeOf(ctx, id, proof, func(file request.File, now time.Time) ([]request.Item, error) {
		r, e := file.Request, Of(file)
		switch {
		case e.State == Cancelled || r.State.Final() && !e.Begun():
			return nil, errEnded
		case e.Version == 0 || e.State == Planning:
			return nil, errNoPlan
		case e.State != Planned:
			return nil, errAgreed
		case plan != e.Plan.Hash():
			return nil, errChanged
		}
		e.Agreed, e.AgreedAt = plan, now
		e.next(Telling, now)
		r.Waiting = request.ForCooling
		event := r.Record(request.EventAgreed, now)
		return []request.Item{r, e, event}, nil
	})
}

// Anew reports whether a plan waits for a person who has agreed to another one before, which holds no more.
func Anew(file request.File) bool {
	return Of(file).State == Planned && slices.ContainsFunc(file.Events, func(e request.Event) bool { return e.Kind == request.EventAgreed })
}
