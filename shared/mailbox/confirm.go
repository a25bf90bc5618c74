package mailbox

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// errLink is the one answer to an unknown id and to a wrong, used or expired secret (threats T11, T23).
var errLink = fault.New(fault.NotFound, "The link is wrong, used up or expired.")

// Confirm records the decision of a confirmation that waits behind the mailbox of a proof. Of several calls, at once or one after the other, one
// succeeds. signal says that the privacy signal was sent when the button was pressed. It counts like a signal that came with the act
// (promise D01).
//
// Errors: fault.NotFound for what does not wait there; Forbidden for a grant without a fresh proof; Shared for a grant by an address that stands for
// several people or is in doubt; Conflict, Exhausted, Unavailable.
func (c *Consents) Confirm(ctx context.Context, id string, m Mailbox, proof subject.Proof, signal bool) (consent.Record, error) {
	for tries := 1; ; tries++ {
		waiting, err := c.load(ctx, id)
		if err != nil {
			return consent.Record{}, err
		}
		now := c.Recorder.Time()
		if !waiting.behind(proof, now) {
			return consent.Record{}, errLink
		}
		act := waiting.Act
		if grants(act) {
			if err := proof.MustBeFresh(); err != nil {
				return consent.Record{}, err
			}
		}
		// The act is recorded before its button is used up. A run that is killed in between can be repeated: the same act is one record.
		act.Keyed, act.GPC = true, act.GPC || signal
		act.ConfirmOptIn = true // the press is the second step of opting in again; the first one was to ask for it (CCPA regulations §7028)
		record, err := c.decide(ctx, m, act)
		if err != nil {
			return consent.Record{}, err
		}
		waiting.ConfirmedAt, waiting.NextAt = now, time.Time{}
		if _, err := c.Confirmations.Save(ctx, waiting); !errors.Is(err, ErrChanged) {
			if err == nil {
				c.Tell(ctx, proof.Mailbox, waiting.Email, Act{Kind: Decided, Decisions: act.Decisions})
			}
			return record, err
		}
		if act.Yields(tries) {
			return consent.Record{}, errBusy
		}
		if err := consent.Pause(ctx, tries); err != nil {
			return consent.Record{}, err
		}
	}
}

// Discard ends a confirmation that waits behind the mailbox of a proof, because its holder did not ask for it (threat T32). It returns
// fault.NotFound for what does not wait there.
func (c *Consents) Discard(ctx context.Context, id string, proof subject.Proof) error {
	for range mostTries {
		waiting, err := c.load(ctx, id)
		if err != nil {
			return err
		}
		if !waiting.behind(proof, c.Recorder.Time()) {
			return errLink
		}
		waiting.end()
		if _, err := c.Confirmations.Save(ctx, waiting); !errors.Is(err, ErrChanged) {
			if err == nil {
				c.Tell(ctx, proof.Mailbox, waiting.Email, Act{Kind: Discarded, Decisions: waiting.Act.Decisions})
			}
			return err
		}
	}
	return errBusy
}

// load reads a confirmation. An id that no confirmation can have is not looked up.
func (c *Consents) load(ctx context.Context, id string) (Confirmation, error) {
	if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
		return Confirmation{}, errLink
	}
	waiting, found, err := c.Confirmations.Load(ctx, id)
	if err == nil && !found {
		err = errLink
	}
	return waiting, err
}
