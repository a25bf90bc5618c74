package standing

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// MostFormer is how many data subjects can have been joined to one.
const MostFormer = 5

// Joined returns the state after the data subject with the other state was joined to this one. The contract runs as long as either does. What
// was denied stays denied; what was granted stays granted where nobody denied it. An erasure of either counts for both, but covers no more records than
// before. A legal hold on either holds for both. The other's own state does not change, so that the join can be taken back. Whoever was joined to the other counts as joined to this one now: what this one granted before did not speak for them.
func (s State) Joined(id privacy.SubjectID, other State, now time.Time) State {
	s, other = s.Lapsed(now), other.Lapsed(now) // a contract of the one withholds nothing that a contract of the other did, which is over
	at := now.UTC().Truncate(time.Second)
	s.Formerly = append(slices.Clone(s.Formerly), subject.Former{ID: id, At: at})
	for _, f := range other.Formerly {
		s.Formerly = append(s.Formerly, subject.Former{ID: f.ID, At: at})
	}
	s = s.unitedContract(other).unitedErasures(other).unitedLimits(other, now).unitedChoice(other)
	if other.Newest.After(s.Newest) {
		s.Newest = other.Newest
	}
	if other.Latest.After(s.Latest) {
		s.Latest = other.Latest
	}
	s.AccountData = s.AccountData || other.AccountData
	return s
}

func (s State) unitedContract(other State) State {
	switch {
	case s.Contract == Running || other.Contract == Running:
		s.Contract, s.EndedAt = Running, time.Time{}
	case other.Contract != Ended:
	case s.Contract != Ended || other.EndedAt.After(s.EndedAt):
		s.Contract, s.EndedAt = Ended, other.EndedAt
	}
	return s
}

// unitedChoice unites the choices. Where one has consented and marketing data of the other waits, the time since when it has waited stays on record
// until [State.Chosen] decides whether that data is still there.
func (s State) unitedChoice(other State) State {
	if other.Proof.after(s.Proof) {
		s.Proof = other.Proof
	}
	switch {
	case s.Marketing == Withdrawn || other.Marketing == Withdrawn:
		waits := s.Endless || other.Endless || !s.Unconsented.IsZero() || !other.Unconsented.IsZero()
		s.Marketing, s.Endless, s.Unconsented = Withdrawn, waits, time.Time{}
		s = s.endless()
	case s.Marketing == Consented || other.Marketing == Consented:
		s.Marketing, s.Endless = Consented, s.Endless || other.Endless
		if other.Unconsented.After(s.Unconsented) {
			s.Unconsented = other.Unconsented
		}
	case s.Unconsented.IsZero() || !other.Unconsented.IsZero() && other.Unconsented.Before(s.Unconsented):
		s.Unconsented = other.Unconsented
	}
	return s
}

// Separated returns the state after the join of a data subject was taken back, with everybody who had come with them. The caller decides the
// contract and the choice anew, from what is stored of the data subject alone ([State.Rebuilt], [State.Chosen], [State.Undecided]).
func (s State) Separated(ids ...privacy.SubjectID) State {
	s.Formerly = slices.DeleteFunc(slices.Clone(s.Formerly), func(f subject.Former) bool { return slices.Contains(ids, f.ID) })
	if len(s.Formerly) == 0 {
		s.Formerly = nil
	}
	s.Proof = Proof{}
	return s
}

// Rebuilt returns the state with the contract that follows from these accounts alone, which are all that are stored. newest is when the newest
// record of any category occurred; it counts if there is no account. The end of a contract whose records may have been deleted since goes on to
// count ([State.ForgottenEnd]). account is the retention rule of account data.
func (s State) Rebuilt(account policy.Retention, accounts []Account, newest, now time.Time) State {
	if len(accounts) == 0 {
		if !s.ForgottenEnd(account, now).IsZero() {
			return s
		}
		s.Contract, s.EndedAt, s.Newest = NoContract, time.Time{}, newest
	}
	return s.Contracted(accounts)
}

// Undecided returns the state of a data subject without a consent record of their own that says anything about marketing mail: what they seemed to
// have chosen was the choice of somebody who was joined to them. The period of marketing data that was kept by that consent starts now. marketing is
// the retention rule of marketing data.
func (s State) Undecided(marketing policy.Retention, now time.Time) State {
	if s.Marketing == NoChoice {
		return s
	}
	if s.Endless {
		s.Unconsented = now.UTC().Round(0)
		s = s.lasting(unconsentedEnds(marketing, s.Unconsented))
	}
	s.Marketing, s.Endless = NoChoice, false
	return s
}

// SamePeople reports whether both states count the same data subjects as one.
func (s State) SamePeople(other State) bool {
	return s.Into == other.Into && slices.EqualFunc(s.Formerly, other.Formerly, subject.Former.Equal)
}

// LastJoin returns when somebody was last joined to the data subject. It is zero if nobody was.
func (s State) LastJoin() time.Time { return subject.LastJoin(s.Formerly) }

// Persons returns the ids under which data of the data subject with the id is stored: their own, then those that were joined to them.
func (s State) Persons(id privacy.SubjectID) []privacy.SubjectID {
	ids := []privacy.SubjectID{id}
	for _, f := range s.Formerly {
		ids = append(ids, f.ID)
	}
	return ids
}
