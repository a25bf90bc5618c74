package intake

import (
	"context"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/identity"
)

// identities carries out acts on identities on a shelf.
type identities struct{ *shelf }

// Commit implements [identity.Store].
func (s identities) Commit(_ context.Context, t identity.Transaction) (lost bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range t.States {
		if now := s.states[c.Subject]; now.Version != c.From.Version || now.Accounts != c.From.Accounts {
			return true, nil
		}
	}
	if slices.ContainsFunc(t.Aliases, s.stale) {
		return true, nil
	}
	for _, c := range t.States {
		after := c.From
		after.State, after.Version, after.Accounts, after.ExpiresAt = c.To, c.Version, c.From.Accounts+1, c.ExpiresAt
		after.Aliases, after.Shared, after.Left, after.Primary = c.Aliases, c.Shared, c.Left, c.Primary
		s.states[c.Subject] = after
	}
	for _, c := range t.Aliases {
		is := c.To
		is.Version = c.From.Version + 1
		s.aliases[is.Key] = is
	}
	s.acts, s.entries = append(s.acts, t.Change), append(s.entries, t.Entry)
	return false, nil
}
