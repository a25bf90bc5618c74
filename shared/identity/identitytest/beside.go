package identitytest

import (
	"context"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Acts are acts on the people of [Rig.Town], by name, each of which may come between two calls of another.
var Acts = map[string]func(r *Rig) error{
	"attach":                putting("crm/1", false, "anna", "carl", "new"),
	"attach elsewhere":      putting("shop/1", false, "bert", "new"),
	"attach typed":          putting("crm/1", false, "anna", "carl", "typed"),
	"detach":                putting("crm/1", false),
	"detach shared":         putting("crm/3", false),
	"join":                  putting("crm/1", true, "anna", "carl", "bert"),
	"join the other":        putting("shop/1", true, "bert", "anna"),
	"rename":                func(r *Rig) error { _, err := r.rename("anna", "new", false); return err },
	"rename and join":       func(r *Rig) error { _, err := r.rename("anna", "bert", true); return err },
	"separate":              func(r *Rig) error { _, err := r.separate("carl"); return err },
	"share":                 func(r *Rig) error { r.Record("crm/5", "anna"); return nil },
	"share once more":       func(r *Rig) error { r.Record("crm/6", "both"); return nil },
	"attach to who is left": putting("crm/8", false, "left", "more"),
	"share what is left":    func(r *Rig) error { r.Record("crm/10", "left"); return nil },
	"expire who is left":    func(r *Rig) error { return r.expires(r.people[6], r.Clock.Now().AddDate(6, 0, 0)) },
	"become known":          func(r *Rig) error { r.Record("crm/7", "new"); return nil },
	"decide":                func(r *Rig) error { return r.decides(r.people[5]) },
	"type":                  func(r *Rig) error { return r.Store.Type(r.Context(), r.key("anna"), r.Clock.Now().AddDate(4, 0, 0)) },
	"expire":                func(r *Rig) error { return r.expires(r.people[0], r.Clock.Now().AddDate(3, 0, 0)) },
	"expire the shared":     func(r *Rig) error { return r.expires(r.people[3], r.Clock.Now().AddDate(5, 0, 0)) },
	"contest": func(r *Rig) error {
		change := r.entries("subjects_joined")[0].ID
		if err := r.Holder.Contest(r.Context(), change, r.proof("carl")); err != nil {
			return err
		}
		return r.Consequences.Run(r.Context(), change)
	},
}

func putting(id string, join bool, emails ...string) func(r *Rig) error {
	return func(r *Rig) error { _, err := r.put(id, join, emails...); return err }
}

// Town makes people known: anna, to whom carl was joined; bert; two who share an address; one who was only typed; one who is left behind an address,
// because the data of the other has expired.
func (r *Rig) Town() {
	r.Helper()
	r.Record("crm/1", "anna")
	r.Record("shop/2", "carl")
	r.Record("shop/1", "bert")
	r.Record("crm/3", "both")
	r.Record("crm/4", "both")
	r.Type("typed")
	r.Record("crm/8", "left")
	r.must(r.expires(r.Record("crm/9", "left"), r.Clock.Now().AddDate(0, 0, 1)))
	r.days(1)
	r.puts("crm/1", true, "anna", "carl")
}

// Beside does an act, and another one before its call with the number given. It reports whether the act has as many calls.
func (r *Rig) Beside(act, other string, at int) bool {
	r.Helper()
	between := &between{Store: r.Store, left: at}
	between.do = func() {
		r.on(r.Store)
		r.may(other)
	}
	r.on(between)
	r.may(act)
	r.on(r.Store)
	if typed := r.state(r.people[5]); typed.Into != "" && typed.Marketing == standing.Withdrawn {
		r.Errorf("somebody who had decided was joined without a word")
	}
	return between.left < 0
}

// may does an act, which may be refused.
func (r *Rig) may(act string) {
	r.Helper()
	err := Acts[act](r)
	refusals := []fault.Kind{fault.NotFound, fault.OfAnother, fault.Shared, fault.Conflict}
	if err != nil && !slices.Contains(refusals, fault.KindOf(err)) {
		r.Errorf("%s: %v", act, err)
	}
}

// between is a store before one call of which something else is done.
type between struct {
	Store
	left int
	do   func()
}

func (b *between) call() {
	if b.left--; b.left == -1 {
		b.do()
	}
}

func (b *between) Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error) {
	b.call()
	return b.Store.Aliases(ctx, keys...)
}

func (b *between) State(ctx context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error) {
	b.call()
	return b.Store.State(ctx, id)
}

func (b *between) Commit(ctx context.Context, t identity.Transaction) (lost bool, err error) {
	b.call()
	return b.Store.Commit(ctx, t)
}

func (b *between) SaveChange(ctx context.Context, c identity.Change) (lost bool, err error) {
	b.call()
	return b.Store.SaveChange(ctx, c)
}

func (b *between) Contest(ctx context.Context, c identity.Change, mailbox string) (lost bool, err error) {
	b.call()
	return b.Store.Contest(ctx, c, mailbox)
}

// EachBeside yields every pair of acts.
func EachBeside(yield func(act, other string) bool) {
	for act := range Acts {
		for other := range Acts {
			if !yield(act, other) {
				return
			}
		}
	}
}
