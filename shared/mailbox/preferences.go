package mailbox

import (
	"context"
	"errors"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Preferences returns the newest consent record of the data subject of a mailbox.
func (c *Consents) Preferences(ctx context.Context, m Mailbox) (consent.Record, error) {
	return c.Recorder.Current(ctx, consent.Address(m.Subject))
}

// Decide records a decision of the holder of a mailbox about their own consents. Whoever opens a link again may deny, but not grant (threat T31).
// Cookies belong to a browser, so nobody grants them here.
//
// Errors: fault.Forbidden for a grant without a fresh proof; Unacceptable for a grant of a purpose of cookies; those of [consent.Recorder.Record].
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
	if m.Subject == "" { // a link that opens has been mailed, and whoever was mailed one is on record
		return consent.Record{}, errors.New("mailbox: an open mailbox without a data subject")
	}
	act.Subject = consent.Address(m.Subject)
	record, err := c.Recorder.Record(ctx, act)
	if err == nil {
		c.Tell(ctx, m.ID, m.Address, Act{Kind: Decided, Decisions: act.Decisions})
	}
	return record, err
}
