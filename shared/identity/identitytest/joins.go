package identitytest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Joins are the cases of data subjects who turn out to be one person, and of taking that back.
var Joins = Cases{
	"join": func(r *Rig) {
		anna, other := r.Record("crm/1", "anna"), r.Record("shop/1", "other")
		r.must(r.expires(other, time.Time{}))
		r.must(r.expires(other, r.Clock.Now().AddDate(4, 0, 0)))
		higher := r.state(other).Version
		r.days(1)
		got := r.puts("crm/1", true, "anna", "other")
		if got.Joined != 1 || got.Attached != 0 || got.Addresses != 2 {
			r.Errorf("%+v", got)
		}
		for _, name := range []string{"anna", "other", "crm/1", "shop/1"} {
			r.stands(name, anna)
			if f := r.alias(name).Formerly; len(f) != 1 || f[0] != (subject.Former{ID: other, At: r.Clock.Now()}) {
				r.Errorf("%s: formerly %v", name, f)
			}
		}
		r.waits("anna")
		r.waits("other")
		stay, gone := r.state(anna), r.state(other)
		if stay.Version <= higher || gone.Version != stay.Version || gone.Into != anna || stay.Primary != r.key("anna") {
			r.Errorf("%+v, %+v", stay, gone)
		}
		r.run(last(got))
		if !slices.Equal(r.rebuilt, []privacy.SubjectID{anna}) {
			r.Errorf("rebuilt: %v", r.names(r.rebuilt))
		}
		slices.Sort(r.cuts)
		if !slices.Equal(slices.Compact(r.cuts), []string{"anna", "other"}) {
			r.Errorf("cut: %v", r.cuts)
		}
	},
	"rename joins whoever has the new address": func(r *Rig) {
		goes, stays := r.Record("crm/1", "old"), r.Record("crm/2", "new")
		got, err := r.rename("old", "new", true)
		r.must(err)
		if got.Joined != 1 || got.Detached != 1 || got.Attached != 0 {
			r.Errorf("%+v", got)
		}
		r.stands("new", stays)
		r.stands("old")
		if r.state(goes).Into != stays {
			r.Errorf("%+v", r.state(goes))
		}
	},
	"somebody without an address gets one": func(r *Rig) {
		anna := r.Record("crm/1", "")
		r.Record("shop/1", "other")
		r.puts("crm/1", true, "other")
		if r.state(anna).Primary != r.key("other") {
			r.Errorf("%+v", r.state(anna))
		}
	},
	"up to five in one call": func(r *Rig) {
		r.Record("crm/0", "a0")
		for n := range 6 {
			r.Record(fmt.Sprintf("shop/%d", n), fmt.Sprintf("b%d", n))
		}
		if got := r.puts("crm/0", true, "a0", "b0", "b1", "b2", "b3", "b4"); got.Joined != 5 || got.Addresses != 6 {
			r.Errorf("%+v", got)
		}
		r.refuses(fault.Conflict, "crm/0", true, "a0", "b0", "b1", "b2", "b3", "b4", "b5")
	},
	"a chain": func(r *Rig) {
		var ids []privacy.SubjectID
		for n := range 6 {
			ids = append(ids, r.Record(fmt.Sprintf("crm/%d", n), fmt.Sprintf("a%d", n)))
		}
		for n := range 5 {
			r.days(1)
			if got := r.puts(fmt.Sprintf("crm/%d", n+1), true, fmt.Sprintf("a%d", n+1), fmt.Sprintf("a%d", n)); got.Joined != 1 {
				r.Errorf("%d: %+v", n, got)
			}
		}
		last := ids[5]
		r.stands("crm/0", last)
		if s := r.state(last); len(s.Formerly) != 5 || r.state(ids[0]).Into != ids[1] {
			r.Errorf("%+v", s)
		}
		for n := 4; n >= 0; n-- { // the last to be joined is the first to be taken back, with everybody who came with them
			_, err := r.separate("crm/0")
			r.must(err)
			r.Sound()
			r.stands("crm/0", ids[n])
		}
		_, err := r.separate("crm/0")
		r.isKind(err, fault.NotFound)
	},
	"too many aliases": func(r *Rig) {
		r.Record("crm/1", "")
		r.Record("shop/1", "x")
		var mine, theirs []string
		for n := range 6 {
			mine, theirs = append(mine, fmt.Sprintf("m%d", n)), append(theirs, fmt.Sprintf("t%d", n))
		}
		r.puts("crm/1", false, mine...)
		r.puts("shop/1", false, theirs...)
		r.refuses(fault.Conflict, "crm/1", true, append(mine, "t0")...)
	},
	"what both have denied, and a contract of either": func(r *Rig) {
		anna := r.create("crm/1", "anna", standing.State{Contract: standing.Running, AccountData: true, Latest: r.year()}, time.Time{})
		other := r.create("crm/2", "other", standing.State{Contract: standing.NoContract, Marketing: standing.Withdrawn, Latest: r.year(),
			Proof: standing.Proof{Until: r.year(), Version: 1}}, r.year())
		r.puts("crm/2", true, "anna", "other")
		if s := r.state(other); s.Contract != standing.Running || s.Marketing != standing.Withdrawn || !s.ExpiresAt.IsZero() {
			r.Errorf("%+v", s)
		}
		if s := r.state(anna); s.Marketing != standing.NoChoice || !s.ExpiresAt.IsZero() {
			r.Errorf("%+v", s)
		}
		_, err := r.separate("crm/1")
		r.must(err)
		if s := r.state(anna); s.Contract != standing.Running || !s.ExpiresAt.IsZero() {
			r.Errorf("%+v", s)
		}
	},
	"taken back": func(r *Rig) {
		anna, other := r.Record("crm/1", "anna"), r.Record("shop/1", "other")
		r.puts("crm/1", true, "anna", "other")
		r.days(3)
		got, err := r.separate("shop/1")
		r.must(err)
		r.stands("other", other)
		r.stands("shop/1", other)
		r.stands("anna", anna)
		stay, gone := r.state(anna), r.state(other)
		if len(stay.Formerly) != 0 || gone.Into != "" || gone.Version != stay.Version || got.Addresses != 1 || gone.Primary != r.key("other") {
			r.Errorf("%+v, %+v, %+v", got, stay, gone)
		}
		r.run(last(got))
		slices.Sort(r.cuts)
		if !slices.Equal(r.rebuilt, []privacy.SubjectID{anna, other}) || !slices.Equal(slices.Compact(r.cuts), []string{"anna", "other"}) {
			r.Errorf("rebuilt %v, cut %v", r.names(r.rebuilt), r.cuts)
		}
		_, err = r.separate("shop/1")
		r.isKind(err, fault.NotFound)
		r.puts("crm/1", true, "anna", "other")
		r.stands("shop/1", anna)
	},
	"taken back by its address, after one was taken away and one attached": func(r *Rig) {
		anna, other := r.Record("crm/1", "anna"), r.Record("shop/1", "other")
		r.puts("shop/1", false, "other", "second")
		r.puts("crm/1", true, "anna", "other", "second")
		r.puts("shop/1", false, "other", "third") // takes the second away; the third comes to whoever stayed
		_, err := r.separate("other")
		r.must(err)
		r.stands("other", other)
		r.stands("third", anna)
		r.stands("second")
	},
	"taken back where both had used one address": func(r *Rig) {
		anna, other := r.Record("crm/1", "both"), r.Record("crm/2", "both")
		r.Record("crm/3", "third")
		r.puts("crm/2", false, "both", "bert")
		r.puts("crm/1", true, "both", "bert")
		r.stands("both", anna)
		r.doubts("both", subject.NoDoubt)
		r.puts("crm/1", true, "both", "bert", "third")
		_, err := r.separate("crm/2")
		r.must(err)
		r.stands("both", anna, other)
		r.stands("bert", other)
		r.doubts("both", subject.Shared)
	},
	"taken back where a third one uses an address": func(r *Rig) {
		anna, other, third := r.Record("crm/1", "anna"), r.Record("crm/2", "both"), r.Record("crm/3", "both")
		r.puts("crm/2", false, "both", "bert")
		r.puts("crm/1", true, "anna", "bert", "both")
		r.stands("both", anna, third)
		_, err := r.separate("crm/2")
		r.must(err)
		r.stands("both", other, third)
	},
	"nothing to take back": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.Record("crm/2", "both")
		r.Record("crm/3", "both")
		for _, name := range []string{"crm/1", "anna", "crm/9", "nobody", "both"} {
			_, err := r.separate(name)
			r.isKind(err, fault.NotFound)
		}
		_, err := r.Separate(r.Context(), system, subject.Named{Client: "crm"}, nil)
		r.isKind(err, fault.NotFound)
	},
	"what was denied since is carried over first": func(r *Rig) {
		anna, other := r.Record("crm/1", "anna"), r.Record("crm/2", "other")
		r.puts("crm/1", true, "anna", "other")
		at := r.Clock.Now()
		r.days(1)
		carried := 0
		carry := func(_ context.Context, from privacy.SubjectID, to subject.Former) error {
			if carried++; from != anna || to != (subject.Former{ID: other, At: at}) {
				r.Errorf("from %v to %+v", r.names([]privacy.SubjectID{from}), to)
			}
			return errBroken
		}
		if _, err := r.Separate(r.Context(), system, named("crm/2"), carry); err != errBroken || carried != 1 { //nolint:errorlint // the error itself
			r.Errorf("%v", err)
		}
		r.stands("other", anna)
	},
	"each act of a call is a change, by which links die at once": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.Record("crm/2", "bert")
		r.Record("crm/3", "carl")
		got := r.puts("crm/1", true, "anna", "bert", "carl", "new")
		if len(got.Changes) != 3 {
			r.Errorf("%v", got.Changes)
		}
		for _, change := range got.Changes {
			r.must(r.Consequences.CutNow(r.Context(), change))
		}
		slices.Sort(r.cuts)
		if !slices.Equal(slices.Compact(r.cuts), []string{"anna", "bert", "carl"}) {
			r.Errorf("%v", r.cuts)
		}
	},
}

// create makes somebody known with a state.
func (r *Rig) create(id, email string, state standing.State, until time.Time) privacy.SubjectID {
	r.Helper()
	n := Newcomer{ID: subject.NewID(), State: state, ExpiresAt: until}
	r.must(r.learns(&n, id, email))
	if lost, err := r.Store.Create(r.Context(), n); lost || err != nil {
		r.Fatalf("%t %v", lost, err)
	}
	r.people = append(r.people, n.ID)
	return n.ID
}
