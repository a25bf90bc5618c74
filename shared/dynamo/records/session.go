package records

import (
	"context"
	"log/slog"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Session writes the records of one data subject, or analytics counts, which have no data subject. The table refuses a write that was
// decided on a state which has changed meanwhile, and the session decides anew (fault F15).
type Session struct {
	w        *Writer
	alias    string // empty for analytics counts
	spelling string

	loaded bool
	sid    privacy.SubjectID // empty while the address is not known
	state  standing.Snapshot

	// What is known to be stored, by sort key: all account records once they were read, and every record that refused a write.
	known    map[string]current
	accounts bool // the account records were read
}

// Session returns a session for the address, whose alias is subject.Key.Alias of it.
func (w *Writer) Session(address subject.Address, alias string) *Session {
	s := &Session{w: w, alias: alias, spelling: address.Spelling}
	s.forget()
	return s
}

// Counts returns a session for analytics counts, which have no data subject.
func (w *Writer) Counts() *Session {
	return &Session{w: w, loaded: true, known: map[string]current{}}
}

// forget makes the session begin with an address that is not known.
func (s *Session) forget() {
	s.sid, s.state = "", standing.Snapshot{State: standing.Unknown}
	s.known, s.accounts = map[string]current{}, false
}

// Put writes one record. A race lost too often is fault.Conflict, data too large is fault.TooLarge.
func (s *Session) Put(ctx context.Context, r record.Record) (Result, error) {
	result := s.PutAll(ctx, []record.Record{r}, func() error { return nil })[0]
	return result, result.Err
}

// PutAll writes records and returns what became of each. It takes them together: the account records first, since they decide how long
// the others are kept, so that neither the order in which they are sent nor how many come in one call decides what is kept (promise
// F01). The subject's state moves once, with the first transaction; a later one whose records depend on the state is refused if the state
// has changed by then. If the run is killed in between, the sender sends the same again. Before each transaction ready says by an error
// that no more may begin, which is the answer of the records that are left.
func (s *Session) PutAll(ctx context.Context, rs []record.Record, ready func() error) []Result {
	c := newCall(rs)
	var err error
	for err == nil && c.open() {
		if err = ready(); err == nil {
			err = s.w.retry(ctx, func() (bool, error) { return s.step(ctx, c) })
		}
	}
	if err != nil {
		c.fail(err)
	} else if c.walk { // a walk that fails is left to the step that the transaction has written (fault F03)
		if err := s.w.Walk(ctx, s.sid); err != nil {
			slog.WarnContext(ctx, "a walk is left to its step", "error", fault.Class(err))
		}
	}
	return c.results()
}

// step decides on the records that have no answer yet and carries out the first transaction of that. lost reports that the decision
// rested on something that has changed.
func (s *Session) step(ctx context.Context, c *call) (lost bool, err error) {
	if err := s.load(ctx, c.hasAccounts); err != nil {
		return false, err
	}
	p := s.plan(c)
	t := s.transaction(p)
	if len(t.items) > 0 {
		refused, lost, err := s.send(ctx, t)
		lost = s.learn(t, refused) || lost
		s.loaded = !lost && err == nil
		if !s.loaded || len(refused) > 0 {
			return lost, err
		}
		s.settle(t)
		c.walk = c.walk || t.walk
	}
	c.settle(p, t.puts)
	return false, nil
}

// load resolves the address, reads the state and, where they are asked for, the account records, unless the session knows them. A
// spelling that only somebody typed gives way to the sender's, before anything is stored that mail could be about (threat T16).
func (s *Session) load(ctx context.Context, accounts bool) error {
	if !s.loaded {
		if err := s.find(ctx); err != nil {
			return err
		}
		s.loaded, s.accounts = true, false
	}
	if !accounts || s.accounts {
		return nil
	}
	all, err := s.w.accounts(ctx, s.sid)
	if err != nil {
		return err
	}
	for key := range s.known {
		if isAccount(key) {
			delete(s.known, key)
		}
	}
	for _, a := range all {
		s.known[sk(a.Record)] = a.current()
	}
	s.accounts = true
	return nil
}

// find resolves the address and reads the state.
func (s *Session) find(ctx context.Context) error {
	if s.alias == "" {
		return nil
	}
	alias, known, err := s.w.subjects.Find(ctx, s.alias)
	if err != nil {
		return err
	}
	if !known {
		if s.sid != "" { // it has expired since
			s.forget()
		}
		return nil
	}
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
		return fault.New(fault.Unavailable, "The state of the data subject cannot be read. Try again.")
	}
	if s.sid != alias.Subject {
		s.forget()
	}
	s.sid, s.state = alias.Subject, state
	return nil
}
