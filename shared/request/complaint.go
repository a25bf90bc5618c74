package request

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
)

// complaint leaves a complaint to the team. Nothing proves who filed it, so one address has at most [limit.Waiting] complaints in the queue. One that
// only repeats another is counted there, and so is one that comes while enough wait; neither is kept (threat T32).
//
// The receipt goes first: if a run is killed in between, the next one makes it due again, and no complaint stays without an acknowledgement
// (promise L03).
func (t *Team) complaint(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	others, err := t.Register.Under(ctx, r.Mailbox)
	if err != nil {
		return err
	}
	if first, ok := r.repeatsOpen(others); ok {
		return t.fold(ctx, file, first.ID, now)
	}
	if err := t.Told(ctx, r); err != nil {
		return err
	}
	return t.leave(ctx, file, WhyJudgement, now)
}

// repeatsOpen returns the request of which r is only a repetition: an earlier one with the same right and the same words that is still open, or the
// first one if enough wait that differ. It looks only at earlier ones, so those that come at the same time cannot all take the last place, and none
// is folded into one that is folded itself.
func (r Request) repeatsOpen(others []Request) (Request, bool) {
	var kept []Request
	for _, o := range slices.SortedFunc(slices.Values(others), byReceipt) {
		if o.State != Open || o.Right != r.Right || byReceipt(o, r) >= 0 {
			continue
		}
		if !slices.ContainsFunc(kept, o.asksTheSame) && len(kept) < limit.Waiting {
			kept = append(kept, o)
		}
	}
	if i := slices.IndexFunc(kept, r.asksTheSame); i >= 0 {
		return kept[i], true
	}
	if len(kept) >= limit.Waiting {
		return kept[0], true
	}
	return Request{}, false
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
