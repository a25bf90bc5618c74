package mailbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Forget lets every link and every session of a mailbox die that existed at the time given, since its holder was erased then, and deletes its address. It
// may be called twice, and leaves what came since. waits says that the address is still needed for a mail that is due.
func (l *Links) Forget(ctx context.Context, id string, at time.Time) (waits bool, err error) {
	at = at.UTC().Truncate(time.Second)
	for range mostTries {
		m, found, err := l.Mailboxes.Load(ctx, id)
		if err != nil || !found {
			return false, err
		}
		now := l.now()
		changed := m.forget(at, now)
		if waits = m.due(); !changed {
			return waits, nil
		}
		m.keep(l.Policy(now), now)
		if _, err := l.Mailboxes.Save(ctx, m); !errors.Is(err, ErrChanged) {
			return waits, err
		}
	}
	return false, errBusy
}

// due reports whether a mail is due.
func (m Mailbox) due() bool { return !m.NextAt.IsZero() || !m.Receipt.NextAt.IsZero() }

// forget does to the mailbox what [Links.Forget] says, and reports whether anything changed.
func (m *Mailbox) forget(at, now time.Time) (changed bool) {
	if m.CutAt.Before(at) && !m.opensNothing(now) {
		m.cut(at)
		changed = true
	}
	if m.Address != "" && len(m.Links) == 0 && !m.due() {
		m.Address, changed = "", true
		m.is(subject.Known{})
	}
	return changed
}

// LongestWait is how long a confirmation may wait that is not behind its mailbox yet, before it is looked at again.
const LongestWait = time.Minute<<waitDoublings + time.Minute

// AskedSince reports whether the decision was asked for, or asked for again, since the time given.
func (c Confirmation) AskedSince(at time.Time) bool { return c.lastAsked().After(at) }

// IsOf reports whether the address that somebody typed has one of the mailboxes. An address that cannot be read has none.
func IsOf(email string, mailboxOf func(subject.Address) string, mailboxes []string) bool {
	typed, err := subject.ParseAddress(email)
	return err == nil && slices.Contains(mailboxes, mailboxOf(typed))
}
