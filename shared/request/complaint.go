package request

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
)

// complaint leaves a complaint to the team. Nothing proves who filed it. So one that says the same as another that waits is counted there and is not
// kept, and a mailbox lists at most [limit.Waiting] complaints that wait (threat T32). Those that come after are kept off its list, but the team answers
// them all the same: nobody else has their words.
//
// The receipt goes first: if a run is killed in between, the next one makes it due again, and no complaint stays without an acknowledgement
// (promise L03).
func (t *Team) complaint(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	others, err := t.Register.Under(ctx, r.Mailbox)
	if err != nil {
		return err
	}
	earlier := r.openBefore(others)
	if i := slices.IndexFunc(earlier, r.asksTheSame); i >= 0 {
		return t.fold(ctx, file, earlier[i].ID, now)
	}
	if err := t.Told(ctx, r); err != nil {
		return err
	}
	if len(earlier) >= limit.Waiting {
		return t.leave(ctx, file, WhyJudgement, now, Unlisting{Mailbox: r.Mailbox, Request: r.ID})
	}
	return t.leave(ctx, file, WhyJudgement, now)
}

// openBefore returns the first requests with the right of r that were filed before it, are still open and differ, as many as a mailbox lists. It looks
// only at earlier ones, so those that come at the same time cannot all take the last place, and none is folded into one that is folded itself.
func (r Request) openBefore(others []Request) (first []Request) {
	for _, o := range slices.SortedFunc(slices.Values(others), byReceipt) {
		if o.State != Open || o.Right != r.Right || byReceipt(o, r) >= 0 {
			continue
		}
		if !slices.ContainsFunc(first, o.asksTheSame) && len(first) < limit.Waiting {
			first = append(first, o)
		}
	}
	return first
}

func (r Request) asksTheSame(other Request) bool {
	return r.Jurisdiction == other.Jurisdiction && r.Details == other.Details && r.Equal(other.Asked)
}

// fold ends a complaint that is counted at another one. Its address and its text are deleted, and the mailbox does not list it any more.
func (t *Team) fold(ctx context.Context, file File, first string, now time.Time) error {
	other, err := t.Register.Load(ctx, first)
	if errors.Is(err, ErrUnknown) || err == nil && other.Request.State != Open {
		return ErrChanged // decided meanwhile: the next run looks again
	}
	if err != nil {
		return err
	}
	r := other.Request
	r.Repeats++
	r.RepeatedAt = now
	if _, err := t.Register.Save(ctx, other, r); err != nil {
		return err
	}
	r = file.Request
	r.Close(Lapsed, now)
	r.Forget()
	event := r.Record(EventRepeated, now)
	_, err = t.Register.Save(ctx, file, r, event, Unlisting{Mailbox: r.Mailbox, Request: r.ID})
	return err
}
