package identity

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// freeze freezes the addresses that a contested change has attached: nothing is answered by them until the team has looked (threat T33). An address
// that was taken away since has lost its ground already. One entry of the audit says so, however often freeze runs.
func (q *Consequences) freeze(ctx context.Context, c Change) error {
	entry := audit.Entry{
		ID: c.ID + "-contested", At: c.ContestedAt, Actor: audit.Actor{Kind: audit.Holder, ID: c.ContestedBy}, Act: audit.ChangeContested, About: string(c.Subject),
	}
	var found map[string]subject.Alias
	err := try(ctx, func() (lost bool, err error) {
		if found, err = q.Store.Aliases(ctx, c.Freezes...); err != nil {
			return false, err
		}
		t := Transaction{Entry: entry, Until: q.Policy(c.ContestedAt).SpanOf(policy.AuditEntry).After(c.ContestedAt)}
		for _, key := range c.Freezes {
			if is := found[key]; c.concerns(is) && is.FrozenAt.IsZero() {
				after := is
				after.FrozenAt = c.ContestedAt
				t.Aliases = append(t.Aliases, AliasChange{is, after})
			}
		}
		return q.Store.Commit(ctx, t)
	})
	if err != nil {
		return err
	}
	for _, is := range found {
		if mailbox := q.mailbox(is); mailbox != "" && c.concerns(is) {
			if err := q.Cut(ctx, Cut{Mailbox: mailbox}, c.ContestedAt); err != nil {
				return err
			}
		}
	}
	q.Contested(ctx, c)
	return nil
}

// concerns reports whether an alias still stands for the data subject who was changed, or for whom they were joined to since.
func (c Change) concerns(is subject.Alias) bool {
	return is.Belongs(c.Subject) || slices.ContainsFunc(is.Formerly, func(f subject.Former) bool { return f.ID == c.Subject })
}

// ErrNotFrozen is the answer if there is no freeze to end.
var ErrNotFrozen = errors.New("identity: the alias is not frozen")

// Release ends the freeze of an alias, once the team knows that the change was right. The wait of a new address begins again.
func (i *Identity) Release(ctx context.Context, by audit.Actor, key string) error {
	return try(ctx, func() (lost bool, err error) {
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
		about := append(slices.Clone(is.Subjects), is.From)[0] // an address that was taken away is about whom it was taken from
		return i.Store.Commit(ctx, Transaction{
			Aliases: []AliasChange{{is, after}},
			Entry:   audit.New(by, audit.AddressReleased, string(about), now), Until: i.Policy(now).SpanOf(policy.AuditEntry).After(now),
		})
	})
}
