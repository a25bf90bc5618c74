package sources

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// aliases has the names by which a person is known, those included that were taken away not long ago. The addresses lose their spelling, and their keyed
// hashes stay (GDPR Art. 21(3)). While a contract runs, the addresses stay too, since the contract and legal notices need them.
type aliases struct{ *Stores }

// Kinds implements [erasure.Source].
func (aliases) Kinds() []policy.Kind {
	return []policy.Kind{policy.SubjectAlias, policy.SubjectState, policy.DetachedAddress}
}

// Count implements [erasure.Source].
func (s aliases) Count(ctx context.Context, w erasure.Whom) (map[policy.Kind]erasure.Tally, error) {
	counts := tallies{}
	counts.add(policy.SubjectAlias, len(w.Standing.Aliases), w.Standing.ExpiresAt)
	counts.add(policy.SubjectState, len(w.Persons), w.Standing.ExpiresAt)
	left, err := s.left(ctx, w)
	for _, is := range left {
		counts.add(policy.DetachedAddress, 1, is.ExpiresAt)
	}
	return counts.of(s.Kinds()), err
}

// left reads the addresses that were taken away from the person and stand for nobody now.
func (s aliases) left(ctx context.Context, w erasure.Whom) (all []subject.Alias, err error) {
	found, err := s.Aliases.Aliases(ctx, w.Standing.Left...)
	if err != nil {
		return nil, err
	}
	for _, key := range w.Standing.Left {
		if is, known := found[key]; known && len(is.Subjects) == 0 && slices.Contains(w.Persons, is.From) {
			all = append(all, is)
		}
	}
	return all, nil
}

// Erase implements [erasure.Source]. An address that others use too stays until they use it no more. One that was spelt again, or attached, since the
// erasure began is not covered by it.
func (s aliases) Erase(ctx context.Context, w erasure.Whom, now time.Time) (waits bool, err error) {
	if e, _ := w.Standing.CoveredBy(w.Subject); e.Renewed {
		return false, nil
	}
	if s.keepsAddresses(w, now) {
		return true, nil
	}
	begun := w.BegunAt.Truncate(time.Second)
	left, err := s.left(ctx, w)
	if err != nil {
		return false, err
	}
	for _, is := range slices.Concat(w.Addresses, left) {
		if is.Spelling == "" || !is.ErasedAt.Before(begun) || is.AttachedAt.After(begun) {
			continue
		}
		box := ""
		if typed, err := subject.ParseAddress(is.Spelling); err == nil {
			box = s.Keys.Mailbox(typed)
		}
		done, err := s.Aliases.EraseSpelling(ctx, is, box, now)
		if err != nil {
			return false, err
		}
		waits = waits || !done
	}
	return waits || s.shares(w), nil
}

// shares reports whether the person shares an address with others.
func (aliases) shares(w erasure.Whom) bool {
	return slices.ContainsFunc(w.Standing.Shared, func(key string) bool {
		return subject.IsAddress(key) && !slices.ContainsFunc(w.Addresses, func(is subject.Alias) bool { return is.Key == key })
	})
}

// consents has the consent records of a person, which are withheld: they prove what was allowed and what was refused.
type consents struct{ *Stores }

// Kinds implements [erasure.Source].
func (consents) Kinds() []policy.Kind { return []policy.Kind{policy.ConsentRecord} }

// Count implements [erasure.Source].
func (s consents) Count(ctx context.Context, w erasure.Whom) (map[policy.Kind]erasure.Tally, error) {
	counts := tallies{}
	for _, person := range w.Persons {
		for record, err := range s.Consents.History(ctx, consent.Address(person), s.now()) {
			if err != nil {
				return nil, err
			}
			counts.add(policy.ConsentRecord, 1, record.ExpiresAt)
		}
	}
	return counts.of(s.Kinds()), nil
}

// Erase implements [erasure.Source].
func (consents) Erase(context.Context, erasure.Whom, time.Time) (waits bool, err error) {
	return false, nil
}
