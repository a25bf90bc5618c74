package standing

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func objection(request string, at time.Time, purposes ...privacy.Purpose) Objection {
	return Objection{Request: request, At: at, Purposes: purposes}
}

func restriction(request string, ground privacy.Ground, categories ...privacy.Category) Restriction {
	return Restriction{Request: request, At: noon, Ground: ground, Categories: categories}
}

// objected returns the state after objections, of which none may be one too many.
func (s State) objected(t *testing.T, all ...Objection) State {
	t.Helper()
	for _, o := range all {
		after, full := s.Objected(o)
		if full {
			t.Fatalf("%s is one too many", o.Request)
		}
		s = after
	}
	return s
}

func (s State) restricted(t *testing.T, all ...Restriction) State {
	t.Helper()
	for _, r := range all {
		after, full := s.Restricted(r)
		if full {
			t.Fatalf("%s is one too many", r.Request)
		}
		s = after
	}
	return s
}

// Whoever takes a request back takes back exactly what it imposed.
func TestPromise_H04_LiftedTakesBackOneRequest(t *testing.T) {
	before := Unknown.OptedOut(OptOut{Request: "1", At: noon}).objected(t, objection("2", noon, "a", "b"), objection("3", noon, "b", "c")).
		restricted(t, restriction("4", privacy.Weighing), restriction("5", privacy.Accuracy))
	for _, c := range []struct {
		request                        string
		optOuts, objections, restricts int
	}{{"1", 0, 2, 2}, {"2", 1, 1, 2}, {"3", 1, 1, 2}, {"4", 1, 2, 1}, {"5", 1, 2, 1}, {"6", 1, 2, 2}} {
		after := before.Lifted(c.request, noon.Add(time.Hour))
		if len(after.OptOuts) != c.optOuts || len(after.Objections) != c.objections || len(after.Restrictions) != c.restricts || after.Limited(c.request) {
			t.Errorf("without %s: %+v", c.request, after.Limits)
		}
		if before.Limited(c.request) != (c.request != "6") {
			t.Errorf("%s limits something: %t", c.request, before.Limited(c.request))
		}
	}
	if n := len(before.OptOuts) + len(before.Objections) + len(before.Restrictions); n != 5 {
		t.Errorf("the state before has changed: %+v", before.Limits)
	}
	all := before
	for _, request := range []string{"1", "2", "3", "4", "5"} {
		if !all.InForce() {
			t.Errorf("nothing is in force before %s is lifted", request)
		}
		all = all.Lifted(request, noon)
	}
	if all.FencedAt = (time.Time{}); all.InForce() || !all.Equal(Unknown) {
		t.Errorf("everything lifted: %+v", all)
	}
}

// A second opt-out forbids nothing new. It is of the day of its repetition.
func TestPromise_H10_OneOptOut(t *testing.T) {
	s := Unknown.OptedOut(OptOut{Request: "1", At: noon})
	for at, want := range map[time.Time]time.Time{noon.Add(1): noon.Add(1), noon.Add(-1): noon, noon: noon} {
		again := s.OptedOut(OptOut{Request: "2", At: at})
		if len(again.OptOuts) != 1 || !again.OptOuts[0].Equal(OptOut{Request: "1", At: want}) || again.Limited("2") || !s.OptOuts[0].At.Equal(noon) {
			t.Errorf("%+v", again.OptOuts)
		}
	}
}

// An objection that is repeated is of the day of its repetition, since a consent may have been given meanwhile, and only for what is repeated.
func TestPromise_H06_ARepeatedObjection(t *testing.T) {
	s, day := Unknown.objected(t, objection("1", noon, "a", "b")), 24*time.Hour
	for name, c := range map[string]struct {
		again Objection
		want  []Objection
	}{
		"both":              {objection("2", noon.Add(day), "b", "a"), []Objection{objection("1", noon.Add(day), "a", "b")}},
		"one":               {objection("2", noon.Add(day), "b"), []Objection{objection("1", noon, "a"), objection("1", noon.Add(day), "b")}},
		"an older one":      {objection("2", noon.Add(-day), "b"), []Objection{objection("1", noon, "a", "b")}},
		"of the same time":  {objection("2", noon, "b"), []Objection{objection("1", noon, "a", "b")}},
		"the same request":  {objection("1", noon.Add(day), "c"), []Objection{objection("1", noon, "a", "b")}},
		"one new purpose":   {objection("2", noon.Add(day), "b", "c"), []Objection{objection("1", noon, "a", "b"), objection("2", noon.Add(day), "b", "c")}},
		"no purpose at all": {objection("2", noon.Add(day)), []Objection{objection("1", noon, "a", "b")}},
	} {
		got := s.objected(t, c.again)
		if !slices.EqualFunc(got.Objections, c.want, Objection.Equal) {
			t.Errorf("%s: %+v", name, got.Objections)
		}
		if left := got.Lifted("1", noon); left.objects([]privacy.Purpose{"a"}) {
			t.Errorf("%s, lifted: %+v", name, left.Objections)
		}
	}
	if !s.objects([]privacy.Purpose{"b"}) || s.objects([]privacy.Purpose{"b", "c"}) || !s.objects(nil) {
		t.Error("what is objected to")
	}
}

// What somebody else has asked for may end without this person's doing, so it makes no repetition of what they ask for themselves.
func TestPromise_H06_NobodyRepeatsSomebodyElse(t *testing.T) {
	s := Unknown.objected(t, objection("report", noon, "a", "b")).OptedOut(OptOut{Request: "1", Source: "m", At: noon})
	s = s.objected(t, Objection{Request: "own", Source: "m", At: noon, Purposes: []privacy.Purpose{"a"}}).OptedOut(OptOut{Request: "2", Source: "n", At: noon})
	again := s.objected(t, Objection{Request: "again", Source: "m", At: noon.Add(1), Purposes: []privacy.Purpose{"a"}}).OptedOut(OptOut{Request: "3", Source: "n", At: noon.Add(1)})
	if again.Limited("again") || again.Limited("3") || !again.Objections[0].At.Equal(noon) || !again.OptOuts[0].At.Equal(noon) {
		t.Errorf("%+v", again.Limits)
	}
	if left := again.Lifted("report", noon).Lifted("1", noon); !left.objects([]privacy.Purpose{"a"}) || !left.Limited("2") || left.objects([]privacy.Purpose{"b"}) {
		t.Errorf("%+v", left.Limits)
	}
}

// There cannot be too many limits for an opt-out, nor for an objection that nobody weighs.
func TestPromise_H06_NeverTooMany(t *testing.T) {
	s := Unknown
	for i := range MostLimits + 5 {
		source := string(rune('a' + i))
		s = s.ObjectedAnyway(Objection{Request: source, Source: source, At: noon, Purposes: []privacy.Purpose{"x"}}).OptedOut(OptOut{Request: source, Source: source, At: noon})
	}
	last := string(rune('a' + MostLimits + 4))
	if !s.Limited(last) || len(s.OptOuts) != MostLimits || len(s.Objections) != MostLimits+5 {
		t.Errorf("%d opt-outs, %d objections", len(s.OptOuts), len(s.Objections))
	}
}

// What comes after the twentieth goes to the team. What is in force already is not one more.
func TestTooManyLimits(t *testing.T) {
	s := Unknown
	for i := range MostLimits {
		id := string(rune('a' + i))
		s = s.objected(t, objection(id, noon, privacy.Purpose(id))).restricted(t, restriction(id, privacy.Claims))
	}
	more, tooMany := s.Objected(objection("z", noon, "z"))
	if !tooMany || !more.Equal(s) {
		t.Errorf("the 21st objection: %t", tooMany)
	}
	if more, tooMany = s.Restricted(restriction("z", privacy.Claims)); !tooMany || !more.Equal(s) {
		t.Errorf("the 21st restriction: %t", tooMany)
	}
	if again := s.objected(t, objection("a", noon, "a"), objection("z", noon, "a")).restricted(t, restriction("a", privacy.Claims)); !again.Equal(s) {
		t.Error("a repetition counts as one more")
	}
}

// H04: unlawful use, legal claims and contested accuracy suspend retention, for the categories that the restriction names or for all. While an
// objection is weighed, data is kept no longer than without it. Analytics counts have no data subject.
func TestPromise_H04_WhichDataIsSuspended(t *testing.T) {
	for _, ground := range privacy.Grounds {
		all, one := Unknown.restricted(t, restriction("1", ground)), Unknown.restricted(t, restriction("1", ground, privacy.Contact, privacy.Transaction))
		purposes := Unknown.restricted(t, Restriction{Request: "1", At: noon, Ground: ground, Purposes: []privacy.Purpose{"a"}})
		for _, category := range privacy.Categories {
			suspends := ground != privacy.Weighing && category != privacy.Analytics
			named := category == privacy.Contact || category == privacy.Transaction
			if all.Suspends(category) != suspends || one.Suspends(category) != (suspends && named) || purposes.Suspends(category) != suspends || Unknown.Suspends(category) {
				t.Errorf("%s, %s: %t %t %t", ground, category, all.Suspends(category), one.Suspends(category), purposes.Suspends(category))
			}
		}
		want := noon
		if ground == privacy.Weighing {
			want = time.Time{}
		}
		later := noon.Add(time.Hour)
		if lifted := all.Lifted("1", later); !all.FencedAt.Equal(want) || lifted.FencedAt.IsZero() != want.IsZero() || !want.IsZero() && !lifted.FencedAt.Equal(later) {
			t.Errorf("%s: fenced at %v, and at %v", ground, all.FencedAt, lifted.FencedAt)
		}
		if other := all.Lifted("2", later); !other.FencedAt.Equal(want) {
			t.Errorf("%s: fenced by another request at %v", ground, other.FencedAt)
		}
	}
	if s := Unknown.restricted(t, restriction("1", privacy.Claims)).Lifted("1", noon.Add(-time.Hour)); !s.FencedAt.Equal(noon) {
		t.Errorf("a fence goes back to %v", s.FencedAt)
	}
}

// A restriction contests what it names: purposes, categories, purposes of categories, or everything.
func TestPromise_H04_WhatIsContested(t *testing.T) {
	p := policy.Newest()
	const serves, other = privacy.Purpose("invoicing"), privacy.Purpose("security") // invoicing is served by contact and transaction data
	cats := []privacy.Category{privacy.Contact}
	for name, c := range map[string]struct {
		r         Restriction
		purpose   privacy.Purpose
		category  privacy.Category
		contested bool
		named     bool
	}{
		"everything":                           {Restriction{}, other, "", true, false},
		"everything, of a category":            {Restriction{}, other, privacy.Account, true, false},
		"the purpose":                          {Restriction{Purposes: []privacy.Purpose{serves}}, serves, "", true, true},
		"the purpose, of a category":           {Restriction{Purposes: []privacy.Purpose{serves}}, serves, privacy.Account, true, true},
		"another purpose":                      {Restriction{Purposes: []privacy.Purpose{serves}}, other, "", false, false},
		"another purpose, of the category":     {Restriction{Purposes: []privacy.Purpose{serves}, Categories: cats}, other, privacy.Contact, false, false},
		"a category that serves it":            {Restriction{Categories: cats}, serves, "", true, false},
		"a category that does not":             {Restriction{Categories: cats}, other, "", false, false},
		"the category":                         {Restriction{Categories: cats}, serves, privacy.Contact, true, false},
		"the category, whatever it serves":     {Restriction{Categories: cats}, other, privacy.Contact, true, false},
		"another category":                     {Restriction{Categories: cats}, serves, privacy.Transaction, false, false},
		"the purpose and the category":         {Restriction{Purposes: []privacy.Purpose{serves}, Categories: cats}, serves, privacy.Contact, true, true},
		"the purpose and another category":     {Restriction{Purposes: []privacy.Purpose{serves}, Categories: cats}, serves, privacy.Transaction, false, true},
		"the purpose and any category":         {Restriction{Purposes: []privacy.Purpose{serves}, Categories: cats}, serves, "", true, true},
		"the purpose, and what does not serve": {Restriction{Purposes: []privacy.Purpose{other}, Categories: cats}, other, "", true, true},
	} {
		if contested, named := c.r.Contests(p, c.purpose, c.category); contested != c.contested || contested && named != c.named {
			t.Errorf("%s: contested %t, named %t", name, contested, named)
		}
	}
}

// A state with limits in force never expires. After what is kept past its period has changed, the state outlives the walk that has to follow.
func TestPromise_H06_LimitsAreNotForgotten(t *testing.T) {
	until := noon.AddDate(0, 0, 2)
	s := Unknown.Known(until)
	rules := policy.Newest()
	walk := rules.SpanOf(policy.WorkStep).After(noon.AddDate(0, 0, 1))
	for name, c := range map[string]struct {
		state State
		want  time.Time
	}{
		"no limits":                  {s, until},
		"opted out":                  {s.OptedOut(OptOut{Request: "1", At: noon}), time.Time{}},
		"objected":                   {s.objected(t, objection("1", noon, "a")), time.Time{}},
		"restricted":                 {s.restricted(t, restriction("1", privacy.Weighing)), time.Time{}},
		"lifted":                     {s.OptedOut(OptOut{Request: "1", At: noon}).Lifted("1", noon), until},
		"lifted, and a walk follows": {s.restricted(t, restriction("1", privacy.Claims)).Lifted("1", noon.AddDate(0, 0, 1)), walk},
	} {
		if got := c.state.KnownUntil(rules); !got.Equal(c.want) {
			t.Errorf("%s: until %v, not %v", name, got, c.want)
		}
	}
	long := s.Known(noon.AddDate(5, 0, 0)).restricted(t, restriction("1", privacy.Claims)).Lifted("1", noon)
	if got := long.KnownUntil(rules); !got.Equal(noon.AddDate(5, 0, 0)) {
		t.Errorf("somebody with other data is known until %v", got)
	}
}

// F04: marketing data that is suspended has no end, whatever the person decides about it meanwhile. It is counted until it has one.
func TestPromise_F04_ChoicesWhileMarketingDataIsSuspended(t *testing.T) {
	proof := func(v int) Proof { return Proof{Until: noon.AddDate(3, 0, 0), Version: v} }
	after := noon.AddDate(1, 0, 0) // the thirty days are over
	stopped := waiting().restricted(t, restriction("1", privacy.Claims))
	withdrawn := stopped.Chosen(marketingRule, Withdrawn, proof(1), after)
	again := withdrawn.Chosen(marketingRule, Consented, proof(2), after)
	for name, c := range map[string]struct {
		state          State
		endless, after bool // before and after it is lifted
	}{
		"waiting":                            {stopped, false, false},
		"consented":                          {stopped.Chosen(marketingRule, Consented, proof(1), after), true, true},
		"withdrawn":                          {withdrawn, true, false},
		"withdrawn and consented":            {again, true, true},
		"nothing stored":                     {Unknown.restricted(t, restriction("1", privacy.Claims)).Chosen(marketingRule, Withdrawn, proof(1), after), false, false},
		"not suspended":                      {waiting().restricted(t, restriction("1", privacy.Weighing)).Chosen(marketingRule, Consented, proof(1), after), false, false},
		"another category":                   {waiting().restricted(t, restriction("1", privacy.Claims, privacy.Contact)).Chosen(marketingRule, Withdrawn, proof(1), noon), false, false},
		"two, one of them lifted":            {withdrawn.restricted(t, restriction("2", privacy.Unlawful)), true, true},
		"joined to somebody who had waiting": {stopped.Joined("b", Unknown.Chosen(marketingRule, Withdrawn, proof(1), noon), noon), true, false},
		"joined by somebody who had waiting": {Unknown.Chosen(marketingRule, Withdrawn, proof(1), noon).Joined("b", stopped, noon), true, false},
	} {
		if lifted := c.state.Lifted("1", after); c.state.Endless != c.endless || lifted.Endless != c.after {
			t.Errorf("%s: endless %t, and %t once it is lifted", name, c.state.Endless, lifted.Endless)
		}
	}
}

// H06: a request that is refused in part keeps forbidding what nobody can refuse, from the same time, and takes nothing from other requests.
func TestPromise_H06_Narrowed(t *testing.T) {
	s := Unknown.objected(t, objection("1", noon, "a", "b", "c"), objection("2", noon, "d")).OptedOut(OptOut{Request: "3", At: noon})
	for name, c := range map[string]struct {
		request string
		to      []privacy.Purpose
		want    []Objection
	}{
		"a part":          {"1", []privacy.Purpose{"c", "a"}, []Objection{objection("1", noon, "a", "c"), objection("2", noon, "d")}},
		"all of it":       {"1", []privacy.Purpose{"a", "b", "c"}, s.Objections},
		"nothing":         {"2", nil, []Objection{objection("1", noon, "a", "b", "c")}},
		"another request": {"3", nil, s.Objections},
	} {
		got := s.Narrowed(c.request, c.to)
		want := s
		want.Objections = c.want
		if !got.Equal(want) || len(s.Objections[0].Purposes) != 3 {
			t.Errorf("%s: %+v", name, got.Limits)
		}
	}
}
