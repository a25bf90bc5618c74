package decision

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// person is the data subject of a question.
type person struct {
	id       privacy.SubjectID // empty if nobody is known
	formerly []subject.Former
	note     identity.Note
	state    standing.Snapshot
	read     bool              // the state was read
	former   privacy.SubjectID // if nobody is known: from whom the address was taken away not long ago
}

var errUnreadable = fault.New(fault.Unavailable, "The state of the data subject cannot be read. Try again.")

// whom returns the data subject of a question, with the state if it is needed. Somebody who is joined to another one between the two reads is looked up
// again, since the state of the other holds from then on.
func (d Decider) whom(ctx context.Context, named subject.Named, needed bool) (who person, err error) {
	for range standing.MostFormer {
		if who, err = d.find(ctx, named); err != nil {
			return who, err
		}
		if who.id == "" {
			return d.formerly(ctx, who, needed)
		}
		if needed && !who.read {
			if who.state, who.read, err = d.Subjects.State(ctx, who.id); err != nil {
				return who, err
			}
			if !who.read { // cannot happen: alias and state are written together and expire together
				return who, errUnreadable
			}
		}
		if who.state.Into == "" {
			return who, nil
		}
	}
	return who, errUnreadable
}

// formerly completes a person whom nobody knows, but whose address was taken away from somebody not long ago. If that was a mistake, what was limited by
// the address must still hold, and what was erased must stay erased, so both count until there is no doubt any more. Nothing else of that data subject does
// (threat T27).
func (d Decider) formerly(ctx context.Context, who person, needed bool) (person, error) {
	if who.former == "" || !needed {
		return who, nil
	}
	_, of, _, err := identity.Root(ctx, d.Subjects, who.former)
	who.state.Limits, who.state.Erasure, who.state.Others = of.Limits, of.Erasure, of.Others
	return who, err
}

// find finds the data subject of a question: by the id if it is known, or else by the address. An unknown id means somebody else than the data subject
// behind the address, if that one has another id of the same client.
func (d Decider) find(ctx context.Context, named subject.Named) (who person, err error) {
	keys := identity.KeysOf(d.Aliases, named)
	if keys == (identity.Keys{}) {
		return person{}, nil
	}
	found, err := d.Subjects.Aliases(ctx, keys.All()...)
	if err != nil {
		return person{}, err
	}
	byID, byAddress := found[keys.ID], found[keys.Address]
	meaning, err := identity.MeaningOf(keys, byID, byAddress, false)
	if err != nil {
		return person{}, err
	}
	if meaning.Subject == "" {
		if byAddress.Doubt(d.Now()) == subject.Detached {
			who.former = byAddress.From
		}
		return who, nil
	}
	who = person{id: meaning.Subject, formerly: byAddress.Formerly, note: meaning.Note}
	switch {
	case byID.Subject() == meaning.Subject:
		who.formerly = byID.Formerly
		return who, nil
	case len(meaning.Learns) == 0:
		return who, nil
	}
	if who.state, who.read, err = d.Subjects.State(ctx, who.id); err != nil {
		return person{}, err
	}
	if another, _, err := identity.UsesAnID(ctx, d.Subjects, who.state.Aliases, named.Client); err != nil || another {
		return person{}, err
	}
	return who, nil
}
