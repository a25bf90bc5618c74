package standing

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Limits are what a data subject has limited the use of their data to. Each names the request that imposed it, so whoever takes a request back
// takes back exactly what it imposed.
type Limits struct {
	OptOuts      []OptOut      // one, or those of each who were joined
	Objections   []Objection   // oldest first
	Restrictions []Restriction // oldest first
	FencedAt     time.Time     // when it last changed which data is kept past its period (fault F27); zero if it never did
}

// MostLimits is how many objections, and how many restrictions, one data subject can have in force. What comes after goes to the team.
const MostLimits = 20

// OptOut forbids every purpose that counts as sale or sharing (CCPA §1798.120; promise H10).
type OptOut struct {
	Request string // id of the request
	Source  string // who asked for it: the HMAC of their mailbox, or their id. Somebody else may take back only their own
	At      time.Time
	Both    bool // somebody who was joined had it too
}

// Objection forbids purposes (GDPR Art. 21; promise H06). A consent that is given after it allows a purpose again that rests on consent.
type Objection struct {
	Request  string // id of the request
	Source   string // as of an opt-out; empty if somebody has reported that the person is a child
	At       time.Time
	Both     bool // somebody who was joined had it too
	Purposes []privacy.Purpose
}

// Restriction forbids everything but storage, for the purposes or the categories that are contested, or for all data if it names neither (GDPR
// Art. 18).
type Restriction struct {
	Request    string // id of the request
	At         time.Time
	Both       bool // somebody who was joined had it too
	Ground     privacy.Ground
	Purposes   []privacy.Purpose
	Categories []privacy.Category
}

// Suspends reports whether the restriction keeps data of the category past its period: the person wants it kept, or its accuracy is being checked.
func (r Restriction) Suspends(category privacy.Category) bool {
	return r.suspends() && r.covers(category)
}

// suspends reports whether the restriction keeps any data past its period. One that lasts while an objection is weighed does not.
func (r Restriction) suspends() bool { return r.Ground != privacy.Weighing }

func (r Restriction) covers(category privacy.Category) bool {
	return len(r.Categories) == 0 || slices.Contains(r.Categories, category)
}

// Contests reports whether the restriction contests a purpose, and whether it does so by its name. A restriction of categories contests each purpose that
// one of them serves, but if category is not empty, only the use of that one.
func (r Restriction) Contests(p *policy.Policy, purpose privacy.Purpose, category privacy.Category) (contested, named bool) {
	if named = slices.Contains(r.Purposes, purpose); len(r.Purposes) > 0 && !named {
		return false, false
	}
	if len(r.Categories) == 0 || category != "" {
		return category == "" || r.covers(category), named
	}
	return named || slices.ContainsFunc(r.Categories, func(id privacy.Category) bool {
		c, _ := p.Category(id)
		return slices.Contains(c.Purposes, purpose)
	}), named
}

// Suspends reports whether data of the category is kept past its period, because its use is restricted (GDPR Art. 18(1)(a) to (c), 18(2)) or because of a
// legal hold.
func (s State) Suspends(category privacy.Category) bool {
	return s.Held(category) || category.HasSubject() && slices.ContainsFunc(s.Restrictions, func(r Restriction) bool { return r.Suspends(category) })
}

// Limited reports whether the request has imposed anything that is still in force.
func (l Limits) Limited(request string) bool {
	return imposed(l.OptOuts, request) || imposed(l.Objections, request) || imposed(l.Restrictions, request)
}

// InForce reports whether anything is limited.
func (l Limits) InForce() bool { return len(l.OptOuts)+len(l.Objections)+len(l.Restrictions) > 0 }

// OptedOut returns the state after an opt-out. A second one from the same source is a repetition: it only renews the first, so that it holds for both
// of two people who are taken for one, also once that was taken back. One from another source stands beside the first, which its own source may take
// back. After too many, each is a repetition.
func (s State) OptedOut(o OptOut) State {
	same := func(other OptOut) bool { return other.Source == o.Source }
	switch {
	case slices.ContainsFunc(s.OptOuts, same):
	case len(s.OptOuts) < MostLimits:
		s.OptOuts = append(slices.Clone(s.OptOuts), o)
		return s
	default:
		same = func(OptOut) bool { return true }
	}
	s.OptOuts = slices.Clone(s.OptOuts)
	for i := range s.OptOuts {
		if same(s.OptOuts[i]) {
			s.OptOuts[i].At = later(s.OptOuts[i].At, o.At)
		}
	}
	return s
}

// objects reports whether every one of the purposes is objected to already.
func (s State) objects(purposes []privacy.Purpose) bool {
	return !slices.ContainsFunc(purposes, func(p privacy.Purpose) bool {
		return !slices.ContainsFunc(s.Objections, func(o Objection) bool { return slices.Contains(o.Purposes, p) })
	})
}

// Objected returns the state after an objection. One to what the same source objects to already is a repetition: it only renews those objections,
// since a consent may have been given after them. What another source objects to may end without this one's doing, so it counts for nothing here
// (promise H06). full reports that there are too many already.
func (s State) Objected(o Objection) (after State, full bool) {
	switch {
	case imposed(s.Objections, o.Request):
		return s, false
	case s.repeats(o):
		s.Objections = renewed(s.Objections, o)
		return s, false
	}
	if len(s.Objections) >= MostLimits {
		return s, true
	}
	s.Objections = append(slices.Clone(s.Objections), o)
	return s, false
}

// ObjectedAnyway returns the state after an objection that nobody weighs, such as one to direct marketing: there cannot be too many of them before it
// (GDPR Art. 21(3)). Each source can add one for each such purpose.
func (s State) ObjectedAnyway(o Objection) State {
	if after, full := s.Objected(o); !full {
		return after
	}
	s.Objections = append(slices.Clone(s.Objections), o)
	return s
}

// repeats reports whether an objection adds nothing to those of its source.
func (s State) repeats(o Objection) bool {
	s.Objections = without(s.Objections, func(other Objection) bool { return other.Source != o.Source })
	return s.objects(o.Purposes)
}

// renewed returns the objections as of the time at which their source repeated them, each for the purposes that the repetition names.
func renewed(all []Objection, again Objection) (after []Objection) {
	for _, o := range all {
		repeated := func(p privacy.Purpose) bool {
			return o.Source == again.Source && again.At.After(o.At) && slices.Contains(again.Purposes, p)
		}
		kept := without(o.Purposes, repeated)
		if len(kept) == len(o.Purposes) {
			after = append(after, o)
			continue
		}
		if len(kept) > 0 {
			after = append(after, Objection{Request: o.Request, Source: o.Source, At: o.At, Both: o.Both, Purposes: kept})
		}
		rest := without(o.Purposes, func(p privacy.Purpose) bool { return !repeated(p) })
		after = append(after, Objection{Request: o.Request, Source: o.Source, At: again.At, Purposes: rest})
	}
	return after
}

// Restricted returns the state after a restriction, which is imposed at r.At. full reports that there are too many already.
func (s State) Restricted(r Restriction) (after State, full bool) {
	if imposed(s.Restrictions, r.Request) {
		return s, false
	}
	if len(s.Restrictions) >= MostLimits {
		return s, true
	}
	s.Restrictions = append(slices.Clone(s.Restrictions), r)
	if r.suspends() {
		s.FencedAt = later(s.FencedAt, r.At)
	}
	return s, false
}

// Lifted returns the state after the request was taken back: whatever it imposed is gone, and nothing else. Data that it kept past its period has the
// end again that follows from the rest of the state.
func (s State) Lifted(request string, now time.Time) State {
	if slices.ContainsFunc(s.Restrictions, func(r Restriction) bool { return r.Request == request && r.suspends() }) {
		s.FencedAt = later(s.FencedAt, now)
	}
	s.OptOuts, s.Objections, s.Restrictions = lifted(s.OptOuts, request), lifted(s.Objections, request), lifted(s.Restrictions, request)
	return s.endless()
}

// Narrowed returns the state after a request was taken back but for some purposes: its objections to anything else are gone.
func (s State) Narrowed(request string, to []privacy.Purpose) State {
	all := s.Objections
	s.Objections = nil
	for _, o := range all {
		if o.Request == request {
			o.Purposes = without(o.Purposes, func(p privacy.Purpose) bool { return !slices.Contains(to, p) })
		}
		if len(o.Purposes) > 0 {
			s.Objections = append(s.Objections, o)
		}
	}
	return s
}

// endless returns the state with Endless as it is once nothing but a consent keeps marketing data without an end.
func (s State) endless() State {
	s.Endless = s.Endless && (s.Marketing == Consented || s.Suspends(privacy.Marketing))
	return s
}

// later returns the later of two times, in UTC.
func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b.UTC().Round(0)
	}
	return a
}

// without returns the list without the elements that are dropped, nil if none is left.
func without[T any](list []T, drop func(T) bool) []T {
	if list = slices.DeleteFunc(slices.Clone(list), drop); len(list) == 0 {
		return nil
	}
	return list
}

// Equal reports whether both limit the same. It compares times as moments.
func (l Limits) Equal(other Limits) bool {
	return slices.EqualFunc(l.OptOuts, other.OptOuts, OptOut.Equal) && slices.EqualFunc(l.Objections, other.Objections, Objection.Equal) &&
		slices.EqualFunc(l.Restrictions, other.Restrictions, Restriction.Equal) && l.FencedAt.Equal(other.FencedAt)
}

// Equal reports whether both say the same.
func (o OptOut) Equal(other OptOut) bool {
	return o.Request == other.Request && o.Source == other.Source && o.At.Equal(other.At) && o.Both == other.Both
}

// Equal reports whether both say the same.
func (o Objection) Equal(other Objection) bool {
	return o.Request == other.Request && o.Source == other.Source && o.At.Equal(other.At) && o.Both == other.Both && slices.Equal(o.Purposes, other.Purposes)
}

// Equal reports whether both say the same.
func (r Restriction) Equal(other Restriction) bool {
	return r.Request == other.Request && r.At.Equal(other.At) && r.Both == other.Both && r.Ground == other.Ground &&
		slices.Equal(r.Purposes, other.Purposes) && slices.Equal(r.Categories, other.Categories)
}
