package identitytest

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Owners are the cases of addresses that change hands, or that several people use (threat T27).
var Owners = Cases{
	"restored within 90 days": func(r *Rig) {
		anna := r.Record("crm/1", "anna")
		r.puts("crm/1", false)
		r.days(89)
		r.doubts("anna", subject.Detached)
		got := r.puts("crm/1", false, "anna")
		r.stands("anna", anna)
		r.doubts("anna", subject.NoDoubt)
		r.waits("anna")
		r.tellsOf(last(got), "anna:added")
	},
	"attached again after 90 days": func(r *Rig) {
		anna := r.Record("crm/1", "anna")
		r.puts("crm/1", false)
		r.days(90)
		if is := r.alias("anna"); is.Key != "" {
			r.Errorf("still on record: %+v", is)
		}
		r.puts("crm/1", false, "anna")
		r.stands("anna", anna)
		r.doubts("anna", subject.NoDoubt)
		if is := r.alias("anna"); !is.DetachedAt.IsZero() || is.From != "" {
			r.Errorf("it remembers: %+v", is)
		}
	},
	"a record of its next owner": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.puts("crm/1", false)
		r.days(1)
		bert := r.Record("crm/2", "anna")
		r.stands("anna", bert)
		r.doubts("anna", subject.Detached)
		r.days(89)
		r.doubts("anna", subject.NoDoubt)
		r.stands("anna", bert)
	},
	"attached to its next owner": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.puts("crm/1", false)
		bert := r.Record("crm/2", "bert")
		r.puts("crm/2", false, "bert", "anna")
		r.stands("anna", bert)
		r.doubts("anna", subject.Detached)
		r.days(90)
		r.doubts("anna", subject.NoDoubt)
	},
	"one of two leaves": func(r *Rig) {
		r.Record("crm/1", "both")
		bert := r.Record("crm/2", "both")
		r.doubts("both", subject.Shared)
		r.days(3)
		got := r.puts("crm/1", false)
		r.stands("both", bert)
		r.waits("both")
		r.doubts("both", subject.Detached)
		r.run(last(got))
		if len(r.cuts) != 1 || r.cuts[0] != "both" {
			r.Errorf("cut: %v", r.cuts)
		}
	},
	"one of three leaves": func(r *Rig) {
		r.Record("crm/1", "all")
		bert, carl := r.Record("crm/2", "all"), r.Record("crm/3", "all")
		r.puts("crm/1", false)
		r.stands("all", bert, carl)
		r.doubts("all", subject.Shared)
	},
	"both leave": func(r *Rig) {
		r.Record("crm/1", "both")
		r.Record("crm/2", "both")
		r.puts("crm/1", false)
		r.puts("crm/2", false)
		r.stands("both")
		r.doubts("both", subject.Detached)
	},
	"a shared address expires with whoever expires last": func(r *Rig) {
		anna := r.Record("crm/1", "both")
		bert := r.Record("crm/2", "both")
		last := r.Clock.Now().AddDate(3, 0, 0)
		r.must(r.expires(bert, last))
		r.Sound()
		r.must(r.expires(anna, r.Clock.Now().AddDate(0, 1, 0)))
		r.Sound()
		r.days(40) // anna's retention is over
		r.Sound()
		r.puts("crm/2", false, "both", "more")
		if is := r.alias("both"); !is.ExpiresAt.Equal(last) {
			r.Errorf("%+v", is)
		}
		r.puts("crm/2", false, "more") // although the other one is gone
		r.stands("both")
	},
	"the data of one of two expires": func(r *Rig) {
		anna, other := r.leftAlone()
		if is := r.alias("both"); len(is.Formerly) != 1 || is.Formerly[0].ID != other {
			r.Errorf("formerly %v", is.Formerly)
		}
		if got := r.puts("crm/1", false, "both", "other"); len(got.Changes) > 0 {
			r.Errorf("nothing has changed: %+v", got)
		}
		_, err := r.rename("both", "new", false)
		r.must(err)
		r.stands("new", anna)
		r.stands("both")
		r.Sound()
	},
	"the data of one of two expires, and a join is taken back": func(r *Rig) {
		anna, other := r.leftAlone()
		_, err := r.separate("shop/1")
		r.must(err)
		r.stands("both", anna)
		r.stands("other", other)
		if is := r.alias("both"); len(is.Formerly) > 0 {
			r.Errorf("formerly %v", is.Formerly)
		}
		r.Sound()
	},
	"the data of one of two expires, and somebody else shares it": func(r *Rig) {
		anna, _ := r.leftAlone()
		carl := r.Record("crm/3", "both")
		r.doubts("both", subject.Shared)
		r.Sound()
		r.puts("crm/1", false, "other")
		r.stands("both", carl)
		r.stands("other", anna)
	},
	"the data of one of two expires, and the other's goes on to move": func(r *Rig) {
		anna, other := r.leftAlone()
		last := r.Clock.Now().AddDate(4, 0, 0)
		r.must(r.expires(anna, last))
		if is := r.alias("both"); is.Subject() != anna || !is.ExpiresAt.Equal(last) || len(is.Formerly) != 1 || is.Formerly[0].ID != other {
			r.Errorf("%+v", is)
		}
		r.Sound()
		r.must(r.expires(anna, time.Time{}))
		r.Sound()
	},
	"the data of one of two expires, and they come back": func(r *Rig) {
		anna := r.Record("crm/1", "both")
		bert := r.Record("crm/2", "both")
		r.must(r.expires(bert, r.Clock.Now().AddDate(0, 0, 1)))
		r.days(1)
		r.puts("crm/1", false, "both", "more") // leaves bert out
		if _, found, err := r.Store.State(r.Context(), bert); err != nil || !found {
			return // deleted at once
		}
		r.must(r.expires(bert, r.year()))
		r.puts("crm/2", false, "bert")
		r.stands("both", anna)
		r.stands("bert", bert)
	},
	"the data of one of two expires, and what is left is frozen and released": func(r *Rig) {
		anna := r.Record("crm/1", "old")
		change := last(r.puts("crm/1", false, "old", "both"))
		bert := r.Record("crm/2", "both")
		r.must(r.expires(bert, r.Clock.Now().AddDate(0, 0, 1)))
		r.days(1)
		r.contest(change, "old")
		r.doubts("both", subject.Frozen)
		r.must(r.Release(r.Context(), system, r.key("both")))
		r.stands("both", anna)
		r.waits("both")
		r.Sound()
		r.puts("crm/1", false, "old", "both", "more")
	},
	"the expiry of a shared address follows a join": func(r *Rig) {
		r.Record("crm/1", "both")
		r.Record("crm/2", "both")
		third := r.Record("crm/3", "third")
		r.must(r.expires(third, r.Clock.Now().AddDate(5, 0, 0)))
		r.puts("crm/1", true, "both", "third")
	},
}

// leftAlone lets Anna, to whom another one was joined, share an address with somebody whose data then expires.
func (r *Rig) leftAlone() (anna, other privacy.SubjectID) {
	r.Helper()
	anna, other = r.Record("crm/1", "both"), r.Record("shop/1", "other")
	bert := r.Record("crm/2", "both")
	r.puts("crm/1", true, "both", "other")
	r.must(r.expires(bert, r.Clock.Now().AddDate(0, 0, 40)))
	r.days(39)
	r.stands("both", anna, bert)
	r.doubts("both", subject.Shared)
	r.Sound()
	r.days(1)
	r.stands("both", anna)
	r.doubts("both", subject.NoDoubt)
	r.waits("both")
	r.Sound()
	return anna, other
}

// Contests are the cases of who is told of a change, and of what they can do about it (threat T33).
var Contests = Cases{
	"the old addresses are told": func(r *Rig) {
		r.Record("crm/1", "one")
		r.tellsOf(last(r.puts("crm/1", false, "one", "two")), "one:other", "two:added")
		r.tellsOf(last(r.puts("crm/1", false, "one", "two", "three")), "one:other", "three:added", "two:other")
		r.tellsOf(last(r.puts("crm/1", false, "one")))
	},
	"detach first, attach later": func(r *Rig) {
		r.Record("crm/1", "old")
		r.puts("crm/1", false)
		r.days(89)
		r.tellsOf(last(r.puts("crm/1", false, "new")), "new:added", "old:other")
		r.days(1)
		r.tellsOf(last(r.puts("crm/1", false, "new", "newer")), "new:other", "newer:added")
	},
	"detach, lend it to somebody else, attach later": func(r *Rig) {
		r.Record("crm/1", "old")
		r.puts("crm/1", false)
		r.Record("crm/2", "old")
		r.puts("crm/2", false)
		r.tellsOf(last(r.puts("crm/1", false, "new")), "new:added", "old:other")
	},
	"detach first, join later": func(r *Rig) {
		r.Record("crm/1", "victim")
		r.puts("crm/1", false, "puppet")
		r.Record("crm/2", "thief")
		got := r.puts("crm/2", true, "thief", "puppet")
		var join identity.Change
		for _, e := range r.entries(audit.SubjectsJoined) {
			join, _, _ = r.Store.LoadChange(r.Context(), e.ID)
		}
		r.tellsOf(join.ID, "puppet:other", "thief:other", "victim:other")
		if got.Joined != 1 {
			r.Errorf("%+v", got)
		}
	},
	"contest, freeze, release": func(r *Rig) {
		anna := r.Record("crm/1", "old")
		change := last(r.puts("crm/1", false, "old", "new"))
		r.run(change)
		r.days(1)
		r.contest(change, "old")
		r.doubts("new", subject.Frozen)
		r.doubts("old", subject.NoDoubt)
		if r.alarms != 1 || r.cuts[len(r.cuts)-1] != "new" || len(r.entries(audit.ChangeContested)) != 1 {
			r.Errorf("%d alarms, cut %v, %v", r.alarms, r.cuts, r.entries(audit.ChangeContested))
		}
		r.isKind(r.Holder.Contest(r.Context(), change, r.proof("old")), fault.NotFound)
		r.run(change)
		if r.alarms != 1 {
			r.Errorf("%d alarms", r.alarms)
		}
		r.days(2)
		r.must(r.Release(r.Context(), system, r.key("new")))
		r.doubts("new", subject.NoDoubt)
		r.waits("new")
		r.stands("new", anna)
		if err := r.Release(r.Context(), system, r.key("new")); err != identity.ErrNotFrozen { //nolint:errorlint // the error itself
			r.Errorf("%v", err)
		}
	},
	"two contest": func(r *Rig) {
		r.Record("crm/1", "one")
		r.puts("crm/1", false, "one", "two")
		change := last(r.puts("crm/1", false, "one", "two", "new"))
		r.run(change)
		r.contest(change, "one")
		at := r.alias("new").FrozenAt
		r.days(1)
		r.contest(change, "two")
		if is := r.alias("new"); !is.FrozenAt.Equal(at) || r.alarms != 1 || len(r.entries(audit.ChangeContested)) != 1 {
			r.Errorf("%+v, %d alarms", is, r.alarms)
		}
	},
	"contested before the mails went out": func(r *Rig) {
		r.Record("crm/1", "old")
		change := last(r.puts("crm/1", false, "old", "new"))
		r.contest(change, "old")
		r.doubts("new", subject.Frozen)
		r.tellsOf(change, "new:added", "old:other")
	},
	"accept": func(r *Rig) {
		r.Record("crm/1", "old")
		change := last(r.puts("crm/1", false, "old", "new"))
		r.isKind(r.Holder.Accept(r.Context(), change, r.proof("new")), fault.NotFound)
		r.must(r.Holder.Accept(r.Context(), change, r.proof("old")))
		r.isKind(r.Holder.Accept(r.Context(), change, r.proof("old")), fault.NotFound)
		r.isKind(r.Holder.Contest(r.Context(), change, r.proof("old")), fault.NotFound)
		r.doubts("new", subject.NoDoubt)
	},
	"only who was told may contest": func(r *Rig) {
		r.Record("crm/1", "old")
		change := last(r.puts("crm/1", false, "old", "new"))
		r.isKind(r.Holder.Contest(r.Context(), change, r.proof("new")), fault.NotFound)
		r.isKind(r.Holder.Contest(r.Context(), change, r.proof("stranger")), fault.NotFound)
		r.isKind(r.Holder.Contest(r.Context(), "no change", r.proof("old")), fault.NotFound)
		r.doubts("new", subject.NoDoubt)
	},
	"a freeze outlives that the address is taken away and attached again": func(r *Rig) {
		r.Record("crm/1", "old")
		change := last(r.puts("crm/1", false, "old", "new"))
		r.contest(change, "old")
		r.puts("crm/1", false, "old")
		r.puts("crm/1", false, "old", "new")
		r.doubts("new", subject.Frozen)
	},
	"taken away before it is contested": func(r *Rig) {
		r.Record("crm/1", "old")
		change := last(r.puts("crm/1", false, "old", "new"))
		r.puts("crm/1", false, "old")
		r.contest(change, "old")
		r.doubts("new", subject.Detached)
		if r.alarms != 1 || len(r.entries(audit.ChangeContested)) != 1 {
			r.Errorf("%d alarms, %v", r.alarms, r.entries(audit.ChangeContested))
		}
	},
	"contested after a join": func(r *Rig) {
		r.Record("crm/1", "victim")
		change := last(r.puts("crm/1", false, "victim", "puppet"))
		r.Record("crm/2", "thief")
		r.puts("crm/2", true, "thief", "victim", "puppet")
		r.contest(change, "victim")
		r.doubts("puppet", subject.Frozen)
	},
	"a join is contested": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.Record("crm/2", "bert")
		change := last(r.puts("crm/1", true, "anna", "bert"))
		r.tellsOf(change, "anna:other", "bert:other")
		r.contest(change, "bert")
		r.doubts("anna", subject.Frozen)
		r.doubts("bert", subject.Frozen)
	},
}

// entries returns the entries of the audit of one act.
func (r *Rig) entries(act audit.Act) (all []audit.Entry) {
	r.Helper()
	entries, err := r.Store.Audited(r.Context())
	r.must(err)
	for _, e := range entries {
		if e.Act == act {
			all = append(all, e)
		}
	}
	return all
}
