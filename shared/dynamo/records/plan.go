package records

import (
	"cmp"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// plan is what becomes of the lines of a call once the subject's state is next.
type plan struct {
	next    standing.State
	ends    bool             // an account record that is not stored any more has ended the contract all the same
	answers map[*line]Result // of the lines that are not written
	writes  []*write         // first those whose expiry rests on the state, the accounts before all
}

// write is one record to be stored, the last of its chain that says something new.
type write struct {
	*line
	answers map[*line]Result // of its chain, from the first line that says something new
	expires time.Time
	ended   time.Time // account: the end of the contract that is known
	alone   bool      // there are several lines and it is not known what is stored: the write is refused if anything is
}

// plan decides on all lines that have no answer yet.
func (s *Session) plan(c *call) *plan {
	now := s.w.Now()
	p := &plan{next: s.state.State, answers: map[*line]Result{}}
	chains := c.chains()
	s.contracts(p, chains, now)
	p.next = p.next.Seen(s.newest(p.next, chains, now))
	slices.SortStableFunc(chains, inEffect)
	for _, ch := range chains {
		s.decide(p, ch, now)
	}
	return p
}

// inEffect sorts the accounts first, of those the contract without an end and then the one that ends last, since they decide on the
// state; then what else depends on the state.
func inEffect(a, b *chain) int {
	rank := func(ch *chain) int {
		switch {
		case ch.category == privacy.Account:
			return 0
		case bound(ch.category):
			return 1
		}
		return 2
	}
	if byRank := cmp.Compare(rank(a), rank(b)); byRank != 0 || rank(a) > 0 {
		return byRank
	}
	switch {
	case a.ended.IsZero() == b.ended.IsZero():
		return b.ended.Compare(a.ended)
	case a.ended.IsZero():
		return -1
	}
	return 1
}

// bound reports whether the expiry of a category's records rests on the subject's state.
func bound(category privacy.Category) bool {
	return category.IsAccountData() || category == privacy.Marketing
}

// contracts decides the state from all account records of the subject, if a line changes one of them.
func (s *Session) contracts(p *plan, chains []*chain, now time.Time) {
	all := map[string]standing.Account{}
	for key, cur := range s.known {
		if isAccount(key) {
			all[key] = cur.account
		}
	}
	changed := false
	for _, ch := range chains {
		if ch.category != privacy.Account {
			continue
		}
		s.end(ch, now)
		ch.lines = slices.DeleteFunc(ch.lines, func(l *line) bool { return l.answered })
		if w, _ := s.newestOf(ch, ch.lines, now); w != nil {
			all[ch.key], changed = standing.Account{ID: w.ID, EndedAt: ch.ended}, true
		}
	}
	if !changed {
		return
	}
	accounts := make([]standing.Account, 0, len(all))
	for _, a := range all {
		accounts = append(accounts, a)
	}
	p.next = p.next.Contracted(accounts)
}

// end follows the end of an account's contract through the lines about it as they occurred, and refuses those of a closed account
// without an end.
func (s *Session) end(ch *chain, now time.Time) {
	cur, stored := s.known[ch.key]
	at := cur.at
	if ch.ended = cur.account.EndedAt; !stored {
		ch.ended = s.state.ForgottenEnd(s.w.account, now)
	}
	before, open := ch.ended, []*line(nil)
	inTime := slices.SortedStableFunc(slices.Values(ch.lines), func(a, b *line) int { return a.OccurredAt.Compare(b.OccurredAt) })
	for _, l := range inTime {
		a, older := l.account, stored && l.OccurredAt.Before(cur.at)
		known := ch.ended
		if older {
			known = before
		}
		a = a.WithKnownEnd(known, l.OccurredAt.After(at), now)
		if a.Closed && a.EndedAt.IsZero() {
			open = append(open, l)
		} else if !older {
			ch.ended, at = a.EndedAt, l.OccurredAt
		}
	}
	for _, l := range open { // a later line of the call may know the end
		if l.account.WithKnownEnd(ch.ended, false, now).EndedAt.IsZero() {
			l.answer(Result{Err: record.ErrClosed})
		}
	}
}

// newest returns when the newest record occurred that is kept by its own age: of a subject without an account it counts for all.
func (s *Session) newest(state standing.State, chains []*chain, now time.Time) (newest time.Time) {
	for _, ch := range chains {
		rule := s.w.policy.RetentionFor(ch.category)
		for _, l := range ch.lines {
			state.Newest = l.OccurredAt
			expires, ends := retention.Expires(rule, state, l.starts, now)
			if (!ends || expires.After(now)) && l.OccurredAt.After(newest) {
				newest = l.OccurredAt
			}
		}
	}
	return newest
}

// decide decides on the lines of one record.
func (s *Session) decide(p *plan, ch *chain, now time.Time) {
	rule := s.w.policy.RetentionFor(ch.category)
	expiry := func(l *line) (time.Time, bool) { return retention.Expires(rule, p.next, l.starts, now) }
	kept := make([]*line, 0, len(ch.lines))
	for _, l := range ch.lines {
		if expires, ends := expiry(l); ends && !expires.After(now) {
			p.answers[l] = Result{Outcome: record.RetentionOver, ExpiresAt: expires}
			p.ends = p.ends || ch.category == privacy.Account
		} else {
			kept = append(kept, l)
		}
	}
	w, same := s.newestOf(ch, kept, now)
	for _, l := range same {
		expires := s.known[ch.key].expires
		if bound(ch.category) {
			expires, _ = expiry(l) // what is stored follows the state
		}
		p.answers[l] = Result{Outcome: record.Unchanged, ExpiresAt: expires}
	}
	if w == nil {
		return
	}
	var ends bool
	w.expires, ends = expiry(w.line)
	for l, r := range w.answers {
		if r.ExpiresAt = w.expires; r.Outcome == record.Stored {
			r.ExpiresAt, _ = expiry(l)
		}
		w.answers[l] = r
	}
	p.next = p.next.Stored(ch.category, w.expires, ends, now)
	p.writes = append(p.writes, w)
}

// newestOf returns the write of the last of a record's lines that says something new, nil if none does, and the lines that say nothing
// new beside what is stored.
func (s *Session) newestOf(ch *chain, lines []*line, now time.Time) (w *write, same []*line) {
	cur, stored := s.known[ch.key]
	w = &write{answers: map[*line]Result{}, ended: ch.ended, alone: !stored && len(lines) > 1}
	for _, l := range lines {
		switch {
		case !stored || cur.replacedBy(l, ch.ended, now):
			cur, stored, w.line = current{at: l.OccurredAt, hash: l.hash}, true, l
			w.answers[l] = Result{Outcome: record.Stored}
		case w.line != nil:
			w.answers[l] = Result{Outcome: record.Unchanged}
		default:
			same = append(same, l)
		}
	}
	if w.line == nil {
		return nil, same
	}
	return w, same
}
