package standing

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Contract says where a data subject stands with the controller (promise F01).
type Contract string

// The states of a contract.
const (
	NoContract Contract = "none"
	Running    Contract = "running" // no end is known
	Ended      Contract = "ended"   // an end is known; if it lies ahead, the contract runs until then
)

// Account is an account record as far as it decides whether a contract runs.
type Account struct {
	ID                 string
	StartedAt, EndedAt time.Time // EndedAt is zero while no end is known; it may lie ahead
	Closed             bool      // the record calls the account closed
}

// Equal reports whether both accounts say the same. It compares times as moments.
func (a Account) Equal(other Account) bool {
	return a.ID == other.ID && a.StartedAt.Equal(other.StartedAt) && a.EndedAt.Equal(other.EndedAt) && a.Closed == other.Closed
}

// Runs reports whether the contract runs at the time given: it has no end, or its end lies ahead.
func (a Account) Runs(now time.Time) bool {
	return a.EndedAt.IsZero() || a.EndedAt.After(now)
}

// WithKnownEnd returns the account with the end that is known of the contract under the same id; known is zero if none is. A record
// without an end does not undo a known end: an older system may not know of it. Two records do undo it. One is the record of a new
// contract, which begins after that end. The other is a later record of an account that is not closed, while that end lies ahead: it
// takes the end back.
func (a Account) WithKnownEnd(known time.Time, later bool, now time.Time) Account {
	takenBack := later && known.After(now) && !a.Closed
	if a.EndedAt.IsZero() && !known.IsZero() && !a.StartedAt.After(known) && !takenBack {
		a.EndedAt = known
	}
	return a
}

// Contracted returns the state after the account records changed. accounts are all of them. A contract has no end while any of them has
// none; otherwise it ends with the last of them.
func (s State) Contracted(accounts []Account) State {
	if len(accounts) == 0 {
		return s
	}
	s.Contract, s.EndedAt = Ended, time.Time{}
	for _, a := range accounts {
		if a.EndedAt.IsZero() {
			s.Contract, s.EndedAt = Running, time.Time{}
			return s
		}
		if a.EndedAt.After(s.EndedAt) {
			s.EndedAt = a.EndedAt
		}
	}
	return s
}

// ForgottenEnd returns the end that counts for an account of which nothing is stored. Once the period of account data is over, the record
// of the account may have been deleted, so that is the end of the subject's last contract. Before, it is zero. account is the rule of
// account data.
func (s State) ForgottenEnd(account policy.Retention, now time.Time) time.Time {
	if s.EndedAt.IsZero() || account.Span().After(s.EndedAt).After(now) {
		return time.Time{}
	}
	return s.EndedAt
}

// AccountDataEnds returns when all account data of a subject expires, by the rule of account data. While no end of the contract is known
// it never does. With a known end, which may lie ahead, it does two years after it. For a subject without an account it does two years
// after the newest record (promise F01).
func (s State) AccountDataEnds(account policy.Retention) (time.Time, bool) {
	switch s.Contract {
	case Running:
		return time.Time{}, false
	case Ended:
		return account.Span().After(s.EndedAt), true
	default:
		return account.Span().After(s.Newest), true
	}
}
