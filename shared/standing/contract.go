package standing

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Contract says whether a data subject has a contract with the controller (promise F01).
type Contract string

// The states of a contract.
const (
	NoContract Contract = "none"
	Running    Contract = "running" // no end is known
	Ended      Contract = "ended"   // an end is known; if it lies ahead, the contract runs until then
)

// Account is what an account record says about its contract.
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

// WithKnownEnd returns the account with the end of its contract that earlier records have made known; known is zero if there is none. A
// record without an end does not undo a known end, since an older system may not know of it. Two kinds of records do undo it. The first is
// the record of a new contract, which begins after that end. The second takes back an end that still lies ahead: it occurred later than the
// earlier records, and its account is not closed.
func (a Account) WithKnownEnd(known time.Time, later bool, now time.Time) Account {
	takenBack := later && known.After(now) && !a.Closed
	if a.EndedAt.IsZero() && !known.IsZero() && !a.StartedAt.After(known) && !takenBack {
		a.EndedAt = known
	}
	return a
}

// Contracted returns the state after the account records changed. accounts are all accounts of the subject; without any, the state stays as
// it is. The contract has no end while any account has none; otherwise it ends with the last of them.
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

// ForgottenEnd returns the end that counts for an account without a stored record. Once the period of account data is over, or the record was
// erased, the end of the subject's last contract counts. Before that, ForgottenEnd returns the zero time. account is the retention rule of account data.
func (s State) ForgottenEnd(account policy.Retention, now time.Time) time.Time {
	erased := s.Contract == NoContract // with an end: see [State.Lapsed]
	if s.EndedAt.IsZero() || account.Span().After(s.EndedAt).After(now) && !erased {
		return time.Time{}
	}
	return s.EndedAt
}

// AccountDataEnds returns when all account data of a subject expires (promise F01). While no end of the contract is known, it never does,
// and the second result is false. With a known end, which may lie ahead, the period starts at that end. Without an account, it starts at the
// newest record. account is the retention rule of account data, which gives the period.
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
