package retention

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// State is what is known of a data subject as far as it decides how long anything is kept.
type State struct {
	Contract Contract
	EndedAt  time.Time // when the last contract ended, or will end: it may lie ahead
	Newest   time.Time // newest occurredAt of a subject without a contract, in any category

	AccountData bool      // account data has been stored
	Endless     bool      // marketing data is stored under a recorded consent, so nothing has started its period
	Latest      time.Time // no record besides account data outlives this; the start of a month once something lasting is stored

	Marketing   Choice    // what the subject decided about marketing mail
	Proof       Proof     // the consent record that says so
	Unconsented time.Time // when the first marketing record came, while the subject has chosen nothing; zero otherwise
}

// Known returns the state of a subject who has to be known at least until the time given, to the second: an address that somebody only
// typed is kept no longer.
func (s State) Known(until time.Time) State {
	if until.After(s.Latest) {
		s.Latest = until.UTC().Add(time.Second - 1).Truncate(time.Second)
	}
	return s
}

// lasting returns the state of a subject of whom something is stored until the time given. It rounds up to a month, so that records
// which come one after the other move the state seldom.
func (s State) lasting(until time.Time) State {
	if until.After(s.Latest) {
		s.Latest = NextMonth(until)
	}
	return s
}

// Seen returns the state after a record other than an account record: without a contract the newest one counts. Once
// there has been a contract, its end is what counts, however late a record comes.
func (s State) Seen(occurredAt time.Time) State {
	if s.Contract != Running && s.Contract != Ended && occurredAt.After(s.Newest) {
		s.Newest = occurredAt
	}
	return s
}

// Holding returns the state after a record of the category was stored at now that expires at the time given, or not yet. The first
// marketing record without a recorded consent starts the period of all that follow it: neither newer content nor another id renews it.
func (s State) Holding(category privacy.Category, expires time.Time, ends bool, now time.Time) State {
	if category == privacy.Marketing && s.Marketing == NoChoice && s.Unconsented.IsZero() {
		s.Unconsented = now.UTC().Round(0)
	}
	switch {
	case category.IsAccountData():
		s.AccountData = true
	case !ends:
		s.Endless = true
	default:
		return s.lasting(expires)
	}
	return s
}

// Ends returns until when a subject has to be found: until the last record is over, rounded up to a month so that it moves seldom, or until
// the time of [State.Known]. It reports false while something has no end. account is the rule of account data.
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
