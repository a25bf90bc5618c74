// Package standing holds everything about a data subject that decides what may be done with their data and how long it is kept: whether
// a contract runs, what they chose about marketing mail, and what is stored about them. It knows no table and no clock. A transition takes
// a state and returns the next one. All times are UTC (fault F22).
package standing

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// State is what is known of a data subject and decides how long their data is kept. Compare two states with [State.Equal], because a state
// that was read from a table may hold the same times in another form.
type State struct {
	Contract Contract
	EndedAt  time.Time // when the last contract ended or will end; it may lie ahead
	Newest   time.Time // the newest occurredAt of a subject without a contract, in any category

	AccountData bool      // account data has been stored
	Endless     bool      // marketing data without an end is stored, under a recorded consent or because its use is restricted after a choice
	Latest      time.Time // when the last record besides account data expires; rounded up to a month, except by Known

	Marketing   Choice    // what the subject decided about marketing mail
	Proof       Proof     // the consent record that says so
	Unconsented time.Time // when the first marketing record was stored; zero once the subject has chosen, or soon after a join

	Limits            // what the subject has limited the use of their data to
	Erasure Erasure   // the last one
	Others  []Erasure // others of somebody who was joined, newest first: each covers other records
	Holds   []Hold    // legal holds on the subject's data, oldest first

	Formerly []subject.Former  // who was joined to the subject, and whose data is theirs too; at most MostFormer
	Into     privacy.SubjectID // to whom the subject was joined; empty if to nobody. Their data then follows the state of the other
}

// Unknown is the state of a data subject of whom nothing is known.
var Unknown = State{Contract: NoContract}

// Equal reports whether both states say the same. It compares times as moments, whatever their zone, and ignores monotonic clock readings.
func (s State) Equal(other State) bool {
	return s.Contract == other.Contract && s.EndedAt.Equal(other.EndedAt) && s.Newest.Equal(other.Newest) &&
		s.AccountData == other.AccountData && s.Endless == other.Endless && s.Latest.Equal(other.Latest) &&
		s.Marketing == other.Marketing && s.Proof.Equal(other.Proof) && s.Unconsented.Equal(other.Unconsented) &&
		s.Limits.Equal(other.Limits) && s.Erasure.Equal(other.Erasure) && slices.EqualFunc(s.Others, other.Others, Erasure.Equal) &&
		slices.EqualFunc(s.Holds, other.Holds, Hold.Equal) && s.SamePeople(other)
}

// Known returns the state of a subject who must stay known at least until the time given, rounded up to a second. An address that somebody
// only typed is kept no longer than that.
func (s State) Known(until time.Time) State {
	if until.After(s.Latest) {
		s.Latest = until.UTC().Add(time.Second - 1).Truncate(time.Second)
	}
	return s
}

// lasting returns the state of a subject of whom something is stored until the time given. It rounds up to a month, so that a series of
// records seldom changes the state.
func (s State) lasting(until time.Time) State {
	if until.After(s.Latest) {
		s.Latest = privacy.NextMonth(until)
	}
	return s
}

// Seen returns the state after a record that is not an account record. The newest record counts only for a subject who never had a contract.
// After a contract, only its end counts, however late a record comes (promise F01).
func (s State) Seen(occurredAt time.Time) State {
	if s.Contract != Running && s.Contract != Ended && occurredAt.After(s.Newest) {
		s.Newest = occurredAt
	}
	return s
}

// Stored returns the state after a record of the category was stored at now. The record expires at the time given, or has no expiry yet if
// ends is false. The first marketing record without a recorded consent starts the period of all later ones. Neither new content nor a new id
// restarts that period (promise F04).
func (s State) Stored(category privacy.Category, expires time.Time, ends bool, now time.Time) State {
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

// KnownUntil returns the time until which a subject must be found, or the zero time while that has no end ([State.Ends]). After what is kept past its
// period has changed, the records of the subject are walked over. The walk needs the state, so the state outlives the task of the walk.
func (s State) KnownUntil(p *policy.Policy) time.Time {
	last, ends := s.Ends(p.RetentionFor(privacy.Account))
	if !ends {
		return time.Time{}
	}
	if s.FencedAt.IsZero() {
		return last
	}
	return later(last, p.SpanOf(policy.WorkStep).After(s.FencedAt).UTC().Truncate(time.Second))
}

// Ends returns the time until which a subject must be found. That is when the last record expires, rounded up to a month so that it seldom
// changes, or the time given to [State.Known] if that is later. It returns false while something has no end, and while the subject limits the
// use of their data: an objection that was forgotten would no longer hold (GDPR Art. 21(3)). Account data that only a contract withholds from an erasure
// ends with the contract. account is the retention rule of account data (promise F08).
func (s State) Ends(account policy.Retention) (time.Time, bool) {
	if s.Endless || s.InForce() || len(s.Holds) > 0 {
		return time.Time{}, false
	}
	last := s.Latest
	if s.withholdsAccount() {
		if s.Contract == Running {
			return time.Time{}, false
		}
		if s.EndedAt.After(last) {
			last = privacy.NextMonth(s.EndedAt)
		}
	}
	if s.AccountData {
		end, ends := s.AccountDataEnds(account)
		if !ends {
			return time.Time{}, false
		}
		if end.After(last) {
			last = privacy.NextMonth(end)
		}
	}
	return last, true
}
