package identitytest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Crash is an act that a crash may cut short.
type Crash struct {
	Before func(r *Rig)
	Act    func(r *Rig) error
	// Gone is the answer to the act once it has taken effect, which its caller may not have learnt; empty if it is the same answer again.
	Gone fault.Kind
}

// Crashes are the acts, by name.
var Crashes = map[string]Crash{
	"attaching": {
		Before: func(r *Rig) { r.Record("crm/1", "old"); r.Type("typed") },
		Act:    func(r *Rig) error { _, err := r.put("crm/1", false, "old", "new", "typed"); return err },
	},
	"detaching": {
		Before: func(r *Rig) {
			r.Record("crm/1", "both")
			r.Record("crm/2", "both")
			r.puts("crm/1", false, "both", "mine")
		},
		Act: func(r *Rig) error { _, err := r.put("crm/1", false); return err },
	},
	"renaming": {
		Before: func(r *Rig) { r.Record("crm/1", "old") },
		Act:    func(r *Rig) error { _, err := r.rename("old", "new", false); return err },
		Gone:   fault.NotFound,
	},
	"joining": {
		Before: func(r *Rig) {
			r.Record("crm/1", "anna")
			r.Record("crm/2", "bert")
			r.Record("crm/3", "carl")
			r.Record("shop/4", "carl")
		},
		Act: func(r *Rig) error { _, err := r.put("crm/1", true, "anna", "bert", "new"); return err },
	},
	"taking back": {
		Before: func(r *Rig) {
			r.Record("crm/1", "anna")
			r.Record("crm/2", "bert")
			r.puts("crm/1", true, "anna", "bert")
		},
		Act:  func(r *Rig) error { _, err := r.separate("bert"); return err },
		Gone: fault.NotFound,
	},
	"contesting": {
		Before: func(r *Rig) { r.Record("crm/1", "old"); r.puts("crm/1", false, "old", "new") },
		Act: func(r *Rig) error {
			change := r.entries("addresses_changed")[0].ID
			err := r.Holder.Contest(r.Context(), change, r.proof("old"))
			if err == nil || fault.KindOf(err) == fault.NotFound {
				if failed := r.Consequences.Run(r.Context(), change); failed != nil {
					return failed
				}
			}
			return err
		},
		Gone: fault.NotFound,
	},
	"releasing": {
		Before: func(r *Rig) {
			r.Record("crm/1", "old")
			r.contest(last(r.puts("crm/1", false, "old", "new")), "old")
		},
		Act: func(r *Rig) error {
			if err := r.Release(r.Context(), system, r.key("new")); err != identity.ErrNotFrozen { //nolint:errorlint // the error itself
				return err
			}
			return nil
		},
	},
	"what follows": {
		Before: func(r *Rig) { r.Record("crm/1", "old"); r.Type("new") },
		Act: func(r *Rig) error {
			result, err := r.put("crm/1", false, "old", "new")
			if err != nil {
				return err
			}
			change := last(result)
			if change == "" { // the act took effect, and its answer was lost
				change = r.entries("addresses_changed")[0].ID
			}
			return r.Consequences.Run(r.Context(), change)
		},
	},
}

// Sweep cuts an act short before or after each call of its store, and after each call of what follows from it, and repeats it. What is on record then
// is what is on record after an act that nothing has cut short, and everybody was told whom it would have told (fault F03).
func (c Crash) Sweep(t *testing.T, open func(t *testing.T) (Store, Clock), points func(all []int) []int) {
	whole, calls := c.run(t, open, -1, false)
	if calls < 2 {
		t.Fatalf("the act has %d calls", calls)
	}
	var all []int
	for at := range 2 * calls {
		all = append(all, at)
	}
	for _, at := range points(all) {
		if got, _ := c.run(t, open, at/2, at%2 == 1); got != whole {
			t.Errorf("cut short at call %d of %d, done: %t:\n%s\nnot\n%s", at/2, calls, at%2 == 1, got, whole)
		}
	}
}

// run carries out the act with one call that fails, then repeats it. It returns what is on record and who was told, and how many calls it took.
func (c Crash) run(t *testing.T, open func(t *testing.T) (Store, Clock), at int, done bool) (dump string, calls int) {
	t.Helper()
	store, clock := open(t)
	r := New(t, store, clock)
	c.Before(r)
	f := &faulty{Store: store, at: -1}
	r.on(f)
	r.interrupted(f)
	f.calls, f.at, f.done = 0, at, done
	err := c.Act(r)
	if calls = f.calls; at >= 0 {
		if err == nil {
			t.Errorf("call %d of %d failed, and the act did not", at, f.calls)
		}
		f.at = -1
		if err = c.Act(r); fault.KindOf(err) == c.Gone {
			err = nil
		}
	}
	if err != nil {
		t.Errorf("cut short at call %d: %v", at, err)
	}
	r.Sound()
	r.mu.Lock()
	told, cuts := slices.Sorted(maps.Keys(r.toldOf())), slices.Compact(slices.Sorted(slices.Values(r.cuts)))
	r.mu.Unlock()
	for _, who := range told {
		dump += "told " + who + "\n"
	}
	for _, name := range cuts {
		dump += "cut " + name + "\n"
	}
	return dump + r.Dump(), calls
}

// toldOf returns who was told, by address.
func (r *Rig) toldOf() map[string]bool {
	all := map[string]bool{}
	for who, roles := range r.tells {
		address, _, _ := strings.Cut(who, " ")
		all[address+" "+string(roles[0])] = true
	}
	return all
}

// interrupted lets what follows from an act fail like a store.
func (r *Rig) interrupted(f *faulty) {
	q := r.Consequences
	cut, tell, rebuild := q.Cut, q.Tell, q.Rebuild
	q.Cut = func(ctx context.Context, c identity.Cut, at time.Time) error {
		return f.call(func() error { return cut(ctx, c, at) })
	}
	q.Tell = func(ctx context.Context, to identity.Told, c identity.Change) error {
		return f.call(func() error { return tell(ctx, to, c) })
	}
	q.Rebuild = func(ctx context.Context, id privacy.SubjectID) (again time.Time, err error) {
		err = f.call(func() error { again, err = rebuild(ctx, id); return err })
		return again, err
	}
}

// faulty is a store of which one call fails, before it is done or after.
type faulty struct {
	Store
	calls int
	at    int // which call fails; -1 if none does
	done  bool
}

func (f *faulty) call(do func() error) error {
	fails := f.calls == f.at
	if f.calls++; fails && !f.done {
		return errBroken
	}
	err := do()
	if fails {
		return errBroken
	}
	return err
}

func (f *faulty) Aliases(ctx context.Context, keys ...string) (found map[string]subject.Alias, err error) {
	err = f.call(func() error { found, err = f.Store.Aliases(ctx, keys...); return err })
	return found, err
}

func (f *faulty) State(ctx context.Context, id privacy.SubjectID) (s standing.Snapshot, found bool, err error) {
	err = f.call(func() error { s, found, err = f.Store.State(ctx, id); return err })
	return s, found, err
}

func (f *faulty) Commit(ctx context.Context, t identity.Transaction) (lost bool, err error) {
	err = f.call(func() error { lost, err = f.Store.Commit(ctx, t); return err })
	return lost, err
}

func (f *faulty) LoadChange(ctx context.Context, id string) (c identity.Change, found bool, err error) {
	err = f.call(func() error { c, found, err = f.Store.LoadChange(ctx, id); return err })
	return c, found, err
}

func (f *faulty) SaveChange(ctx context.Context, c identity.Change) (lost bool, err error) {
	err = f.call(func() error { lost, err = f.Store.SaveChange(ctx, c); return err })
	return lost, err
}

func (f *faulty) LoadContestable(ctx context.Context, mailbox, id string) (c identity.Contestable, found bool, err error) {
	err = f.call(func() error { c, found, err = f.Store.LoadContestable(ctx, mailbox, id); return err })
	return c, found, err
}

func (f *faulty) Contest(ctx context.Context, c identity.Change, mailbox string) (lost bool, err error) {
	err = f.call(func() error { lost, err = f.Store.Contest(ctx, c, mailbox); return err })
	return lost, err
}
