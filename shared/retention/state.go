package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Contract says where a data subject stands with the controller (promise F01).
type Contract string

// The states of a contract.
const (
	NoContract Contract = "none"
	Running    Contract = "running"
	Ended      Contract = "ended"
)

// State is what is known of a data subject as far as it decides how long anything is kept.
type State struct {
	Contract Contract
	EndedAt  time.Time // when the last contract ended
	Newest   time.Time // newest occurredAt of a subject without a contract, in any category

	AccountData bool      // account data has been stored
	Endless     bool      // something is stored whose period has not started: marketing
	Latest      time.Time // no record besides account data outlives this; always the start of a month

	Marketing Choice // what the subject decided about marketing mail
	Proof     Proof  // the consent record that says so
}

// Choice is what a data subject decided about marketing mail, as far as it decides whether marketing data is kept (promise F04). It
// stands until the subject decides otherwise; that a consent has to be asked for again after a while does not undo it.
type Choice string

// The choices. No choice is no reason to refuse a record, but none to use it either.
const (
	NoChoice  Choice = ""
	Consented Choice = "consented"
	Withdrawn Choice = "withdrawn"
)

// Proof names a consent record as far as it tells which of two is the newer.
type Proof struct {
	Until   time.Time // end of its retention, which never decreases from one record of a subject to the next
	Version int       // grows from record to record, until nothing is on record any more
}

// after reports whether p is a newer record than q.
func (p Proof) after(q Proof) bool {
	if p.Until.Equal(q.Until) {
		return p.Version > q.Version
	}
	return p.Until.After(q.Until)
}

// Chosen returns the state after what a consent record says, in whatever order records arrive: an older one changes nothing (fault
// F02), and one that does not mention marketing leaves what was chosen. The subject is known at least as long as the proof is kept.
// Once marketing consent is withdrawn, no marketing data is without an end.
func (s State) Chosen(choice Choice, proof Proof) State {
	if s.Proof.after(proof) {
		return s
	}
	s.Proof = proof
	if choice != NoChoice {
		s.Marketing = choice
	}
	if s.Marketing == Withdrawn {
		s.Endless = false
	}
	return s.Known(proof.Until)
}

// Known returns the state of a subject who is to be known at least until the time given.
func (s State) Known(until time.Time) State {
	if until.After(s.Latest) {
		s.Latest = NextMonth(until)
	}
	return s
}

// Account is an account record as far as it decides whether a contract runs.
type Account struct {
	ID                 string
	StartedAt, EndedAt time.Time // EndedAt is zero while the contract runs
}

// Contracted returns the state after the account records changed. A contract runs while any of them has no end.
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

// Carry returns the account with the end of its contract, as far as is known: a record without an end does not undo the end that is
// known of the same id, zero if none is, unless it starts a new contract, which begins after that end.
func (a Account) Carry(known time.Time) Account {
	if a.EndedAt.IsZero() && !known.IsZero() && !a.StartedAt.After(known) {
		a.EndedAt = known
	}
	return a
}

// Carry is Account.Carry for a subject's stored records: where nothing of the same id is stored any more, the subject's last end counts
// once the account data's period is over.
func (s State) Carry(rule policy.Retention, a Account, known time.Time, now time.Time) Account {
	if known.IsZero() && !s.EndedAt.IsZero() && !After(rule, s.EndedAt).After(now) {
		known = s.EndedAt
	}
	return a.Carry(known)
}

// Seen returns the state after a record other than an account record: without a contract the newest one counts. Once
// there has been a contract, its end is what counts, however late a record comes.
func (s State) Seen(occurredAt time.Time) State {
	if s.Contract != Running && s.Contract != Ended && occurredAt.After(s.Newest) {
		s.Newest = occurredAt
	}
	return s
}

// Holding returns the state after a record of the category was stored that expires at the time given, or not yet.
func (s State) Holding(category privacy.Category, expires time.Time, ends bool) State {
	switch {
	case category.IsAccountData():
		s.AccountData = true
	case !ends:
		s.Endless = true
	case expires.After(s.Latest):
		s.Latest = NextMonth(expires)
	}
	return s
}

// Ends returns when the last record of the subject is over, rounded up to a month so that it moves seldom: what is kept
// to find the subject lives that long. It reports false while something has no end. account is the rule of account data.
func (s State) Ends(account policy.Retention) (time.Time, bool) {
	if s.Endless {
		return time.Time{}, false
	}
	last := s.Latest
	if s.AccountData {
		over, ends := AccountData(account, s)
		if !ends {
			return time.Time{}, false
		}
		if over.After(last) {
			last = NextMonth(over)
		}
	}
	return last, true
}
