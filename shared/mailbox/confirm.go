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

var (
	// errLink is the one answer to an unknown id and to a wrong, used or expired secret (threats T11, T23).
	errLink  = fault.New(fault.NotFound, "The link is wrong, used up or expired.")
	errRaces = fault.New(fault.Conflict, "Something else is using this link right now. Try again.")
)

// Confirm uses the token up and records the act. Of several calls with one token, at once or one after the other, one succeeds. signal says
// that the privacy signal was sent when the button was pressed. It counts like a signal that came with the act (promise D01).
//
// Errors: fault.NotFound for a link that does not open, Conflict, Exhausted, Unavailable.
func (c *Consents) Confirm(ctx context.Context, id string, token subject.Token, signal bool) (consent.Record, error) {
	for tries := 1; ; tries++ {
		waiting, err := c.load(ctx, id)
		if err != nil {
			return consent.Record{}, err
		}
		now := c.Recorder.Time()
		if !waiting.opens(c.Tokens, token, now) {
			return consent.Record{}, errLink
		}
		// The act is recorded before its token is used up. A run that is killed in between can be repeated: the same act is one record.
		act := waiting.Act
		act.Keyed, act.GPC = true, act.GPC || signal
		record, err := c.Recorder.RecordPrepared(ctx, act)
		if err != nil {
			return consent.Record{}, err
		}
		waiting.ConfirmedAt, waiting.NextAt = now, time.Time{}
		if _, err := c.Confirmations.Save(ctx, waiting); !errors.Is(err, ErrChanged) {
			return record, err
		}
		if act.Yields(tries) {
			return consent.Record{}, errRaces
		}
		if err := consent.Pause(ctx, tries); err != nil {
			return consent.Record{}, err
		}
	}
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
