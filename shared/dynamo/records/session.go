package records

import (
	"context"
	"log/slog"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Session writes records of one data subject, one after the other. It remembers the subject's state between them; a
// write decided on a state that has changed meanwhile is refused by the table and decided anew (fault F15).
type Session struct {
	w        *Writer
	alias    string
	spelling string
	newest   time.Time            // newest time among the records that this call brings
	ends     map[string]time.Time // ends of the contracts that this call brings, by account id

	loaded bool
	sid    privacy.SubjectID // empty while the address is not known
	state  subjects.State
}

// Session returns a session for the address, whose alias is subject.Key.Alias of it.
func (w *Writer) Session(address subject.Address, alias string) *Session {
	return &Session{w: w, alias: alias, spelling: address.Spelling,
		state: subjects.State{State: retention.State{Contract: retention.NoContract}}}
}

// Expect tells the session which records will follow, in what Order returns, so that the order in which they are sent does not decide
// what is kept: of a subject without an account the newest counts from the first one on, and so does the end of a contract (promise F01).
func (s *Session) Expect(rs []record.Record) {
	s.ends = ends(rs)
	for _, r := range rs {
		lead := retention.State{Newest: r.OccurredAt}
		expires, ends := retention.Expires(s.w.policy.RetentionFor(r.Category), lead, r.Time)
		if (!ends || expires.After(s.w.Now())) && r.OccurredAt.After(s.newest) {
			s.newest = r.OccurredAt
		}
	}
}

// Put writes a record. A race lost too often is fault.Conflict, data too large is fault.TooLarge.
func (s *Session) Put(ctx context.Context, r record.Record) (Result, error) {
	return s.w.retry(ctx, func() (Result, bool, error) {
		if err := s.load(ctx); err != nil {
			return Result{}, false, err
		}
		result, lost, err := s.try(ctx, r)
		s.loaded = s.loaded && !lost && err == nil
		return result, lost, err
	})
}

// load resolves the address and reads the state, unless the session knows them. A spelling that only somebody typed gives way to the
// sender's, before anything is stored that mail could be about (threat T16).
func (s *Session) load(ctx context.Context) error {
	if s.loaded {
		return nil
	}
	alias, known, err := s.w.subjects.Find(ctx, s.alias)
	if err != nil {
		return err
	}
	if known {
		if alias.Typed {
			if err := s.w.subjects.Spell(ctx, s.alias, s.spelling); err != nil {
				return err
			}
		}
		state, found, err := s.w.subjects.State(ctx, alias.Subject)
		if err != nil {
			return err
		}
		if !found { // cannot be: both are written and expire together
			return fault.New(fault.Unavailable, "The subject's state cannot be read.")
		}
		s.sid, s.state = alias.Subject, state
	} else if s.sid != "" { // it has expired since
		s.sid, s.state = "", subjects.State{State: retention.State{Contract: retention.NoContract}}
	}
	s.loaded = true
	return nil
}

// try writes the record once. lost reports that the decision rested on something that has changed.
func (s *Session) try(ctx context.Context, r record.Record) (result Result, lost bool, err error) {
	next, ended, settled, err := s.next(ctx, r)
	if err != nil {
		return Result{}, false, err
	}
	if settled != nil {
		return *settled, false, nil
	}
	expires, ends := retention.Expires(s.w.policy.RetentionFor(r.Category), next, r.Time)
	if ends && !expires.After(s.w.Now()) {
		over := Result{Outcome: record.RetentionOver, ExpiresAt: expires}
		if r.Category != privacy.Account || next == s.state.State {
			return over, false, nil
		}
		lost, err = s.commit(ctx, next)
		return over, lost, err
	}
	if isMarketing(r) && next.Marketing == retention.Withdrawn {
		return Result{Outcome: record.RetentionOver, ExpiresAt: s.w.Now()}, false, nil
	}
	next = next.Holding(r.Category, expires, ends)
	if s.sid != "" && next == s.state.State && !r.Category.IsAccountData() && !isMarketing(r) {
		return s.w.putAlone(ctx, s.sid, r, expires)
	}
	return s.putWithState(ctx, r, next, expires, ended, false)
}

// next decides the subject's state after the record. For an account record it also returns when its contract ended, or
// the result if the record changes nothing.
func (s *Session) next(ctx context.Context, r record.Record) (next retention.State, ended time.Time, settled *Result, err error) {
	if r.Category == privacy.Account {
		return s.contracted(ctx, r)
	}
	return s.state.Seen(r.OccurredAt).Seen(s.newest), time.Time{}, nil, nil
}

// contracted decides the state from all account records of the subject.
func (s *Session) contracted(ctx context.Context, r record.Record) (retention.State, time.Time, *Result, error) {
	stored, err := s.w.accounts(ctx, s.sid)
	if err != nil {
		return retention.State{}, time.Time{}, nil, err
	}
	started, over := r.Contract()
	this, known := retention.Account{ID: r.ID, StartedAt: started, EndedAt: over}, s.ends[r.ID]
	var all []retention.Account
	for _, a := range stored {
		if a.ID != r.ID {
			all = append(all, a.account())
			continue
		}
		if a.ended.After(known) {
			known = a.ended
		}
		if unchanged(a, r, s.state.Carry(s.w.account, this, known, s.w.Now())) {
			return retention.State{}, time.Time{}, &Result{Outcome: record.Unchanged, ExpiresAt: a.ExpiresAt}, nil
		}
	}
	this = s.state.Carry(s.w.account, this, known, s.w.Now())
	return s.state.Contracted(append(all, this)), this.EndedAt, nil, nil
}

// unchanged reports whether an account record says nothing new: it is older than the stored one or the same, or it is of
// the same time and lacks the end of the contract that is known by now.
func unchanged(stored stored, r record.Record, carried retention.Account) bool {
	if !r.OccurredAt.Equal(stored.OccurredAt) {
		return r.OccurredAt.Before(stored.OccurredAt)
	}
	_, over := r.Contract()
	return r.Hash() == stored.Hash() || over.IsZero() && !carried.EndedAt.IsZero()
}

// settle records in the session what a transaction has done, and walks what is stored if its expiry has moved. A walk
// that fails is left to the step that the transaction has written (fault F03).
func (s *Session) settle(ctx context.Context, to change) {
	s.sid, s.state.State, s.state.ExpiresAt = to.sid, to.next, to.expires
	switch {
	case to.created:
		s.state.Version, s.state.Aliases = 1, []string{s.alias}
	case to.changed:
		s.state.Version++
	}
	if to.walk {
		if err := s.w.Walk(ctx, to.sid); err != nil {
			slog.WarnContext(ctx, "a walk is left to its step", "error", fault.Class(err))
		}
	}
}
