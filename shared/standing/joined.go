package standing

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// MostFormer is how many data subjects can have been joined to one.
const MostFormer = 5

// Joined returns the state after the data subject with the other state was joined to this one. The contract runs as long as either does. What
// was denied stays denied; what was granted stays granted where nobody denied it. The other's own state does not change, so that the join can
// be taken back.
func (s State) Joined(id privacy.SubjectID, other State, now time.Time) State {
	s.Formerly = append(slices.Clone(s.Formerly), subject.Former{ID: id, At: now.UTC().Truncate(time.Second)})
	for _, f := range other.Formerly {
		s.Formerly = append(s.Formerly, f)
	}
	s = s.unitedContract(other).unitedChoice(other)
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

func (s State) unitedChoice(other State) State {
	if other.Proof.after(s.Proof) {
		s.Proof = other.Proof
	}
	switch {
	case s.Marketing == Withdrawn || other.Marketing == Withdrawn:
		s.Marketing, s.Endless, s.Unconsented = Withdrawn, false, time.Time{}
	case s.Marketing == Consented || other.Marketing == Consented:
		s.Marketing, s.Endless, s.Unconsented = Consented, s.Endless || other.Endless, time.Time{}
	case s.Unconsented.IsZero() || !other.Unconsented.IsZero() && other.Unconsented.Before(s.Unconsented):
		s.Unconsented = other.Unconsented
	}
	return s
}

// Separated returns the state after the join of a data subject was taken back, with everybody who had come with them. The caller decides the
// contract and the choice anew, from what is stored of the data subject alone ([State.Rebuilt], [State.Chosen]).
func (s State) Separated(ids ...privacy.SubjectID) State {
	s.Formerly = slices.DeleteFunc(slices.Clone(s.Formerly), func(f subject.Former) bool { return slices.Contains(ids, f.ID) })
	if len(s.Formerly) == 0 {
		s.Formerly = nil
	}
	s.Proof = Proof{}
	return s
}

// Rebuilt returns the state with the contract that follows from these accounts alone, which are all that are stored. newest is when the newest
// record of any category occurred; it counts if there is no account.
func (s State) Rebuilt(accounts []Account, newest time.Time) State {
	if len(accounts) == 0 {
		s.Contract, s.EndedAt, s.Newest = NoContract, time.Time{}, newest
	}
	return s.Contracted(accounts)
}

// Persons returns the ids under which data of the data subject with the id is stored: their own, then those that were joined to them.
func (s State) Persons(id privacy.SubjectID) []privacy.SubjectID {
	ids := []privacy.SubjectID{id}
	for _, f := range s.Formerly {
		ids = append(ids, f.ID)
	}
	return ids
}
