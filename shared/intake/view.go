package intake

import (
	"context"
	"log/slog"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// view is what a call knows of one data subject, or of analytics counts, while it takes records in.
type view struct {
	in      *Intake
	address subject.Address
	alias   string // of the address; empty for analytics counts

	loaded   bool
	id       privacy.SubjectID // empty while the address is not known
	snapshot standing.Snapshot

	stored   map[key]stored  // as in facts
	accounts []StoredAccount // the account records, once they were read
	complete bool            // the account records were read
}

// newView returns a view that knows nothing yet.
func (in *Intake) newView(who subject.Address) *view {
	v := &view{in: in, address: who}
	if who != (subject.Address{}) {
		v.alias = in.Aliases.Alias(who)
	}
	v.forget()
	return v
}

// forget resets the view to that of an unknown address.
func (v *view) forget() {
	v.id, v.snapshot = "", standing.Snapshot{State: standing.Unknown}
	v.stored, v.accounts, v.complete = map[key]stored{}, nil, false
}

// take takes in records and returns what became of each. The state of the data subject changes once, with the first transaction. A later
// transaction whose records depend on the state is refused if the state has changed since. If the run is killed between two transactions,
// the sender sends the same again. take calls mayBegin before each transaction. If mayBegin returns an error, no more transactions begin,
// and the remaining records get that error.
func (v *view) take(ctx context.Context, records []record.Record, mayBegin func() error) []Result {
	c := newCall(records, v.in.Store.Pack)
	var err error
	for err == nil && len(c.open()) > 0 {
		if err = mayBegin(); err == nil {
			err = fault.Retry(ctx, func() (bool, error) { return v.step(ctx, c) })
		}
	}
	if err != nil {
		c.fail(err)
	} else if c.walk { // a walk that fails is left to the task that the transaction has written (fault F03)
		if err := v.in.Walk(ctx, v.id); err != nil {
			slog.WarnContext(ctx, "a walk is left to its task", "error", fault.Class(err))
		}
	}
	return c.results()
}

// step decides on the records that have no answer yet, and carries out the first transaction of that decision. It reports a lost race if
// something on which it decided has changed.
func (v *view) step(ctx context.Context, c *call) (lost bool, err error) {
	if err := v.load(ctx, c.hasAccounts); err != nil {
		return false, err
	}
	now := v.in.Now()
	p := newPlan(facts{policy: v.in.Policy(now), now: now, before: v.snapshot.State, stored: v.stored}, c.open())
	t := v.transaction(p)
	if t.Change == NoChange && len(t.Puts) == 0 {
		c.settle(p, nil)
		return false, nil
	}
	done, err := v.in.Store.Commit(ctx, t)
	if err != nil || done.Lost || len(done.Refused) > 0 {
		lost = v.learn(t, done.Refused) || done.Lost
		v.loaded = !lost && err == nil
		return lost, err
	}
	v.settle(t, done)
	c.settle(p, p.writes[:done.Puts])
	c.walk = c.walk || t.Walk != nil
	return false, nil
}

// load finds the data subject and reads the state, unless the view knows them. If accounts is set, it also reads the account records, unless
// the view knows them.
func (v *view) load(ctx context.Context, accounts bool) error {
	if !v.loaded {
		if err := v.find(ctx); err != nil {
			return err
		}
		v.loaded, v.complete = true, false
	}
	if !accounts || v.complete {
		return nil
	}
	v.accounts = nil
	if v.id != "" {
		var err error
		if v.accounts, err = v.in.Store.Accounts(ctx, v.id); err != nil {
			return err
		}
	}
	v.complete = true
	for k := range v.stored {
		if k.category == privacy.Account {
			delete(v.stored, k)
		}
	}
	for _, a := range v.accounts {
		sum := a.Hash()
		v.stored[key{privacy.Account, a.ID}] = stored{Found: Found{a.OccurredAt, sum[:], a.ExpiresAt}, account: a.account()}
	}
	return nil
}

// find finds the data subject and reads the state. A spelling that somebody only typed is replaced by the sender's before anything is stored
// that a mail could be about (threat T16).
func (v *view) find(ctx context.Context) error {
	if v.alias == "" {
		return nil
	}
	known, found, err := v.in.Subjects.Find(ctx, v.alias)
	if err != nil {
		return err
	}
	if !found {
		if v.id != "" { // the data subject has expired since
			v.forget()
		}
		return nil
	}
	if known.Typed {
		if err := v.in.Subjects.Spell(ctx, v.alias, v.address.Spelling); err != nil {
			return err
		}
	}
	snapshot, found, err := v.in.Subjects.State(ctx, known.Subject)
	if err != nil {
		return err
	}
	if !found { // cannot happen: alias and state are written together and expire together
		return fault.New(fault.Unavailable, "The state of the data subject cannot be read. Try again.")
	}
	if v.id != known.Subject {
		v.forget()
	}
	v.id, v.snapshot = known.Subject, snapshot
	return nil
}

// learn notes what is stored in the place of records that were refused. It reports a lost race if the view knew the stored record already,
// because then another writer was faster.
func (v *view) learn(t Transaction, refused map[int]Found) (lost bool) {
	for i, found := range refused {
		k := key{t.Puts[i].Category, t.Puts[i].ID}
		_, known := v.stored[k]
		lost = lost || known || k.category == privacy.Account // the account records were read
		v.stored[k] = stored{Found: found}
	}
	return lost
}

// settle notes what a transaction has done.
func (v *view) settle(t Transaction, done Committed) {
	v.id, v.snapshot = t.Subject, done.After
	for _, put := range t.Puts[:done.Puts] {
		if put.Category == privacy.Account {
			account := accountOf(put.Record)
			account.EndedAt = put.EndedAt
			v.stored[key{privacy.Account, put.ID}] = stored{Found: Found{OccurredAt: put.OccurredAt, Hash: put.Hash}, account: account}
		}
	}
}
