package mailbox

import (
	"context"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Preferences returns what the data subject of a mailbox, and those who were joined to them, decided. shown is false if nothing may be shown by the
// address (threat T27).
func (c *Consents) Preferences(ctx context.Context, m Mailbox) (r consent.Record, shown bool, err error) {
	if m.Subject == "" {
		return consent.Record{}, false, nil
	}
	r, err = c.Recorder.Current(ctx, consent.Address(m.Subject))
	for _, f := range m.Formerly {
		if err != nil {
			return consent.Record{}, false, err
		}
		var other consent.Record
		other, err = c.Recorder.Current(ctx, consent.Address(f.ID))
		r = r.United(other, f.At, c.Recorder.Time())
	}
	return r, err == nil, err
}

var errDoubt = fault.New(fault.Shared, "Nobody can agree to anything by this address: several people use it, or it is not clear whose it is. Refusing works.")

// errNobody is the answer about an address that was taken away from somebody not long ago.
var errNobody = fault.New(fault.Conflict, "Nothing is on record by this address now, so nothing can be decided by it.")

// decide records an act of the holder of a mailbox for everybody whom the address stands for: for the data subject, or, if several use it, a denial
// for all of them (threat T27). waited is for whom the act waited, which counts if the address has a new owner.
func (c *Consents) decide(ctx context.Context, m Mailbox, act consent.Act, waited string) (record consent.Record, err error) {
	if m.Subject == "" && m.Doubt != subject.Detached && grants(act) {
		return consent.Record{}, errDoubt
	}
	for _, id := range m.Shared {
		act.Subject = consent.Address(id)
		if record, err = c.Recorder.RecordPrepared(ctx, act); err != nil {
			return consent.Record{}, err
		}
	}
	if len(m.Shared) > 0 {
		return record, nil
	}
	if act.Subject = waited; m.Subject != "" {
		act.Subject = consent.Address(m.Subject)
	}
	if act.Subject == "" {
		return consent.Record{}, errNobody
	}
	return c.Recorder.RecordPrepared(ctx, act)
}

// Decide records a decision of the holder of a mailbox about their own consents. Whoever opens a link again may deny, but not grant (threat T31).
// Cookies belong to a browser, so nobody grants them here.
//
// Errors: fault.Forbidden for a grant without a fresh proof; Unacceptable for a grant of a purpose of cookies; Shared for a grant by an address that
// stands for several people or is in doubt; those of [consent.Recorder.Record].
func (c *Consents) Decide(ctx context.Context, m Mailbox, proof subject.Proof, act consent.Act) (consent.Record, error) {
	var at fault.Fields
	for purpose, state := range act.Decisions {
		if state == consent.Granted && slices.Contains(c.Recorder.Rules().Cookies, purpose) {
			at.Add("/decisions"+fault.Pointer(string(purpose)), "is a choice of a browser. Make it on our website, in the browser that it is for")
		}
	}
	if err := at.Err(); err != nil {
		return consent.Record{}, err
	}
	if grants(act) {
		if err := proof.MustBeFresh(); err != nil {
			return consent.Record{}, err
		}
	}
	act.Subject = consent.Address(m.Subject) // so that it is not asked for
	act, err := c.Recorder.Prepare(act)
	if err != nil {
		return consent.Record{}, err
	}
	record, err := c.decide(ctx, m, act, "")
	if err == nil {
		c.Tell(ctx, m.ID, m.Address, Act{Kind: Decided, Decisions: act.Decisions})
	}
	return record, err
}
