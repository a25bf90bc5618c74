package intake

import (
	"context"
	"log/slog"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// view is what a call knows of one data subject, or of analytics counts, while it takes records in.
type view struct {
	in    *Intake
	who   subject.Named
	keys  identity.Keys // of who; empty for analytics counts
	knows bool          // only what is known already counts: nobody becomes known, and no alias is learnt

	loaded   bool
	id       privacy.SubjectID // empty while nobody is known
	snapshot standing.Snapshot
	note     identity.Note
	learns   []identity.AliasChange // aliases that come to stand for the data subject
	shared   *subject.Alias
	unspelt  bool // the address of the call is on record without a spelling of a client system

	stored   map[key]stored  // as in facts
	accounts []StoredAccount // the account records, once they were read
	complete bool            // the account records were read
}

// newView returns a view that knows nothing yet.
func (in *Intake) newView(who subject.Named) *view {
	v := &view{in: in, who: who, keys: identity.KeysOf(in.Aliases, who)}
	v.forget()
	return v
}

// forget resets the view to that of somebody unknown.
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
	results := c.results()
	for i := range results {
		results[i].Address = v.note
	}
	return results
}

// step decides on the records that have no answer yet, and carries out the first transaction of that decision. It reports a lost race if
// something on which it decided has changed.
func (v *view) step(ctx context.Context, c *call) (lost bool, err error) {
	if err := v.load(ctx, c.hasAccounts); err != nil {
		return false, err
	}
	now := v.in.Now()
	p := newPlan(facts{policy: v.in.Policy(now), client: v.who.Client, ends: v.knows, now: now, before: v.snapshot.State, stored: v.stored}, c.open())
	t, err := v.transaction(p)
	if err != nil {
		return false, err
	}
	if t.Change == NoChange && len(t.Puts) == 0 { // nothing is stored about anybody unknown, so nothing is learnt of them either
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
	if t.Shared != nil {
		v.in.acted(ctx, t.Shared.Change.Kind)
	}
	c.settle(p, p.writes[:done.Puts])
	c.walk = c.walk || t.Walk != nil
	return false, v.spell(ctx) // the call may have begun a new contract of somebody who was erased
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
		if v.accounts, err = v.in.accounts(ctx, v.snapshot.Persons(v.id)); err != nil {
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
		v.stored[key{privacy.Account, a.ID}] = stored{
			Found: Found{a.OccurredAt, sum[:], a.ExpiresAt}, account: a.account(), covered: v.snapshot.Covers(a.of, a.After),
		}
	}
	return nil
}

// find finds the data subject and reads the state. A spelling that somebody only typed is replaced by the sender's before anything is stored
// that a mail could be about (threat T16). The address of somebody who was erased is spelt again once their records are taken in again.
func (v *view) find(ctx context.Context) error {
	if v.keys == (identity.Keys{}) {
		return nil
	}
	found, meaning, snapshot, err := v.whom(ctx)
	if err != nil {
		return err
	}
	byAddress := found[v.keys.Address]
	if meaning.Subject != "" && len(meaning.Learns) > 0 {
		if meaning, err = v.mayLearn(ctx, meaning, snapshot, byAddress); err != nil {
			return err
		}
	}
	if meaning.Subject == "" {
		snapshot = standing.Snapshot{State: standing.Unknown}
	}
	if v.id != meaning.Subject {
		v.forget()
	}
	v.id, v.snapshot, v.note, v.learns, v.shared, v.unspelt = meaning.Subject, snapshot, meaning.Note, nil, nil, false
	if v.knows {
		return nil
	}
	for _, key := range meaning.Learns {
		v.learns = append(v.learns, v.learnt(found[key], key))
	}
	if meaning.Shares && len(byAddress.Subjects) >= subject.Most {
		return errTooManyShare
	}
	if meaning.Shares {
		v.shared = &byAddress
	}
	// nobody but the person has spelt it, or its spelling was erased
	v.unspelt = (byAddress.Typed || byAddress.Spelling == "") && byAddress.Belongs(v.id)
	return v.spell(ctx)
}

// spell spells the address of the call if it has to be, unless an erasure turns away what the call says.
func (v *view) spell(ctx context.Context) error {
	if !v.unspelt || v.snapshot.TurnsAway(v.who.Client, v.in.Now()) != "" {
		return nil
	}
	v.unspelt = false
	return v.in.Subjects.Spell(ctx, v.keys.Address, v.who.Address.Spelling, v.who.Client)
}

// whom returns whom the call means, with the aliases that it names and with the state. Somebody who is joined to another one between the two reads
// is looked up again, since nothing may be decided on their own state any more.
func (v *view) whom(ctx context.Context) (found map[string]subject.Alias, meaning identity.Meaning, snapshot standing.Snapshot, err error) {
	for range standing.MostFormer {
		if found, err = v.in.Subjects.Aliases(ctx, v.keys.All()...); err != nil {
			return nil, meaning, snapshot, err
		}
		if meaning, err = identity.MeaningOf(v.keys, found[v.keys.ID], found[v.keys.Address], false); err != nil {
			return nil, meaning, snapshot, err
		}
		if snapshot, err = v.state(ctx, meaning.Subject); err != nil || snapshot.Into == "" {
			return found, meaning, snapshot, err
		}
	}
	return nil, meaning, snapshot, errUnreadable
}

// state reads the state of a data subject who is known by an alias.
func (v *view) state(ctx context.Context, id privacy.SubjectID) (standing.Snapshot, error) {
	if id == "" {
		return standing.Snapshot{State: standing.Unknown}, nil
	}
	snapshot, found, err := v.in.Subjects.State(ctx, id)
	if err == nil && !found { // cannot happen: alias and state are written together and expire together
		err = errUnreadable
	}
	return snapshot, err
}

// mayLearn decides what becomes of the id of a call whose address alone is known: the data subject learns it, unless they have another id of the
// same client. Then two people share the address (threat T27).
func (v *view) mayLearn(ctx context.Context, m identity.Meaning, snapshot standing.Snapshot, address subject.Alias) (identity.Meaning, error) {
	other, ids, err := identity.UsesAnID(ctx, v.in.Subjects, snapshot.Aliases, v.who.Client)
	if err != nil {
		return m, err
	}
	if other {
		return identity.MeaningOf(v.keys, subject.Alias{}, address, true)
	}
	if ids >= subject.Most && !v.knows {
		return m, errTooManyIDs
	}
	return m, nil
}

var (
	errTooManyIDs   = fault.New(fault.Exhausted, "A data subject may have at most 10 ids.")
	errUnreadable   = fault.New(fault.Unavailable, "The state of the data subject cannot be read. Try again.")
	errTooManyShare = fault.New(fault.Exhausted, "At most 10 data subjects may share an address.")
)

// learnt returns an alias that comes to stand for the data subject. was is what is on record of it: nothing, or an address that was taken away from
// somebody not long ago.
func (v *view) learnt(was subject.Alias, key string) identity.AliasChange {
	was.Key = key
	is := was
	if is.Client = v.who.Client; subject.IsAddress(key) {
		is.Spelling, is.Typed = v.who.Address.Spelling, false
	}
	return identity.AliasChange{From: was, To: is}
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
	v.id, v.snapshot, v.learns, v.shared = t.Subject, done.After, nil, nil
	for _, put := range t.Puts[:done.Puts] {
		if put.Category == privacy.Account {
			account := accountOf(put.Record)
			account.EndedAt = put.EndedAt
			v.stored[key{privacy.Account, put.ID}] = stored{Found: Found{OccurredAt: put.OccurredAt, Hash: put.Hash}, account: account}
		}
	}
}
