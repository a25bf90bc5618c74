package standing

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Whatever either of two people limits holds for both once they are joined, and only what keeps data past its period moves the fence.
func TestPromise_H06_AJoinUnitesLimits(t *testing.T) {
	a := Unknown.OptedOut(OptOut{Request: "1", At: noon}).objected(t, objection("2", noon, "a"))
	b := Unknown.OptedOut(OptOut{Request: "3", At: noon}).objected(t, objection("2", noon, "a"), objection("4", noon, "a", "b"))
	later := noon.Add(time.Hour)
	got := a.Joined("b", b, later)
	want := Limits{
		OptOuts:    []OptOut{{Request: "1", At: noon}, {Request: "3", At: noon}},
		Objections: []Objection{objection("2", noon, "a").as(true), objection("4", noon, "a", "b")},
	}
	if !got.Limits.Equal(want) {
		t.Errorf("%+v", got.Limits)
	}
	stops, weighs := b.restricted(t, restriction("5", privacy.Claims)), b.restricted(t, restriction("5", privacy.Weighing))
	for name, c := range map[string]struct {
		got  State
		want time.Time
	}{
		"suspends":                   {a.Joined("b", stops, later), later},
		"is suspended":               {stops.Joined("a", a, later), later},
		"weighs":                     {a.Joined("b", weighs, later), time.Time{}},
		"suspended once":             {a.Joined("b", stops.Lifted("5", noon.Add(time.Minute)), later), noon.Add(time.Minute)},
		"suspended once, themselves": {stops.Lifted("5", noon.Add(time.Minute)).Joined("a", a, later), noon.Add(time.Minute)},
	} {
		if !c.got.FencedAt.Equal(c.want) {
			t.Errorf("%s: fenced at %v", name, c.got.FencedAt)
		}
	}
	if got := a.Joined("b", stops, later); len(got.Restrictions) != 1 || !got.Suspends(privacy.Contact) || !got.Limited("5") {
		t.Errorf("%+v", got.Restrictions)
	}
}

// An opt-out and an objection of one request are two things: that the one is known already says nothing about the other.
func TestAJoinComparesLimitsOfOneKind(t *testing.T) {
	both := Unknown.OptedOut(OptOut{Request: "1", At: noon})
	both.Objections, both.Restrictions = []Objection{objection("1", noon, "a")}, []Restriction{restriction("1", privacy.Claims)}
	got := Unknown.OptedOut(OptOut{Request: "1", At: noon}).Joined("b", both, noon)
	if len(got.OptOuts) != 1 || len(got.Objections) != 1 || len(got.Restrictions) != 1 {
		t.Errorf("%+v", got.Limits)
	}
}

// drawLimits makes up what somebody has limited, by requests of these names, at most a day before the time given.
func drawLimits(t *rapid.T, s State, before time.Time, of []privacy.Purpose, requests ...string) State {
	for _, request := range requests {
		at := before.Add(-time.Duration(rapid.IntRange(1, 86_400).Draw(t, "seconds ago")) * time.Second)
		purposes := rapid.SliceOfNDistinct(rapid.SampledFrom(of), 1, len(of), rapid.ID).Draw(t, "purposes")
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			if len(s.OptOuts) == 0 { // so that no opt-out repeats one
				s = s.OptedOut(OptOut{Request: request, At: at})
			}
		case 1:
			s, _ = s.Objected(objection(request, at, purposes...))
		case 2:
			s, _ = s.Restricted(Restriction{Request: request, At: at, Ground: rapid.SampledFrom(privacy.Grounds[:]).Draw(t, "ground"), Purposes: purposes})
		}
	}
	return s
}

// requests names what limits, and by which requests.
func (l Limits) requests() (all []string) {
	for _, o := range l.OptOuts {
		all = append(all, "opt-out "+o.Request)
	}
	for _, o := range l.Objections {
		all = append(all, "objection "+o.Request)
	}
	for _, r := range l.Restrictions {
		all = append(all, "restriction "+r.Request)
	}
	slices.Sort(all)
	return all
}

// Once a join was taken back, each has what they had before it, without what was lifted meanwhile, and with what was imposed meanwhile.
func TestPromise_H06_AJoinThatIsTakenBackGivesTheLimitsBack(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		early, late := []privacy.Purpose{"a", "b", "c"}, []privacy.Purpose{"d", "e"} // of another purpose, so that no objection repeats one
		a, b := drawLimits(t, Unknown, noon, early, "1", "2", "3"), drawLimits(t, Unknown, noon, early, "4", "5", "6")
		joined := a.Joined("b", b, noon)
		for _, request := range append(a.requests(), b.requests()...) {
			if !slices.Contains(joined.requests(), request) {
				t.Fatalf("the join loses %s", request)
			}
		}
		end := noon.AddDate(0, 0, 3)
		since := drawLimits(t, joined, end, late, "7", "8")
		var imposed []string
		for _, request := range since.requests() {
			if !slices.Contains(joined.requests(), request) {
				imposed = append(imposed, request)
			}
		}
		lifted := rapid.SampledFrom([]string{"", "1", "2", "4", "5"}).Draw(t, "lifted")
		since = since.Lifted(lifted, end)
		gone := b
		gone.Into = "a"
		stay, apart := LimitsApart(since.Separated("b"), gone, nil, noon, end)
		for name, c := range map[string]struct{ before, after State }{"who stayed": {a, stay}, "who left": {b, apart}} {
			want := append(c.before.Lifted(lifted, end).requests(), imposed...)
			if slices.Sort(want); !slices.Equal(c.after.requests(), want) {
				t.Fatalf("%s: %v, not %v", name, c.after.requests(), want)
			}
		}
		if fence := since.suspends(); fence && (!stay.FencedAt.Equal(end) || !apart.FencedAt.Equal(end)) || !fence && (stay.FencedAt.After(end) || apart.FencedAt.Before(stay.FencedAt)) {
			t.Fatalf("suspended %t, fenced at %v and %v", fence, stay.FencedAt, apart.FencedAt)
		}
	})
}

// An opt-out or an objection that was repeated after the join was repeated for both.
func TestPromise_H06_WhatWasRepeatedAfterAJoin(t *testing.T) {
	later := noon.Add(time.Hour)
	b := Unknown.objected(t, objection("1", noon.Add(-time.Hour), "a", "b")).OptedOut(OptOut{Request: "3", At: noon.Add(-time.Hour)})
	joined := Unknown.Joined("b", b, noon).objected(t, objection("2", later, "b")).OptedOut(OptOut{Request: "4", At: later})
	stay, apart := LimitsApart(joined, b, nil, noon, later)
	if len(stay.OptOuts) != 1 || len(apart.OptOuts) != 2 || !stay.OptOuts[0].Equal(OptOut{Request: "3", At: later}) {
		t.Errorf("opted out: %v, %v", stay.OptOuts, apart.OptOuts)
	}
	if want := []Objection{objection("1", later, "b")}; !slices.EqualFunc(stay.Objections, want, Objection.Equal) {
		t.Errorf("who stayed: %+v", stay.Objections)
	}
	if want := []Objection{objection("1", noon.Add(-time.Hour), "a", "b"), objection("1", later, "b")}; !slices.EqualFunc(apart.Objections, want, Objection.Equal) {
		t.Errorf("who left: %+v", apart.Objections)
	}
}

// Joins are noted to the second. What was imposed in that second may have been imposed after the join, so it holds for both.
func TestLimitsOfTheSecondOfTheJoin(t *testing.T) {
	at := noon.Add(time.Millisecond)
	b := Unknown.OptedOut(OptOut{Request: "1", At: noon})
	stay, apart := LimitsApart(Unknown.Joined("b", b, at), b, nil, at, at)
	if len(stay.OptOuts) != 1 || len(apart.OptOuts) != 1 {
		t.Errorf("%v, %v", stay.OptOuts, apart.OptOuts)
	}
	b = Unknown.OptedOut(OptOut{Request: "1", At: noon.Add(-1)})
	if stay, apart = LimitsApart(Unknown.Joined("b", b, at), b, nil, at, at); len(stay.OptOuts) != 0 || len(apart.OptOuts) != 1 {
		t.Errorf("a moment before: %v, %v", stay.OptOuts, apart.OptOuts)
	}
}

// What was imposed on two who were one person holds for each of them, however often they are joined and separated afterwards, and each has their own.
func TestPromise_H06_JoinedAgain(t *testing.T) {
	day := func(n int) time.Time { return noon.AddDate(0, 0, n) }
	common := func(at time.Time) Objection { return objection("1", at, "a") }
	a := Unknown.Joined("b", Unknown, noon).objected(t, common(day(1))).OptedOut(OptOut{Request: "2", At: day(1)}).restricted(t, Restriction{Request: "3", At: day(1)})
	for n := range 3 {
		stay, apart := LimitsApart(a, Unknown, nil, noon, day(2))
		if n > 0 {
			stay, apart = LimitsApart(a.Joined("b", a, day(2+n)), a, nil, day(2+n), day(3+n))
		}
		for name, s := range map[string]State{"who stayed": stay, "who left": apart} {
			if len(s.OptOuts) != 1 || len(s.Objections) != 1 || len(s.Restrictions) != 1 {
				t.Errorf("%d, %s: %+v", n, name, s.Limits)
			}
		}
		a = stay
	}
	repeated := a.objected(t, objection("4", day(9), "a")) // by one of them, while they are apart
	for name, c := range map[string]struct{ stays, goes State }{"who stayed": {repeated, a}, "who left": {a, repeated}} {
		joined := c.stays.Joined("b", c.goes, day(10))
		if len(joined.Objections) != 2 {
			t.Errorf("%s repeats: joined %+v", name, joined.Objections)
		}
		stay, apart := LimitsApart(joined, c.goes, nil, day(10), day(11))
		for who, s := range map[string]struct{ before, after State }{"who stayed": {c.stays, stay}, "who left": {c.goes, apart}} {
			if len(s.after.Objections) != 1 || !has(s.before.Objections, s.after.Objections[0]) {
				t.Errorf("%s repeats, %s: %+v, before %+v", name, who, s.after.Objections, s.before.Objections)
			}
		}
		if gone := joined.Lifted("1", day(11)); len(gone.Objections) > 0 {
			t.Errorf("%s repeats: lifted %+v", name, gone.Objections)
		}
	}
}
