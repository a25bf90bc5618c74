package identitytest

import (
	"errors"
	"fmt"
	"sync"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// atOnce does several things at once. Each is repeated while its answer is that others kept changing the same data, as its caller does.
func (r *Rig) atOnce(acts ...func() error) {
	r.Helper()
	var all sync.WaitGroup
	for n, act := range acts {
		all.Go(func() {
			err := act()
			for tries := 0; fault.KindOf(err) == fault.Conflict && tries < 20; tries++ {
				err = act()
			}
			if err != nil {
				r.Errorf("act %d: %v", n, err)
			}
		})
	}
	all.Wait()
}

// puttingFor is [Rig.put] as one of the acts of [Rig.atOnce].
func (r *Rig) puttingFor(id string, join bool, emails ...string) func() error {
	for _, email := range emails {
		r.key(email)
	}
	return func() error { _, err := r.put(id, join, emails...); return err }
}

// allowing returns an act that may also be refused as one of the kinds say, because another act took effect before it.
func allowing(act func() error, kinds ...fault.Kind) func() error {
	return func() error {
		err := act()
		for _, kind := range kinds {
			if err != nil && fault.KindOf(err) == kind {
				return nil
			}
		}
		return err
	}
}

// Races are acts at once, by name.
var Races = map[string]func(r *Rig){
	"two clients attach": func(r *Rig) {
		anna := r.Record("crm/1", "anna")
		r.Record("shop/1", "shop")
		r.puts("crm/1", true, "anna", "shop")
		var acts []func() error
		for n := range 4 {
			client := []string{"crm/1", "shop/1"}[n%2]
			acts = append(acts, r.puttingFor(client, false, []string{"anna", "shop"}[n%2], fmt.Sprintf("%s-new", client[:3])))
		}
		r.atOnce(acts...)
		for _, name := range []string{"anna", "shop", "crm-new", "sho-new"} {
			r.stands(name, anna)
		}
	},
	"two want the same address": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.Record("crm/2", "bert")
		r.atOnce(allowing(r.puttingFor("crm/1", false, "anna", "new"), fault.OfAnother), allowing(r.puttingFor("crm/2", false, "bert", "new"), fault.OfAnother))
		if is := r.alias("new"); len(is.Subjects) != 1 {
			r.Errorf("%+v", is)
		}
	},
	"both join the other": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.Record("shop/1", "bert")
		r.atOnce(r.puttingFor("crm/1", true, "anna", "bert"), r.puttingFor("shop/1", true, "anna", "bert"))
		if one, other := r.alias("anna").Subject(), r.alias("bert").Subject(); one == "" || one != other || len(r.state(one).Formerly) != 1 {
			r.Errorf("%s, %s", one, other)
		}
	},
	"a chain at once": func(r *Rig) {
		var acts []func() error
		for n := range 4 {
			r.Record(fmt.Sprintf("crm/%d", n), fmt.Sprintf("a%d", n))
		}
		for n := range 3 {
			acts = append(acts, func() error { _, err := r.rename(fmt.Sprintf("a%d", n), fmt.Sprintf("a%d", n+1), true); return err })
		}
		for n := range acts {
			acts[n] = allowing(acts[n], fault.NotFound)
		}
		r.atOnce(acts...)
	},
	"an address is attached to somebody who is joined": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.Record("shop/1", "bert")
		r.atOnce(r.puttingFor("crm/1", true, "anna", "bert"), r.puttingFor("shop/1", false, "bert", "new"))
		if anna := r.alias("anna").Subject(); !r.alias("new").Belongs(anna) || !r.alias("bert").Belongs(anna) {
			r.Errorf("%+v, %+v", r.alias("new"), r.alias("bert"))
		}
	},
	"an address is shared while another is attached": func(r *Rig) {
		anna := r.Record("crm/1", "both")
		r.atOnce(r.puttingFor("crm/1", false, "both", "new"), func() error { r.Record("crm/2", "both"); return nil })
		if is := r.alias("both"); len(is.Subjects) != 2 || !is.Belongs(anna) {
			r.Errorf("%+v", is)
		}
		r.stands("new", anna)
		r.must(r.expires(anna, r.Clock.Now().AddDate(3, 0, 0))) // which fails if the state does not know that it shares
	},
	"an address is shared while it is taken away": func(r *Rig) {
		r.Record("crm/1", "both")
		var bert subject.Alias
		r.atOnce(r.puttingFor("crm/1", false), func() error { r.Record("crm/2", "both"); return nil })
		if bert = r.alias("both"); bert.Subject() == "" || bert.Doubt(r.Clock.Now()) != subject.Detached {
			r.Errorf("%+v", bert)
		}
	},
	"a join is taken back while an address is attached": func(r *Rig) {
		anna, bert := r.Record("crm/1", "anna"), r.Record("shop/1", "bert")
		r.puts("crm/1", true, "anna", "bert")
		r.atOnce(func() error { _, err := r.separate("shop/1"); return err }, r.puttingFor("shop/1", false, "bert", "new"))
		if is := r.alias("new"); !is.Belongs(anna) && !is.Belongs(bert) {
			r.Errorf("%+v", is)
		}
		r.stands("bert", bert)
	},
	"everybody expires meanwhile": func(r *Rig) {
		anna := r.Record("crm/1", "anna")
		bert := r.Record("crm/2", "bert")
		expire := func(years int) func() error {
			return func() error { return r.expires(anna, r.Clock.Now().AddDate(years, 0, 0)) }
		}
		r.atOnce(expire(2), r.puttingFor("crm/1", false, "anna", "new"), expire(3), allowing(r.puttingFor("crm/2", true, "bert", "anna"), fault.Conflict),
			func() error { return r.expires(bert, r.Clock.Now().AddDate(4, 0, 0)) })
	},
	"a freeze beside a detach": func(r *Rig) {
		r.Record("crm/1", "old")
		change := last(r.puts("crm/1", false, "old", "new"))
		r.must(r.Holder.Contest(r.Context(), change, r.proof("old")))
		r.atOnce(func() error { return r.Consequences.Run(r.Context(), change) }, r.puttingFor("crm/1", false, "old"))
		if is := r.alias("new"); len(is.Subjects) != 0 {
			r.Errorf("%+v", is)
		}
	},
	"typed while it is joined": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.Record("crm/2", "bert")
		until := r.Clock.Now().AddDate(2, 0, 0)
		r.atOnce(r.puttingFor("crm/1", true, "anna", "bert"), func() error { return r.Store.Type(r.Context(), r.key("bert"), until) },
			func() error { return r.Store.Type(r.Context(), r.key("anna"), until) })
		if is := r.alias("bert"); !is.ExpiresAt.Equal(until) || is.Subject() != r.alias("anna").Subject() {
			r.Errorf("%+v", is)
		}
	},
	"two contest": func(r *Rig) {
		r.Record("crm/1", "one")
		r.puts("crm/1", false, "one", "two")
		change := last(r.puts("crm/1", false, "one", "two", "new"))
		contest := func(name string) func() error {
			return func() error {
				if err := r.Holder.Contest(r.Context(), change, r.proof(name)); err != nil {
					return errors.Join(err, fmt.Errorf("of %s", name))
				}
				return r.Consequences.Run(r.Context(), change)
			}
		}
		r.atOnce(contest("one"), contest("two"), func() error { return r.Consequences.Run(r.Context(), change) })
		r.run(change)
		r.doubts("new", subject.Frozen)
	},
}

// Largest does the largest acts that are possible: somebody with ten addresses, ten ids and thirty detached addresses, to whom five others are joined.
func (r *Rig) Largest() {
	r.Helper()
	r.Record("crm/1", "")
	for n := range 5 {
		var mine []string
		for k := range 6 {
			mine = append(mine, fmt.Sprintf("gone-%d-%d", n, k))
		}
		r.puts("crm/1", false, mine...)
	}
	r.puts("crm/1", false)
	var emails []string
	for n := range 5 {
		email := fmt.Sprintf("a%d", n)
		r.Record(fmt.Sprintf("s%d/1", n), email)
		emails = append(emails, email)
		r.puts(fmt.Sprintf("s%d/1", n), false, email, email+"-b")
		emails = append(emails, email+"-b")
	}
	r.puts("crm/1", true, emails...)
	_, err := r.rename(emails[0], "next", false)
	r.isKind(err, fault.Conflict) // one more address would be detached
}
