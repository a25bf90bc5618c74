package identity

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Contests keeps the changes that wait behind mailboxes.
type Contests interface {
	Changes
	// LoadContestable reads the change that waits behind a mailbox. It reports false if it does not wait there.
	LoadContestable(ctx context.Context, mailbox, id string) (Contestable, bool, error)
	// Contest stores a change that the holder of the mailbox contests, and takes it out of the mailbox. It reports a lost race if either has changed.
	Contest(ctx context.Context, c Change, mailbox string) (lost bool, err error)
	// Seen takes a change out of a mailbox. It reports false if it does not wait there.
	Seen(ctx context.Context, mailbox, id string) (found bool, err error)
}

// errNotWaiting is the one answer about a change that does not wait behind the mailbox (threat T23).
var errNotWaiting = fault.New(fault.NotFound, "This does not wait here.")

// Holder is what the holder of a mailbox can do about the changes that they were told of. Any opening of a link is enough, since both acts only
// protect (threats T31, T33).
type Holder struct {
	Contests Contests
	Now      func() time.Time
}

// Contest freezes a change, and hands it to the team. It returns fault.NotFound for a change that does not wait behind the mailbox.
func (h *Holder) Contest(ctx context.Context, id string, proof subject.Proof) error {
	if !isID(id) {
		return errNotWaiting
	}
	return fault.Retry(ctx, func() (lost bool, err error) {
		if _, found, err := h.Contests.LoadContestable(ctx, proof.Mailbox, id); err != nil || !found {
			return false, orNotWaiting(err)
		}
		c, found, err := h.Contests.LoadChange(ctx, id)
		if err != nil || !found {
			return false, orNotWaiting(err)
		}
		if now := h.Now().UTC().Truncate(time.Second); c.ContestedAt.IsZero() {
			c.ContestedAt, c.ContestedBy, c.Due = now, proof.Mailbox, work.Due{NextAt: now}
		}
		return h.Contests.Contest(ctx, c, proof.Mailbox)
	})
}

// Accept takes a change out of the mailbox: its holder has seen it and does not contest it.
func (h *Holder) Accept(ctx context.Context, id string, proof subject.Proof) error {
	if !isID(id) {
		return errNotWaiting
	}
	found, err := h.Contests.Seen(ctx, proof.Mailbox, id)
	if err != nil || !found {
		return orNotWaiting(err)
	}
	return nil
}

// isID reports whether a text may be the id of a change. Only such a text becomes part of a key.
func isID(id string) bool {
	parsed, err := uuid.Parse(id)
	return err == nil && parsed.String() == id
}

func orNotWaiting(err error) error {
	if err != nil {
		return err
	}
	return errNotWaiting
}
