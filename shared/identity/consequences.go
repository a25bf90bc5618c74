package identity

import (
	"context"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Consequences does what follows from acts on identities. Everything it does may be done twice, so a run that is killed is repeated (fault F03).
type Consequences struct {
	*Identity
	Changes Changes
	// Cut lets the links and sessions of a mailbox die that existed at the time given, and takes the requests of who leaves it out of it.
	Cut func(ctx context.Context, c Cut, at time.Time) error
	// Tell has somebody told of a change by mail.
	Tell func(ctx context.Context, to Told, c Change) error
	// Rebuild brings the state of a data subject, and the expiries of their records, in step with what is stored of them.
	Rebuild func(ctx context.Context, id privacy.SubjectID) error
	// Contested raises an alarm: somebody contests a change.
	Contested func(ctx context.Context, c Change)
}

// Run does what is due about a change.
func (q *Consequences) Run(ctx context.Context, id string) error {
	c, found, err := q.Changes.LoadChange(ctx, id)
	if err != nil || !found || !c.Reached(q.now()) {
		return err
	}
	if !c.ContestedAt.IsZero() {
		if err := q.freeze(ctx, c); err != nil {
			return err
		}
	}
	if err := q.cutAll(ctx, c); err != nil {
		return err
	}
	for _, sid := range c.Rebuild {
		if err := q.Rebuild(ctx, sid); err != nil {
			return err
		}
	}
	for _, to := range c.Told {
		if err := q.Tell(ctx, to, c); err != nil {
			return err
		}
	}
	c.Cut, c.Told, c.Rebuild, c.NextAt = nil, nil, nil, time.Time{} // nothing needs the addresses any more (GDPR Art. 5(1)(e))
	_, err = q.Changes.SaveChange(ctx, c)                           // a change that was contested meanwhile is looked at again
	return err
}

// CutNow lets the links and sessions die that a change has taken the ground from, before its caller is answered. If it fails, the task of the
// change does it.
func (q *Consequences) CutNow(ctx context.Context, id string) error {
	c, found, err := q.Changes.LoadChange(ctx, id)
	if err != nil || !found {
		return err
	}
	return q.cutAll(ctx, c)
}

func (q *Consequences) cutAll(ctx context.Context, c Change) error {
	for _, cut := range c.Cut {
		if err := q.Cut(ctx, cut, c.At); err != nil {
			return err
		}
	}
	return nil
}

// freeze freezes the aliases that a contested change has attached: nothing is answered by them until the team has looked (threat T33). An alias that
// was taken away since has lost its ground already.
func (q *Consequences) freeze(ctx context.Context, c Change) error {
	frozen := false
	err := fault.Retry(ctx, func() (lost bool, err error) {
		found, err := q.Store.Aliases(ctx, c.Freezes...)
		if err != nil {
			return false, err
		}
		t := Transaction{
			Entry: audit.New(audit.Actor{Kind: audit.Holder, ID: c.ContestedBy}, audit.ChangeContested, string(c.Subject), c.ContestedAt),
			Until: q.Policy(c.ContestedAt).SpanOf(policy.AuditEntry).After(c.ContestedAt),
		}
		t.Entry.ID = c.ID + "-contested" // one entry, however often this runs
		for _, key := range c.Freezes {
			is := found[key]
			if !is.Belongs(c.Subject) || !is.FrozenAt.IsZero() {
				continue
			}
			after := is
			after.FrozenAt = c.ContestedAt
			t.Aliases = append(t.Aliases, AliasChange{is, after})
		}
		if frozen = len(t.Aliases) > 0; !frozen {
			return false, nil
		}
		return q.Store.Commit(ctx, t)
	})
	if err != nil {
		return err
	}
	found, err := q.Store.Aliases(ctx, c.Freezes...)
	if err != nil {
		return err
	}
	for _, is := range found {
		address, err := subject.ParseAddress(is.Spelling)
		if err != nil || is.FrozenAt.IsZero() {
			continue
		}
		if err := q.Cut(ctx, Cut{Mailbox: q.Aliases.Mailbox(address)}, c.ContestedAt); err != nil {
			return err
		}
	}
	if frozen {
		q.Contested(ctx, c)
	}
	return nil
}

// ErrNotFrozen is the answer if there is no freeze to end.
var ErrNotFrozen = errors.New("identity: the alias is not frozen")

// Release ends the freeze of an alias, once the team knows that the change was right. The wait of a new address begins again.
func (i *Identity) Release(ctx context.Context, by audit.Actor, key string) error {
	return fault.Retry(ctx, func() (lost bool, err error) {
		found, err := i.Store.Aliases(ctx, key)
		if err != nil {
			return false, err
		}
		is := found[key]
		if is.FrozenAt.IsZero() {
			return false, ErrNotFrozen
		}
		now, after := i.now(), is
		after.FrozenAt, after.AttachedAt = time.Time{}, now
		return i.Store.Commit(ctx, Transaction{
			Aliases: []AliasChange{{is, after}},
			Entry:   audit.New(by, audit.AddressReleased, string(is.Subject()), now), Until: i.Policy(now).SpanOf(policy.AuditEntry).After(now),
		})
	})
}
