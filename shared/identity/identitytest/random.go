package identitytest

import (
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Dice choose one of n.
type Dice func(n int) int

// Random does acts that dice choose, one after the other, and checks after each that aliases and states say the same.
func (r *Rig) Random(acts int, dice Dice) {
	var done []string
	for range acts {
		what := r.random(dice)
		if done = append(done, what); r.unsound() {
			r.Fatalf("after %v", done)
		}
	}
}

// unsound reports whether aliases and states do not say the same, which it has then said.
func (r *Rig) unsound() bool {
	watched := &watch{T: r.T}
	r.T = watched
	r.Sound()
	r.T = watched.T
	return watched.failed
}

// watch notes whether a test has failed.
type watch struct {
	T
	failed bool
}

func (w *watch) Errorf(format string, args ...any) {
	w.Helper()
	w.failed = true
	w.T.Errorf(format, args...)
}

func (r *Rig) random(dice Dice) (what string) {
	r.Helper()
	id := func() string { return fmt.Sprintf("%s/%d", []string{"crm", "shop"}[dice(2)], dice(4)) }
	email := func() string { return fmt.Sprintf("a%d", dice(7)) }
	var err error
	switch dice(9) {
	case 0, 1:
		what = r.send(id(), email(), dice(3))
	case 2:
		a := email()
		if what = "type " + a; len(r.alias(a).Subjects) == 0 {
			r.Type(a)
		}
	case 3, 4:
		who, join := id(), dice(2) == 0
		var emails []string
		for range dice(4) {
			emails = append(emails, email())
		}
		what = fmt.Sprintf("put %s %v join %t", who, emails, join)
		_, err = r.put(who, join, emails...)
	case 5:
		from, to, join := email(), email(), dice(2) == 0
		what = fmt.Sprintf("rename %s %s join %t", from, to, join)
		r.key(from)
		_, err = r.rename(from, to, join)
	case 6:
		name := id()
		if dice(2) == 0 {
			name = email()
		}
		what = "separate " + name
		r.key(name)
		_, err = r.separate(name)
	case 7:
		n := []int{1, 30, 80}[dice(3)]
		what = fmt.Sprintf("%d days", n)
		r.days(n)
	case 8:
		what = r.expire(dice)
	}
	switch fault.KindOf(err) {
	case fault.NotFound, fault.OfAnother, fault.Shared, fault.Conflict:
	default:
		if err != nil {
			r.Errorf("%s: %v", what, err)
		}
	}
	return what
}

// send makes somebody known by an id, by an address that they may share, or by both.
func (r *Rig) send(id, email string, by int) string {
	r.Helper()
	at := r.alias(email)
	switch {
	case by == 0:
		email = ""
	case by == 2 && len(at.Subjects) > 0 || len(at.Subjects) == subject.Most:
		return "nothing"
	case by == 2:
		id = "crm/of " + email
	}
	if len(r.alias(id).Subjects) > 0 {
		return "nothing"
	}
	r.Record(id, email)
	return "send " + id + " " + email
}

// expire changes when one of the living data subjects expires.
func (r *Rig) expire(dice Dice) string {
	r.Helper()
	people := r.people
	if len(people) == 0 {
		return "nothing"
	}
	id := people[dice(len(people))]
	s, lives := r.living()[id]
	if !lives || s.Into != "" {
		return "nothing"
	}
	at := []time.Time{{}, r.Clock.Now().AddDate(0, 0, 40), r.Clock.Now().AddDate(2, 0, 0)}[dice(3)]
	r.must(r.expires(id, at))
	return fmt.Sprintf("expire %v %v", r.names([]privacy.SubjectID{id}), at)
}
