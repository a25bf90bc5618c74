package identitytest

import (
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Addresses are the cases of attaching and detaching addresses.
var Addresses = Cases{
	"attach and detach": func(r *Rig) {
		anna := r.Record("crm/1", "old")
		r.days(1)
		if got := r.puts("crm/1", false, "old", "new"); got.Attached != 1 || got.Detached != 0 || got.Addresses != 2 || last(got) == "" {
			r.Errorf("attached: %+v", got)
		}
		r.stands("new", anna)
		r.waits("new")
		if r.alias("new").Client != "crm" || !r.alias("old").AttachedAt.IsZero() {
			r.Errorf("the new address is %+v, the old one waits since %v", r.alias("new"), r.alias("old").AttachedAt)
		}
		if got := r.puts("crm/1", false, "new"); got.Attached != 0 || got.Detached != 1 || got.Addresses != 1 {
			r.Errorf("detached: %+v", got)
		}
		r.stands("old")
		r.doubts("old", subject.Detached)
		if gone := r.alias("old"); gone.Spelling != "old@example.org" || gone.From != anna || !gone.ExpiresAt.Equal(r.Clock.Now().AddDate(0, 0, 90)) {
			r.Errorf("the old address is %+v", gone)
		}
		if got := r.puts("crm/1", false, "new"); got.Addresses != 1 || got.Attached+got.Detached+got.Joined+len(got.Changes) != 0 {
			r.Errorf("again: %+v", got)
		}
	},
	"all addresses go": func(r *Rig) {
		anna := r.Record("crm/1", "old")
		if got := r.puts("crm/1", false); got.Detached != 1 || got.Addresses != 0 {
			r.Errorf("%+v", got)
		}
		if s := r.state(anna); s.Primary != "" || len(s.Aliases) != 1 || len(s.Left) != 1 {
			r.Errorf("%+v", s)
		}
		r.puts("crm/1", false, "new")
		if r.state(anna).Primary != r.key("new") {
			r.Errorf("mail goes nowhere")
		}
	},
	"the addresses of other clients stay": func(r *Rig) {
		r.Record("crm/1", "mine")
		r.Record("shop/1", "theirs")
		r.puts("crm/1", true, "mine", "theirs")
		if got := r.puts("crm/1", false); got.Detached != 1 || got.Addresses != 1 {
			r.Errorf("%+v", got)
		}
		r.stands("mine")
		if is := r.alias("theirs"); len(is.Subjects) != 1 || is.Client != "shop" {
			r.Errorf("%+v", is)
		}
	},
	"a spelling that another client states stays theirs": func(r *Rig) {
		r.Record("crm/1", "")
		r.Record("shop/1", "theirs")
		r.puts("crm/1", true, "theirs")
		r.puts("crm/1", false, "Theirs@Example.ORG")
		if is := r.alias("theirs"); is.Client != "shop" || is.Spelling != "Theirs@Example.ORG" {
			r.Errorf("%+v", is)
		}
		if got := r.puts("crm/1", false); got.Detached != 0 {
			r.Errorf("%+v", got)
		}
	},
	"a spelling changes": func(r *Rig) {
		anna := r.Record("crm/1", "anna")
		got := r.puts("crm/1", false, "Anna@example.org", "Anna@Example.org")
		if got.Attached != 0 || got.Detached != 0 || last(got) == "" || r.alias("anna").Spelling != "Anna@Example.org" {
			r.Errorf("%+v, %+v", got, r.alias("anna"))
		}
		r.stands("anna", anna)
		r.tellsOf(last(got))
		renamed, err := r.rename("anna", "ANNA@example.org", false)
		r.must(err)
		if renamed.Attached+renamed.Detached != 0 || r.alias("anna").Spelling != "ANNA@example.org" {
			r.Errorf("%+v, %+v", renamed, r.alias("anna"))
		}
		r.doubts("anna", subject.NoDoubt)
	},
	"the same address twice": func(r *Rig) {
		r.Record("crm/1", "")
		if got := r.puts("crm/1", false, "Anna@example.org", "anna@example.org"); got.Attached != 1 || got.Addresses != 1 {
			r.Errorf("%+v", got)
		}
	},
	"somebody who only typed it is absorbed": func(r *Rig) {
		anna := r.Record("crm/1", "old")
		typed := r.Type("new")
		got := r.puts("crm/1", false, "old", "new")
		if got.Attached != 1 || got.Joined != 0 {
			r.Errorf("%+v", got)
		}
		r.stands("new", anna)
		if s := r.state(typed); s.Into != anna {
			r.Errorf("%+v", s)
		}
		if f := r.state(anna).Formerly; len(f) != 1 || f[0].ID != typed {
			r.Errorf("%v", f)
		}
		r.run(last(got))
		if len(r.rebuilt) != 1 || r.rebuilt[0] != anna {
			r.Errorf("rebuilt: %v", r.names(r.rebuilt))
		}
	},
	"somebody who decided is not absorbed": func(r *Rig) {
		r.Record("crm/1", "old")
		r.must(r.decides(r.Type("new")))
		r.refuses(fault.OfAnother, "crm/1", false, "old", "new")
	},
	"refusals": func(r *Rig) {
		r.Record("crm/1", "anna")
		r.Record("crm/2", "bert")
		r.Record("crm/3", "both")
		r.Record("crm/4", "both")
		r.refuses(fault.NotFound, "crm/9", true, "anna")
		r.refuses(fault.NotFound, "shop/1", true, "anna")
		r.refuses(fault.OfAnother, "crm/1", false, "anna", "bert")
		for _, join := range []bool{false, true} {
			r.refuses(fault.Shared, "crm/1", join, "anna", "both")
		}
		_, err := r.put("crm/1", false, "anna", "new", "bert")
		if f, ok := err.(*fault.Error); !ok || len(f.Fields) != 1 || f.Fields[0].Pointer != "/emails/2" { //nolint:errorlint // the error itself
			r.Errorf("%v", err)
		}
		for _, c := range []struct {
			from, to string
			join     bool
			want     fault.Kind
		}{
			{"nobody", "new", true, fault.NotFound}, {"anna", "bert", false, fault.OfAnother}, {"both", "new", true, fault.Shared}, {"anna", "both", true, fault.Shared},
		} {
			_, err := r.rename(c.from, c.to, c.join)
			r.isKind(err, c.want)
		}
	},
	"at most ten addresses": func(r *Rig) {
		r.Record("crm/1", "")
		var many []string
		for n := range subject.Most {
			many = append(many, fmt.Sprintf("a%d", n))
		}
		if got := r.puts("crm/1", false, many...); got.Addresses != subject.Most {
			r.Errorf("%+v", got)
		}
		r.refuses(fault.Conflict, "crm/1", false, append(many, "onemore")...)
		if got := r.puts("crm/1", false, append(many[1:], "another")...); got.Addresses != subject.Most || got.Detached != 1 {
			r.Errorf("%+v", got)
		}
	},
	"so many addresses were detached that the next is refused": func(r *Rig) {
		r.Record("crm/1", "")
		for n := range 31 {
			r.puts("crm/1", false, fmt.Sprintf("a%d", n))
		}
		r.refuses(fault.Conflict, "crm/1", false, "onemore")
		r.days(90)
		r.puts("crm/1", false, "onemore")
	},
	"rename": func(r *Rig) {
		anna := r.Record("crm/1", "old")
		got, err := r.rename("old", "new", false)
		r.must(err)
		if got.Attached != 1 || got.Detached != 1 || got.Addresses != 1 {
			r.Errorf("%+v", got)
		}
		r.stands("new", anna)
		r.stands("old")
		r.tellsOf(last(got), "new:added", "old:other")
		_, err = r.rename("old", "new", false)
		r.isKind(err, fault.NotFound)
		back, err := r.rename("new", "old", false)
		r.must(err)
		r.doubts("old", subject.NoDoubt)
		r.waits("old")
		r.tellsOf(last(back), "new:other", "old:added")
	},
	"everything expires together": func(r *Rig) {
		anna := r.Record("crm/1", "old")
		r.puts("crm/1", false, "old", "new")
		r.must(r.expires(anna, r.Clock.Now().AddDate(0, 2, 0)))
		r.Sound()
		r.Clock.Advance(63 * 24 * time.Hour)
		for _, name := range []string{"old", "new", "crm/1"} {
			if is := r.alias(name); is.Key != "" {
				r.Errorf("%s outlives: %+v", name, is)
			}
		}
	},
}
