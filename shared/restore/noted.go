package restore

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/replay"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// errUnreadable says that an entry has nothing that this version of the service knows. Something would come back if it were passed over.
var errUnreadable = errors.New("restore: an entry cannot be read")

// noted is what was noted: the last of each state and of each alias, and everything else.
type noted struct {
	standings   map[privacy.SubjectID]replay.Standing
	aliases     map[string]alias
	refusals    map[string][]consent.Record // by the subject of the record, oldest first
	retractions []replay.Entry
	erasures    []replay.Entry
}

// alias is an alias as it was noted last.
type alias struct {
	is subject.Alias
	at time.Time
}

// read reads all entries.
func read(entries Entries, report *Report) (noted, error) {
	n := noted{standings: map[privacy.SubjectID]replay.Standing{}, aliases: map[string]alias{}, refusals: map[string][]consent.Record{}}
	for e, err := range entries {
		if err == nil {
			err = n.add(e)
		}
		if err != nil {
			return n, err
		}
		report.Entries++
	}
	for _, all := range n.refusals {
		slices.SortStableFunc(all, func(a, b consent.Record) int {
			return cmp.Or(a.RecordedAt.Compare(b.RecordedAt), cmp.Compare(a.Version, b.Version))
		})
	}
	return n, nil
}

// add adds an entry. A state counts by its version, which never begins again. An alias counts by its time, since one that has expired begins again with its
// first version; of two of one time, the later version counts.
func (n *noted) add(e replay.Entry) error {
	switch {
	case e.Standing != nil:
		if s := *e.Standing; s.Version >= n.standings[s.Subject].Version {
			n.standings[s.Subject] = s
		}
	case e.Alias != nil:
		if last, found := n.aliases[e.Alias.Key]; !found || e.At.After(last.at) || e.At.Equal(last.at) && e.Alias.Version >= last.is.Version {
			n.aliases[e.Alias.Key] = alias{*e.Alias, e.At}
		}
	case e.Consent != nil:
		n.refusals[e.Consent.Subject] = append(n.refusals[e.Consent.Subject], *e.Consent)
	case e.Retraction != nil:
		n.retractions = append(n.retractions, e)
	case e.Erasure != nil:
		n.erasures = append(n.erasures, e)
	default:
		return errUnreadable
	}
	return nil
}

// sharing returns a standing with all of its aliases that several people use. Whoever came to share one later has noted the alias, but not this state.
func (n *noted) sharing(s replay.Standing) replay.Standing {
	for _, key := range s.Aliases {
		if a, found := n.aliases[key]; found && a.is.Shared() && !slices.Contains(s.Shared, key) {
			s.Shared = append(slices.Clone(s.Shared), key)
		}
	}
	return s
}

// unnoted returns the addresses of a standing that were not noted themselves, since nothing was taken away from whoever came on record with them. The copy
// may not have them.
func (n *noted) unnoted(s replay.Standing) (all []subject.Alias) {
	for _, key := range s.Aliases {
		if _, found := n.aliases[key]; !found && subject.IsAddress(key) && s.State.Into == "" {
			all = append(all, subject.Alias{Key: key, Subjects: []privacy.SubjectID{s.Subject}, Formerly: s.State.Formerly})
		}
	}
	return all
}

// touched returns everybody about whom something was noted, once.
func (n *noted) touched() (all []privacy.SubjectID) {
	for id := range n.standings {
		all = append(all, id)
	}
	for _, a := range n.aliases {
		all = append(all, a.is.Subjects...)
	}
	for who := range n.refusals {
		if id, isAddress := strings.CutPrefix(who, consent.Address("")); isAddress {
			all = append(all, privacy.SubjectID(id))
		}
	}
	for _, e := range n.retractions {
		all = append(all, e.Retraction.Holders...)
	}
	for _, e := range n.erasures {
		all = append(all, e.Erasure.Persons...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
