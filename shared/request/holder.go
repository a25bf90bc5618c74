package request

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Waiting returns those of the requests of a mailbox that wait for a confirmation, oldest first, and at most six of a right (threat T32): two that
// were filed at once may both have taken the last place.
func Waiting(all []Request) (waiting []Request) {
	count := map[privacy.Right]int{}
	for _, r := range slices.SortedFunc(slices.Values(all), byReceipt) {
		if r.State != Verifying {
			continue
		}
		if count[r.Right]++; count[r.Right] <= limit.Waiting {
			waiting = append(waiting, r)
		}
	}
	return waiting
}

// Confirmed returns those of the requests of a mailbox that were confirmed, newest first. It leaves out what ended before anybody confirmed it, since a
// stranger may have filed that. For the same reason it leaves out all but the newest six of a right that nobody had to prove and that impose nothing
// (threat T32).
func Confirmed(all []Request) (confirmed []Request) {
	count := map[privacy.Right]int{}
	for _, r := range slices.Backward(slices.SortedFunc(slices.Values(all), byReceipt)) {
		if !r.Confirmed() {
			continue
		}
		if r.Unproven && !r.InForce() {
			if count[r.Right]++; count[r.Right] > limit.Waiting {
				continue
			}
		}
		confirmed = append(confirmed, r)
	}
	return confirmed
}

// Confirm opens a request that waits behind the mailbox of a proof. Of any number of calls one succeeds (threats T06, T10, T11).
//
// Errors: fault.Forbidden without a fresh proof; [ErrLink] for a request that does not wait behind the mailbox.
func (q *Requester) Confirm(ctx context.Context, id string, proof subject.Proof) (Request, error) {
	if err := proof.MustBeFresh(); err != nil { // the answer leaves by mail, but it is still an export (threat T31)
		return Request{}, err
	}
	file, err := q.changeOf(ctx, id, proof, func(file File, now time.Time) ([]Item, error) {
		r := file.Request
		if r.State != Verifying {
			return nil, ErrLink
		}
		if r.isMail() { // its sender has not said what it means (threat T06)
			return nil, fault.At("/right", fault.Required)
		}
		r.State, r.VerifiedAt = Open, now
		r.Next(StepAnswer, now)
		event := r.Record(EventVerified, now)
		return []Item{r, event}, nil
	})
	return file.Request, err
}

// Discard ends a request that waits behind the mailbox of a proof, because its holder did not file it (threat T32). It returns [ErrLink] for a
// request that does not wait there.
func (q *Requester) Discard(ctx context.Context, id string, proof subject.Proof) error {
	_, err := q.changeOf(ctx, id, proof, func(file File, now time.Time) ([]Item, error) {
		r := file.Request
		if r.State != Verifying {
			return nil, ErrLink
		}
		r.Close(Withdrawn, now)
		event := r.Record(EventDiscarded, now)
		return []Item{r, event}, nil
	})
	return err
}

// WithdrawOf ends a request of the mailbox of a proof that has not been answered yet, like [Requester.Withdraw]. With a fresh proof it also takes back
// what a request imposed and what is in force. [Fulfilment] then lifts it.
func (q *Requester) WithdrawOf(ctx context.Context, id string, proof subject.Proof) (File, error) {
	return q.changeOf(ctx, id, proof, func(file File, now time.Time) ([]Item, error) {
		if !file.Request.Protects() {
			return withdraw(file, now)
		}
		if err := proof.MustBeFresh(); err != nil {
			return nil, err
		}
		return takeBack(file.Request, now), nil
	})
}

// ChangeOf stores the items that decide returns for a request of the mailbox of a proof that was confirmed, and returns the new file. If decide
// returns no items, nothing changes.
func (q *Requester) ChangeOf(ctx context.Context, id string, proof subject.Proof, decide func(File, time.Time) ([]Item, error)) (File, error) {
	return q.changeOf(ctx, id, proof, func(file File, now time.Time) ([]Item, error) {
		if !file.Request.Confirmed() {
			return nil, ErrLink
		}
		return decide(file, now)
	})
}

// Seen returns the file of a request of the mailbox of a proof that was confirmed.
func (q *Requester) Seen(ctx context.Context, id string, proof subject.Proof) (File, error) {
	return q.ChangeOf(ctx, id, proof, func(File, time.Time) ([]Item, error) { return nil, nil })
}

func (q *Requester) changeOf(ctx context.Context, id string, proof subject.Proof, decide func(File, time.Time) ([]Item, error)) (File, error) {
	return q.change(ctx, func() (File, error) {
		file, err := q.load(ctx, id)
		if err == nil && (proof.Mailbox == "" || file.Request.Mailbox != proof.Mailbox) {
			return File{}, ErrLink
		}
		return file, err
	}, decide)
}

// change stores the items that decide returns for the file that read returns. It reads and decides again while another writer interferes.
func (q *Requester) change(ctx context.Context, read func() (File, error), decide func(File, time.Time) ([]Item, error)) (File, error) {
	for range 5 {
		file, err := read()
		if err != nil {
			return File{}, err
		}
		items, err := decide(file, q.now())
		if err != nil || len(items) == 0 {
			return file, err
		}
		file, err = q.Register.Save(ctx, file, items...)
		if errors.Is(err, ErrChanged) {
			continue
		}
		if err == nil {
			q.tell(ctx, file.Request, items)
		}
		return file, err
	}
	return File{}, errBusy
}

// tell has the holder of the mailbox told of what was just stored, if somebody confirmed, discarded or withdrew the request: whoever did it may have
// had an old link or a forwarded mail (threats T30, T31).
func (q *Requester) tell(ctx context.Context, r Request, items []Item) {
	for _, item := range items {
		e, ok := item.(Event)
		if ok && (e.Kind == EventVerified || e.Kind == EventDiscarded || e.Kind == EventWithdrawn) {
			q.told(ctx, r, e.Kind)
		}
	}
}

func (q *Requester) told(ctx context.Context, r Request, act EventKind) {
	if q.Tell != nil {
		q.Tell(ctx, r, act)
	}
}

// errInForce is the answer to a wish of a status link, which may be in foreign hands (threat T30): what protects the person is not taken back by it.
var errInForce = fault.New(fault.Conflict, "What you asked for is in force. To take it back, open a new link to your privacy page and withdraw it there.")

// errBegun is the answer to the wish to end what cannot be undone (threat T07).
var errBegun = fault.New(fault.Conflict, "The erasure has begun, so it cannot be cancelled any more.")

// withdraw decides about the wish to end a request that has not been answered.
func withdraw(file File, now time.Time) ([]Item, error) {
	r := file.Request
	switch {
	case r.State == Withdrawn:
		return nil, nil
	case r.Protects():
		return nil, errInForce
	case r.State.Final():
		return nil, fault.New(fault.Conflict, "The request has already been answered or closed.")
	}
	if answer, ok := file.Answer.(Ender); ok {
		items, ends := answer.End()
		if !ends {
			return nil, errBegun
		}
		return append(items, takeBack(r, now)...), nil
	}
	return takeBack(r, now), nil
}

// Protects reports whether something holds because of the request that ends once it is taken back: what it imposed, or what a report has stopped that
// names a child's address and that the team has not decided yet.
func (r Request) Protects() bool {
	return r.InForce() || r.Child != "" && r.Confirmed() && !r.State.Final()
}

// takeBack ends a request. If it may have imposed anything, that is lifted: a run that was killed may have imposed it without a note of whom.
func takeBack(r Request, now time.Time) []Item {
	lifts := (Rights[r.Right].Stays || r.Child != "") && r.Confirmed()
	if !r.State.Final() { // the person was not told yet
		r.Outcome = Outcome{}
	}
	if r.Close(Withdrawn, now); lifts {
		r.headStart(StepLift, now)
	}
	event := r.Record(EventWithdrawn, now)
	return []Item{r, event}
}
