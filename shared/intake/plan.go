package intake

import (
	"cmp"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// facts are what a plan is based on.
type facts struct {
	policy *policy.Policy
	client string // the client system that sends
	ends   bool   // nothing is sent: the accounts that are stored are stored again, with an end of their contracts
	now    time.Time
	before standing.State
	// stored is what is known to be stored: all account records if the call has one, and every record that refused a write.
	stored map[key]stored
}

// plan is what becomes of the entries of a call once the data subject's state is next.
type plan struct {
	next    standing.State
	ends    bool              // an account record has ended the contract, although its own retention is over
	answers map[*entry]Result // of the entries that are not written
	writes  []*write          // the accounts first, then what else depends on the state
}

// write is one record to be stored: the last of its series that says something new.
type write struct {
	*entry
	answers map[*entry]Result // of the entries of its series, from the first that says something new
	expiry  retention.Expiry
	ended   time.Time // of an account: the known end of its contract
	onlyNew bool      // refuse the write if anything is stored: there are several entries, and what is stored is not known
}

// series is the entries of one record, in the order in which they were sent: newer content, or the same again.
type series struct {
	key
	entries []*entry
	ended   time.Time // of an account: when its contract ended or will end, once all entries have taken effect
}

// newPlan decides on the entries together. The account records take effect first, since they decide how long the others are kept. So what is
// kept depends neither on the order of the lines nor on how many come in one call (promise F01).
func newPlan(f facts, entries []*entry) *plan {
	p := &plan{next: f.before, answers: map[*entry]Result{}}
	all := seriesOf(f.welcome(p, entries))
	f.contracts(p, all)
	p.next = p.next.Seen(f.newest(p.next, all))
	slices.SortStableFunc(all, inEffect)
	for _, s := range all {
		f.decide(p, s)
	}
	return p
}

// seriesOf returns the entries by record.
func seriesOf(entries []*entry) []*series {
	var all []*series
	byKey := map[key]*series{}
	for _, e := range entries {
		s := byKey[e.key()]
		if s == nil {
			s = &series{key: e.key()}
			byKey[s.key], all = s, append(all, s)
		}
		s.entries = append(s.entries, e)
	}
	return all
}

// inEffect sorts the accounts first: those whose contract has no end, then the others by their end, the latest first. Records whose expiry
// depends on the state follow, then the rest. So a transaction that takes only the first writes leads to the same state as one that takes
// all.
func inEffect(a, b *series) int {
	if byRank := cmp.Compare(a.rank(), b.rank()); byRank != 0 || a.category != privacy.Account {
		return byRank
	}
	if a.ended.IsZero() != b.ended.IsZero() {
		if a.ended.IsZero() {
			return -1
		}
		return 1
	}
	return b.ended.Compare(a.ended)
}

func (s *series) rank() int {
	if s.category == privacy.Account {
		return 0
	}
	if retention.FollowsState(s.category) {
		return 1
	}
	return 2
}

// newest returns when the newest record occurred, among those whose own age does not put them past their retention. For a data subject
// without an account, this time decides how long all account data is kept.
func (f facts) newest(state standing.State, all []*series) (newest time.Time) {
	for _, s := range all {
		rule := f.policy.RetentionFor(s.category)
		for _, e := range s.entries {
			if e.covered() {
				continue
			}
			state.Newest = e.OccurredAt
			expires, ends := retention.Expires(rule, state, e.starts, f.now)
			if (!ends || expires.After(f.now)) && e.OccurredAt.After(newest) {
				newest = e.OccurredAt
			}
		}
	}
	return newest
}

// decide decides on the entries of one record. One whose regular period is over is refused, even if the state suspends the period of those that are
// stored: nobody asked for more data to be collected.
func (f facts) decide(p *plan, s *series) {
	rule := f.policy.RetentionFor(s.category)
	regular := func(e *entry) (time.Time, bool) {
		if end, ends := p.next.CoveredUntil(p.next.Withholding(), rule, s.category); ends && e.covered() {
			return end, !end.IsZero()
		}
		return retention.Expires(rule, p.next, e.starts, f.now)
	}
	expiry := func(e *entry) retention.Expiry {
		at, _ := regular(e)
		return retention.Kept(rule, s.category, at, p.next, e.covered())
	}
	kept := make([]*entry, 0, len(s.entries))
	for _, e := range s.entries {
		if e.covered() && s.category != privacy.Account && !f.withheld(p, e) { // an account of the same call has ended the contract
			p.answers[e] = turnedAway(e)
		} else if expires, ends := regular(e); ends && !expires.After(f.now) {
			p.answers[e] = Result{Outcome: record.RetentionOver, ExpiresAt: expires}
			p.ends = p.ends || s.category == privacy.Account
		} else {
			kept = append(kept, e)
		}
	}
	w, same := f.newestOf(s, kept)
	for e, why := range same {
		expires := f.stored[s.key].ExpiresAt
		if retention.FollowsState(s.category) {
			expires = expiry(e).At
		}
		p.answers[e] = Result{Outcome: record.Unchanged, Reason: why, ExpiresAt: expires}
	}
	if w == nil {
		return
	}
	w.expiry = expiry(w.entry)
	for e, r := range w.answers {
		if r.ExpiresAt = w.expiry.At; r.Outcome == record.Stored {
			r.ExpiresAt = expiry(e).At
		}
		w.answers[e] = r
	}
	if expires, ends := regular(w.entry); !w.covered() || !retention.FollowsState(s.category) {
		p.next = p.next.Stored(s.category, expires, ends, f.now)
	}
	p.writes = append(p.writes, w)
}

// newestOf returns the write of the last entry of a record that says something new, or nil if none does. same are the entries that say
// nothing new compared with what is stored, and why.
func (f facts) newestOf(s *series, entries []*entry) (w *write, same map[*entry]record.Reason) {
	last, found := f.stored[s.key]
	w, same = &write{answers: map[*entry]Result{}, ended: s.ended, onlyNew: !found && len(entries) > 1}, map[*entry]record.Reason{}
	for _, e := range entries {
		why := record.Reason("")
		if found {
			why = last.keeps(e, s.ended, f.now)
		}
		switch {
		case why == "":
			last, found, w.entry = stored{Found: Found{OccurredAt: e.OccurredAt, Hash: e.hash}}, true, e
			w.answers[e] = Result{Outcome: record.Stored}
		case w.entry == nil:
			same[e] = why
		default:
			w.answers[e] = Result{Outcome: record.Unchanged, Reason: why}
		}
	}
	if w.entry == nil {
		return nil, same
	}
	return w, same
}
