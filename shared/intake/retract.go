package intake

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

var errNoRecord = fault.New(fault.NotFound, "There is no such record of this data subject.")

// Retract takes back a record that a system filed under the wrong data subject. The record is invisible at once, and is deleted like anything that
// has expired; the contract and the expiries of the other records follow from what is left. The same record can be sent again later. Retract makes
// nobody known, and teaches no alias. It expects that [record.CheckRetraction] found nothing wrong.
//
// Errors: fault.NotFound if the data subject has no such record; Shared if several people use the address.
func (in *Intake) Retract(ctx context.Context, by audit.Actor, who subject.Named, category privacy.Category, id string) error {
	v := in.newView(who)
	v.knows = true
	err := fault.Retry(ctx, func() (lost bool, err error) {
		if err := v.find(ctx); err != nil {
			return false, err
		}
		if v.id == "" {
			return false, errNoRecord
		}
		holders, err := in.Store.Holders(ctx, v.snapshot.Persons(v.id), category, id)
		if err != nil {
			return false, err
		}
		if len(holders) == 0 {
			return false, errNoRecord
		}
		return in.Store.Retract(ctx, v.retraction(by, holders, category, id))
	})
	if err != nil {
		return err
	}
	in.acted(ctx, audit.RecordRetracted)
	if _, err := in.Rebuild(ctx, v.id); err != nil { // the record is gone; the rest is left to the task that the transaction has written (fault F03)
		slog.WarnContext(ctx, "what follows from a retraction is left to its task", "error", fault.Class(err))
	}
	return nil
}

func (v *view) retraction(by audit.Actor, holders []privacy.SubjectID, category privacy.Category, id string) Retraction {
	now, rules := v.in.Now().UTC().Truncate(time.Second), v.in.Policy(v.in.Now())
	entry := audit.New(by, audit.RecordRetracted, string(v.id), now)
	return Retraction{
		Subject: v.id, Before: v.snapshot, Holders: holders, Category: category, ID: id, At: now,
		Change: identity.Change{
			ID: entry.ID, Kind: entry.Act, Subject: v.id, At: now, Rebuild: []privacy.SubjectID{v.id},
			Due: work.Due{NextAt: now.Add(walkAfter)}, ExpiresAt: rules.SpanOf(policy.IdentityChange).After(now),
		},
		Entry: entry, Until: rules.SpanOf(policy.AuditEntry).After(now),
	}
}
