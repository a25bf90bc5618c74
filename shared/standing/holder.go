package standing

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// HoldsAccount reports whether the data subject is an account holder at the time given: an account record of theirs is stored (promise K02).
// One is stored while a contract runs, and after its end until the account data expires. A lead without a contract is no account holder,
// even if other account data is stored about them. account is the retention rule of account data.
func (s State) HoldsAccount(account policy.Retention, now time.Time) bool {
	if s.Contract != Running && s.Contract != Ended {
		return false
	}
	end, ends := s.AccountDataEnds(account)
	return !ends || end.After(now)
}

// ContractRenewed reports whether the contract lasts longer than it did in the state before: it is the first one, its end is later, or its
// end is no longer known. Nobody becomes an account holder in any other way, so whoever looks for new account holders needs to look only at
// data subjects whose contract was renewed.
func (s State) ContractRenewed(before State) bool {
	switch {
	case before.Contract == Running:
		return false
	case s.Contract == Running:
		return true
	case s.Contract == Ended:
		return before.Contract != Ended || s.EndedAt.After(before.EndedAt)
	default:
		return false
	}
}

// Person is what a store tells about a data subject when it lists everybody. It is enough to decide whom a notice concerns.
type Person struct {
	Primary   string    // the alias of the address that mail to the person goes to
	Contract  Contract  // as in [State]
	EndedAt   time.Time // as in [State]
	ExpiresAt time.Time // as in [Snapshot]: nothing of the person is stored any more; zero while something has no end
}

// Known reports whether the person is on record at the time given. Somebody whose retention has ended is not, even if DynamoDB has not
// deleted them yet (fault F09).
func (p Person) Known(now time.Time) bool { return p.ExpiresAt.IsZero() || p.ExpiresAt.After(now) }

// HoldsAccount reports whether the person is on record and an account holder (see [State.HoldsAccount]).
func (p Person) HoldsAccount(account policy.Retention, now time.Time) bool {
	return p.Known(now) && State{Contract: p.Contract, EndedAt: p.EndedAt}.HoldsAccount(account, now)
}
