package intake

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// contracts decides the state from all account records of the data subject, if an entry changes one of them (promise F01).
func (f facts) contracts(p *plan, all []*series) {
	accounts := map[string]standing.Account{}
	for k, s := range f.stored {
		if k.category == privacy.Account {
			accounts[k.id] = s.account
		}
	}
	changed := false
	for _, s := range all {
		if s.category != privacy.Account {
			continue
		}
		f.followEnd(p, s)
		if w, _ := f.newestOf(s, s.entries); w != nil {
			accounts[s.id], changed = standing.Account{ID: s.id, EndedAt: s.ended}, true
		}
	}
	if !changed {
		return
	}
	list := make([]standing.Account, 0, len(accounts))
	for _, a := range accounts {
		list = append(list, a)
	}
	p.next = p.next.Contracted(list).Lapsed(f.now)
}

// followEnd follows the end of an account's contract through the entries about it, in the order in which they occurred. It refuses the
// entries of a closed account without a known end, because nothing would start the period of its data.
func (f facts) followEnd(p *plan, s *series) {
	last, found := f.stored[s.key]
	at := last.OccurredAt
	if s.ended = last.account.EndedAt; !found {
		s.ended = f.before.ForgottenEnd(f.policy.RetentionFor(privacy.Account), f.now)
	}
	before, open := s.ended, []*entry(nil)
	inTime := slices.SortedStableFunc(slices.Values(s.entries), func(a, b *entry) int { return a.OccurredAt.Compare(b.OccurredAt) })
	for _, e := range inTime {
		older, known := found && e.OccurredAt.Before(last.OccurredAt), s.ended
		if older {
			known = before
		}
		a := e.account.WithKnownEnd(known, e.OccurredAt.After(at), f.now)
		if a.Closed && a.EndedAt.IsZero() {
			open = append(open, e)
		} else if !older {
			s.ended, at = a.EndedAt, e.OccurredAt
		}
	}
	for _, e := range open { // a later entry of the call may know the end
		if e.account.WithKnownEnd(s.ended, false, f.now).EndedAt.IsZero() {
			p.answers[e] = Result{Err: record.ErrClosed}
		}
	}
	s.entries = slices.DeleteFunc(s.entries, func(e *entry) bool { return p.answers[e].Err != nil })
}

// withEnd returns the account records whose contract is running and has another end than the given one, each with the given end. It returns
// fault.NotFound if no contract is running, and fault.Unacceptable if every running contract began after that end.
func withEnd(accounts []StoredAccount, end, now time.Time) (changed []record.Record, err error) {
	running, late := 0, 0
	for _, a := range accounts {
		contract := a.account()
		if !contract.Runs(now) {
			continue
		}
		running++
		if end.Before(contract.StartedAt) {
			late++
		} else if !contract.EndedAt.Equal(end) {
			r, err := a.Ended(end, now)
			if err != nil {
				return nil, err
			}
			changed = append(changed, r)
		}
	}
	switch running {
	case 0:
		return nil, errNoContract
	case late:
		return nil, errBeforeStart
	}
	return changed, nil
}

// account returns the account with the end that is known.
func (a StoredAccount) account() standing.Account {
	account := accountOf(a.Record)
	account.EndedAt = a.EndedAt
	return account
}
