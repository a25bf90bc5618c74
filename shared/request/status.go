package request

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Status returns the file that a status link opens, and ErrLink if it opens none.
func (q *Requester) Status(ctx context.Context, id string, token subject.Token) (File, error) {
	file, err := q.load(ctx, id)
	if err != nil {
		return File{}, err
	}
	hash := StatusHash(q.Tokens, token, id)
	known := file.Answer != nil && file.Answer.OpensStatus(hash)
	for _, h := range file.Request.StatusHashes {
		known = subject.Same(h, hash) || known
	}
	if !known {
		return File{}, ErrLink
	}
	return file, nil
}

// Withdraw ends a request that has not been answered yet.
func (q *Requester) Withdraw(ctx context.Context, id string, token subject.Token) (File, error) {
	return q.Change(ctx, id, token, func(file File, now time.Time) ([]Item, error) {
		r := file.Request
		if r.State == Withdrawn {
			return nil, nil
		}
		if r.State.Final() {
			return nil, fault.New(fault.Conflict, "The request has already been answered or closed.")
		}
		r.Close(Withdrawn, now)
		event := r.Record(EventWithdrawn, now)
		return []Item{r, event}, nil
	})
}

// Change stores the items that decide returns for the holder of a status link, and returns the new file. If decide returns no items, nothing
// changes. Change reads and decides again while another writer interferes.
func (q *Requester) Change(ctx context.Context, id string, token subject.Token, decide func(File, time.Time) ([]Item, error)) (File, error) {
	for range 5 {
		file, err := q.Status(ctx, id, token)
		if err != nil {
			return File{}, err
		}
		items, err := decide(file, q.now())
		if err != nil || len(items) == 0 {
			return file, err
		}
		if file, err = q.Register.Save(ctx, file, items...); !errors.Is(err, ErrChanged) {
			return file, err
		}
	}
	return File{}, errBusy
}
