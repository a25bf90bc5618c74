package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Contract says where a data subject stands with the controller (promise F01).
type Contract string

// The states of a contract.
const (
	NoContract Contract = "none"
	Running    Contract = "running" // without an end that is known
	Ended      Contract = "ended"   // with an end that is known; if it lies ahead, the contract runs until then
)

// Account is an account record as far as it decides whether a contract runs.
type Account struct {
	ID                 string
	StartedAt, EndedAt time.Time // EndedAt is zero while no end is known; it may lie ahead
	Closed             bool      // the record calls the account closed
}

// Runs reports whether the contract runs at the time given: it has no end, or its end lies ahead.
func (a Account) Runs(now time.Time) bool {
	return a.EndedAt.IsZero() || a.EndedAt.After(now)
}

// Carry returns the account with the end of its contract, as far as is known. A record without an end does not undo the end that is
// known of the same id, zero if none is: an older system may not know of it. Two records do: one of a new contract, which begins
// after that end; and, while that end lies ahead, a later record of an account that is not closed. It takes the end back.
func (a Account) Carry(known time.Time, later bool, now time.Time) Account {
	takenBack := later && known.After(now) && !a.Closed
	if a.EndedAt.IsZero() && !known.IsZero() && !a.StartedAt.After(known) && !takenBack {
		a.EndedAt = known
	}
	return a
}

// Contracted returns the state after the account records changed. A contract has no end while any of them has none; otherwise it ends
// with the last of them.
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

// Forgotten returns the end that counts for an account of which nothing is stored: the subject's last one where the period of account
// data is over, since the account's record may have gone with it; zero otherwise.
func (s State) Forgotten(rule policy.Retention, now time.Time) time.Time {
	if s.EndedAt.IsZero() || After(rule, s.EndedAt).After(now) {
		return time.Time{}
	}
	return s.EndedAt
}
