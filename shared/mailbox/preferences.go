package mailbox

import (
	"context"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Preferences returns what the data subject of a mailbox, and those who were joined to them, decided. shown is false if nothing may be shown by the
// address (threat T27).
func (c *Consents) Preferences(ctx context.Context, m Mailbox) (r consent.Record, shown bool, err error) {
	if m.Subject == "" {
		return consent.Record{}, false, nil
	}
	if r, err = c.Recorder.Current(ctx, consent.Address(m.Subject)); err == nil {
		r, err = c.united(ctx, m, r)
	}
	return r, err == nil, err
}

// Standing returns the state of the data subject of a mailbox, or of the one to whom they were joined. It says what they limited by requests, which
// their decisions do not say. It is the zero State if nothing may be shown by the address.
func (c *Consents) Standing(ctx context.Context, m Mailbox) (standing.State, error) {
	if m.Subject == "" {
		return standing.State{}, nil
	}
	_, is, _, err := identity.Root(ctx, c.States, m.Subject)
	return is.State, err
}

// united unites the newest record of the data subject of a mailbox with those of everybody who was joined to them. The result names the version of
// the data subject's own, after which the next one comes.
func (c *Consents) united(ctx context.Context, m Mailbox, own consent.Record) (consent.Record, error) {
	r, err := own.With(ctx, c.Recorder.Current, m.Formerly, c.Recorder.Time())
	if err != nil {
		return consent.Record{}, err
	}
	if own.Version > 0 {
		r.Version, r.Operation, r.Earlier = own.Version, own.Operation, own.Earlier
	}
	return r, nil
}

var errDoubt = fault.New(fault.Shared, "Nobody can agree to anything by this address: several people use it, or it is not clear whose it is. Refusing works.")

// errNobody is the answer about an address that was taken away from somebody not long ago.
var errNobody = fault.New(fault.Conflict, "Nothing is on record by this address now, so nothing can be decided by it.")

// decide records an act of the holder of a mailbox, and returns what they may see of the result. An act by somebody who was joined to another data
// subject is recorded for the one who stayed, also if their session began before the join.
func (c *Consents) decide(ctx context.Context, m Mailbox, act consent.Act) (consent.Record, error) {
	if m.Subject == "" {
		return c.decideInDoubt(ctx, m, act)
	}
	root, since, err := c.Persons.Root(ctx, m.Subject)
	if err != nil {
		return consent.Record{}, err
	}
	act.Subject, act.Since = consent.Address(root), since
	record, err := c.Recorder.RecordPrepared(ctx, act)
	if err != nil {
		return consent.Record{}, err
	}
	return c.united(ctx, m, record)
}

// decideInDoubt records a denial for everybody behind an address that is in doubt (threat T27). A grant is recorded only if the address was taken
// away from one data subject and stands for another one alone: its holder is asked about their own mailbox. The answer shows the act, and
// nothing else that is on record.
func (c *Consents) decideInDoubt(ctx context.Context, m Mailbox, act consent.Act) (consent.Record, error) {
	if len(m.Shared) == 0 {
		return consent.Record{}, errNobody
	}
	if grants(act) && m.Doubt != subject.Detached {
		return consent.Record{}, errDoubt
	}
	act.After, act.First = nil, false // the caller has not seen what is on record
	for _, id := range m.Shared {
		root, since, err := c.Persons.Root(ctx, id)
		if err != nil {
			return consent.Record{}, err
		}
		act.Subject, act.Since = consent.Address(root), since
		if _, err := c.Recorder.RecordPrepared(ctx, act); err != nil {
			return consent.Record{}, err
		}
	}
	return c.Recorder.Alone(act), nil
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
	record, err := c.decide(ctx, m, act)
	if err == nil {
		c.Tell(ctx, m.ID, m.Address, Act{Kind: Decided, Decisions: act.Decisions})
	}
	return record, err
}
