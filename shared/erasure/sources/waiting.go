package sources

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// boxes has the mailboxes of a person: their links and sessions die, and their addresses go as soon as no mail is due.
type boxes struct{ *Stores }

// Kinds implements [erasure.Source].
func (boxes) Kinds() []policy.Kind { return []policy.Kind{policy.MailboxLink} }

// Count implements [erasure.Source].
func (s boxes) Count(ctx context.Context, w erasure.Whom) (map[policy.Kind]erasure.Tally, error) {
	counts := tallies{}
	for _, id := range w.Mailboxes {
		m, found, err := s.Mailboxes.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		if found {
			counts.add(policy.MailboxLink, 1, m.ExpiresAt)
		}
	}
	return counts.of(s.Kinds()), nil
}

// Erase implements [erasure.Source].
func (s boxes) Erase(ctx context.Context, w erasure.Whom, _ time.Time) (waits bool, err error) {
	for _, id := range w.Mailboxes {
		due, err := s.Links.Forget(ctx, id, w.BegunAt)
		if err != nil {
			return false, err
		}
		waits = waits || due
	}
	return waits, nil
}

// pending has the consents by address that wait for their confirmation, and the wishes for links.
type pending struct{ *Stores }

// Kinds implements [erasure.Source].
func (pending) Kinds() []policy.Kind { return []policy.Kind{policy.Confirmation, policy.LinkWish} }

// Count implements [erasure.Source].
func (s pending) Count(ctx context.Context, w erasure.Whom) (map[policy.Kind]erasure.Tally, error) {
	counts := tallies{}
	err := s.each(ctx, w, s.now(),
		func(c mailbox.Confirmation) error { counts.add(policy.Confirmation, 1, c.ExpiresAt); return nil },
		func(wish mailbox.Wish) error { counts.add(policy.LinkWish, 1, wish.ExpiresAt); return nil })
	return counts.of(s.Kinds()), err
}

// Erase implements [erasure.Source]. A consent that was asked for since the erasure began stays, and so does a wish.
func (s pending) Erase(ctx context.Context, w erasure.Whom, _ time.Time) (waits bool, err error) {
	return false, s.each(ctx, w, w.BegunAt,
		func(c mailbox.Confirmation) error {
			if c.AskedSince(w.BegunAt) {
				return nil
			}
			return s.Behind.Remove(ctx, c)
		},
		func(wish mailbox.Wish) error {
			if wish.NextAt.After(w.BegunAt) {
				return nil
			}
			return s.Mailboxes.DeleteWish(ctx, wish.ID)
		})
}

// each visits what waits for a person, first what is on its way at the time given: what comes behind its mailbox meanwhile is found there.
func (s pending) each(
	ctx context.Context, w erasure.Whom, at time.Time, consent func(mailbox.Confirmation) error, wish func(mailbox.Wish) error,
) error {
	wishes, all, _, err := s.Behind.Underway(ctx, at.Add(mailbox.LongestWait))
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(c mailbox.Confirmation) bool { return !s.of(w, c.Email) })
	for _, id := range w.Mailboxes {
		waiting, _, err := s.Behind.Waits(ctx, id)
		if err != nil {
			return err
		}
		all = append(all, waiting...)
	}
	seen := map[string]bool{}
	for _, c := range all {
		if seen[c.ID] {
			continue
		}
		seen[c.ID] = true
		if err := consent(c); err != nil {
			return err
		}
	}
	for _, one := range wishes {
		if !s.of(w, one.Email) {
			continue
		}
		if err := wish(one); err != nil {
			return err
		}
	}
	return nil
}

// changes has the changes of identities of a person. They are withheld until their short period is over, but for the addresses at which somebody is still
// to be told: nothing is left that could be taken from the person.
type changes struct{ *Stores }

// Kinds implements [erasure.Source].
func (changes) Kinds() []policy.Kind { return []policy.Kind{policy.IdentityChange} }

// Count implements [erasure.Source]. Nothing lists all changes of one person.
func (changes) Count(context.Context, erasure.Whom) (map[policy.Kind]erasure.Tally, error) {
	return nil, nil
}

// Erase implements [erasure.Source]. While the addresses of the person stay, they are told.
func (s changes) Erase(ctx context.Context, w erasure.Whom, now time.Time) (waits bool, err error) {
	if s.keepsAddresses(w, now) {
		return false, nil
	}
	_, _, ids, err := s.Behind.Underway(ctx, w.BegunAt)
	if err != nil {
		return false, err
	}
	for _, id := range w.Mailboxes {
		_, listed, err := s.Behind.Waits(ctx, id)
		if err != nil {
			return false, err
		}
		for _, c := range listed {
			ids = append(ids, c.ID)
		}
	}
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		lost, err := s.untell(ctx, id, w)
		if err != nil {
			return false, err
		}
		waits = waits || lost
	}
	return waits, nil
}

// untell takes the addresses of the person out of a change. lost says that another writer has changed it meanwhile.
func (s changes) untell(ctx context.Context, id string, w erasure.Whom) (lost bool, err error) {
	c, found, err := s.Changes.LoadChange(ctx, id)
	if err != nil || !found || c.At.After(w.BegunAt) {
		return false, err
	}
	told := slices.DeleteFunc(slices.Clone(c.Told), func(t identity.Told) bool { return slices.Contains(w.Mailboxes, t.Mailbox) })
	if len(told) == len(c.Told) {
		return false, nil
	}
	c.Told = told
	return s.Changes.SaveChange(ctx, c)
}
