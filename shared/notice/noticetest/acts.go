package noticetest

import (
	"context"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// TownKey makes the aliases of the people of tests.
var TownKey = subject.Key("the key of a town")

// Ada is who acts on identities in tests.
var Ada = audit.Actor{Kind: audit.Operator, ID: "ada"}

// Acts are changes of who is who. [identity.Identity] has most of them; the others are those that follow from records and from contests.
type Acts struct{ *identity.Identity }

// Sign gives a data subject a running contract.
func (a Acts) Sign(ctx context.Context, id privacy.SubjectID) error {
	is, found, err := a.Store.State(ctx, id)
	if err != nil || !found || is.Into != "" || is.Contract == standing.Running {
		return err
	}
	c := unchanged(id, is)
	c.To.Contract = standing.Running
	return a.commit(ctx, identity.Transaction{States: []identity.StateChange{c}})
}

// Share lets another data subject use an address too, as a record with a foreign id and a known address does.
func (a Acts) Share(ctx context.Context, email string, with privacy.SubjectID) error {
	key := Key(email)
	found, err := a.Store.Aliases(ctx, key)
	if err != nil {
		return err
	}
	from := found[key]
	if len(from.Subjects) == 0 || from.Belongs(with) {
		return nil
	}
	sharer, _, err := a.Store.State(ctx, with)
	if err != nil {
		return err
	}
	to := from.With(with, sharer.ExpiresAt, sharer.Formerly)
	t := identity.Transaction{Aliases: []identity.AliasChange{{From: from, To: to}}}
	for _, id := range to.Subjects {
		is, found, err := a.Store.State(ctx, id)
		if err != nil || !found || is.Into != "" {
			return err
		}
		c := unchanged(id, is)
		if !slices.Contains(c.Shared, key) {
			c.Shared = append(slices.Clone(c.Shared), key)
		}
		if id == with {
			c.Aliases = append(slices.Clone(c.Aliases), key)
			if c.Primary == "" {
				c.Primary, c.Renewed = key, true
			}
		}
		t.States = append(t.States, c)
	}
	return a.commit(ctx, t)
}

// Freeze contests an address, or ends that.
func (a Acts) Freeze(ctx context.Context, email string, frozen bool) error {
	found, err := a.Store.Aliases(ctx, Key(email))
	from := found[Key(email)]
	if err != nil || len(from.Subjects) == 0 || from.FrozenAt.IsZero() != frozen {
		return err
	}
	if !frozen {
		return a.Release(ctx, Ada, from.Key)
	}
	to := from
	to.FrozenAt = a.Now()
	return a.commit(ctx, identity.Transaction{Aliases: []identity.AliasChange{{From: from, To: to}}})
}

// unchanged returns the change of a state that changes nothing yet.
func unchanged(id privacy.SubjectID, is standing.Snapshot) identity.StateChange {
	return identity.StateChange{Subject: id, From: is, To: is.State, Version: is.Version + 1, Aliases: is.Aliases, Shared: is.Shared, Left: is.Left,
		Primary: is.Primary, Listed: true, ExpiresAt: is.ExpiresAt}
}

func (a Acts) commit(ctx context.Context, t identity.Transaction) error {
	t.Entry, t.Until = audit.New(Ada, audit.AddressesChanged, "test", a.Now()), a.Now().AddDate(1, 0, 0)
	_, err := a.Store.Commit(ctx, t) // nobody else writes
	return err
}
