package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// TestPromise_H04_H06_H10_NothingIsAllowedThatAnybodyForbids lets two people limit the use of their data and take it back, in any order among records,
// consents, contracts, joins and separations. Beside them live the same two people who limit nothing. After each act nothing is allowed that a limit
// forbids, and everything else is decided as it is for the others. Every stored record that is not suspended expires when theirs does, and once
// everything was lifted, all is as it is for them.
func TestPromise_H04_H06_H10_NothingIsAllowedThatAnybodyForbids(t *testing.T) {
	soak.CheckCostly(t, func(rt *rapid.T) {
		w := newWorlds(t)
		for range rapid.IntRange(3, 14).Draw(rt, "acts") {
			w.act(rt)
			w.advance(time.Duration(rapid.IntRange(2, 90_000).Draw(rt, "seconds")) * time.Second)
			w.check(rt)
		}
		for _, l := range rapid.Permutation(w.inForce()).Draw(rt, "lifted in the end") {
			w.lift(l)
			w.advance(2 * time.Second)
		}
		w.walk(rt)
		w.check(rt)
		if len(w.limits) > 0 {
			rt.Fatalf("in force: %+v", w.limits)
		}
	})
}

// worlds are two that differ in nothing but what people limit.
type worlds struct {
	t       *testing.T
	limited *rig
	free    *rig
	joined  bool
	since   time.Time // of the join
	n       int
	limits  []*limit
	walked  bool // every walk that is due was done
	chosen  bool // somebody decided about marketing data that was suspended
	rebuilt bool // a state was decided anew from what is stored
}

// limit is what one request forbids, as the person who filed it understands it. A repetition is a limit of the first request.
type limit struct {
	request string
	by      map[string]bool // whose decisions it concerns
	at      time.Time

	sale       bool
	objects    []privacy.Purpose
	restricts  bool
	ground     privacy.Ground
	purposes   []privacy.Purpose
	categories []privacy.Category
}

var emails = map[string]string{"7": anna, "8": bo}

func newWorlds(t *testing.T) *worlds {
	w := &worlds{t: t, limited: newRig(), free: newRig(), walked: true}
	for _, r := range w.both() {
		r.Writers = 10 * time.Second
		for _, id := range []string{"7", "8"} {
			r.takes(t, byID(id, emails[id]), invoice("first-"+id, start))
		}
	}
	return w
}

func (w *worlds) both() []*rig { return []*rig{w.limited, w.free} }

func (w *worlds) advance(by time.Duration) {
	for _, r := range w.both() {
		r.clock.Advance(by)
	}
}

// whose returns the ids of those who are one person with the one who has the id.
func (w *worlds) whose(id string) map[string]bool {
	if w.joined {
		return map[string]bool{"7": true, "8": true}
	}
	return map[string]bool{id: true}
}

// on returns what limits the use of somebody's data.
func (w *worlds) on(id string) (all []*limit) {
	whose := w.whose(id)
	for _, l := range w.limits {
		for one := range l.by {
			if whose[one] {
				all = append(all, l)
				break
			}
		}
	}
	return all
}

func (w *worlds) inForce() (requests []string) {
	for _, l := range w.limits {
		if !slices.Contains(requests, l.request) {
			requests = append(requests, l.request)
		}
	}
	return requests
}

// act lets one of the two, or a system, do something.
func (w *worlds) act(rt *rapid.T) {
	w.n++
	id := rapid.SampledFrom([]string{"7", "8"}).Draw(rt, "who")
	switch rapid.SampledFrom([]string{"record", "record", "consent", "limit", "limit", "limit", "lift", "join", "walk"}).Draw(rt, "act") {
	case "record":
		one, outcomes := w.record(rt), [2]record.Outcome{}
		for i, r := range w.both() {
			got, err := r.TakeOne(context.Background(), Line{byID(id, ""), one})
			if outcomes[i] = got.Outcome; err != nil {
				rt.Fatal(err)
			}
		}
		if outcomes[0] != outcomes[1] {
			rt.Fatalf("%s: %s, and %s in the other world", one.Category, outcomes[0], outcomes[1])
		}
	case "consent":
		state := rapid.SampledFrom([]consent.State{consent.Granted, consent.Denied}).Draw(rt, "state")
		w.chosen = w.chosen || w.suspends(id, privacy.Marketing)
		for _, r := range w.both() {
			r.decides(w.t, r.known(by(emails[id])), state)
		}
	case "limit":
		w.limit(rt, id)
	case "lift":
		if all := w.inForce(); len(all) > 0 {
			w.lift(rapid.SampledFrom(all).Draw(rt, "request"))
		}
	case "join":
		w.joinOrSeparate(rt)
	}
	if rapid.Bool().Draw(rt, "walk now") {
		w.walk(rt)
	}
}

// record makes up a record that does not say anything about one that is stored.
func (w *worlds) record(rt *rapid.T) record.Record {
	now := w.free.clock.Now().Format(time.RFC3339)
	name := fmt.Sprint("n", w.n)
	switch rapid.IntRange(0, 5).Draw(rt, "kind") {
	case 0:
		return invoice(name, now)
	case 1:
		return login(name, now)
	case 2:
		return marketing(name, now)
	case 3:
		one := person(now, "Anna")
		one.ID = name
		return one
	case 4:
		return account(name, now, start, "")
	default:
		return account(name, now, start, w.free.clock.Now().AddDate(0, 0, rapid.IntRange(0, 5).Draw(rt, "days left")).Format(time.RFC3339))
	}
}

// limit files a request of somebody.
func (w *worlds) limit(rt *rapid.T, id string) {
	now := w.limited.clock.Now()
	l := &limit{request: fmt.Sprint("r", w.n), by: w.whose(id), at: now}
	names := []privacy.Purpose{privacy.MarketingEmail, privacy.MarketingCookies, "business_development", "service_delivery", "security", "invoicing"}
	some := func(label string, least int) []privacy.Purpose {
		return rapid.SliceOfNDistinct(rapid.SampledFrom(names), least, 3, rapid.ID).Draw(rt, label)
	}
	switch rapid.IntRange(0, 2).Draw(rt, "right") {
	case 0:
		l.sale = true
		w.change(id, func(s standing.State) standing.State { return s.OptedOut(standing.OptOut{Request: l.request, At: now}) })
	case 1:
		l.objects = some("objects to", 1)
		w.change(id, func(s standing.State) standing.State {
			s, _ = s.Objected(standing.Objection{Request: l.request, At: now, Purposes: l.objects})
			return s
		})
	default:
		l.restricts, l.ground = true, rapid.SampledFrom(privacy.Grounds[:]).Draw(rt, "ground")
		l.purposes = some("restricts", 0)
		l.categories = rapid.SliceOfNDistinct(rapid.SampledFrom([]privacy.Category{privacy.Identity, privacy.Account, privacy.Transaction, privacy.Marketing, privacy.SecurityLog}), 0, 2, rapid.ID).Draw(rt, "of")
		w.change(id, func(s standing.State) standing.State {
			s, _ = s.Restricted(standing.Restriction{Request: l.request, At: now, Ground: l.ground, Purposes: l.purposes, Categories: l.categories})
			return s
		})
		w.walked = false
	}
	w.file(l, id)
}

// file notes a limit, or that it repeats others.
func (w *worlds) file(l *limit, id string) {
	on := w.on(id)
	if l.sale && slices.ContainsFunc(on, func(o *limit) bool { return o.sale }) {
		for _, o := range on {
			if o.sale {
				o.by = w.with(o.by, l.by)
			}
		}
		return
	}
	repeats := len(l.objects) > 0 && !slices.ContainsFunc(l.objects, func(p privacy.Purpose) bool {
		return !slices.ContainsFunc(on, func(o *limit) bool { return slices.Contains(o.objects, p) })
	})
	if !repeats {
		w.limits = append(w.limits, l)
		return
	}
	for _, o := range on {
		again := slices.DeleteFunc(slices.Clone(o.objects), func(p privacy.Purpose) bool { return !slices.Contains(l.objects, p) })
		if len(again) == 0 {
			continue
		}
		o.objects = slices.DeleteFunc(slices.Clone(o.objects), func(p privacy.Purpose) bool { return slices.Contains(again, p) })
		w.limits = append(w.limits, &limit{request: o.request, by: w.with(o.by, l.by), at: l.at, objects: again})
	}
}

func (w *worlds) with(a, b map[string]bool) map[string]bool {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

// change changes the state that somebody's data follows, in the world with limits.
func (w *worlds) change(id string, to func(standing.State) standing.State) {
	r := w.limited
	_, found, err := r.Transition(context.Background(), r.known(byID(id, "")), func(from standing.Snapshot) (standing.State, time.Time) {
		after := to(from.State)
		return after, after.KnownUntil(r.Policy(r.clock.Now()))
	})
	if err != nil || !found {
		w.t.Fatal(found, err)
	}
}

// lift takes a request back, wherever it limits anything.
func (w *worlds) lift(request string) {
	for id := range emails {
		w.change(id, func(s standing.State) standing.State { return s.Lifted(request, w.limited.clock.Now()) })
	}
	w.limits = slices.DeleteFunc(w.limits, func(l *limit) bool { return l.request == request })
	w.walked = false
}

// joinOrSeparate joins Bo to Anna, or takes that back.
func (w *worlds) joinOrSeparate(rt *rapid.T) {
	for _, r := range w.both() {
		if w.joined {
			r.separates(w.t, bo)
		} else {
			r.joins(w.t, "7", bo)
		}
	}
	w.joined, w.since, w.rebuilt = !w.joined, w.limited.clock.Now(), true
	w.walked = false
	for _, r := range w.both() {
		for _, id := range r.acts[len(r.acts)-1].Rebuild {
			if _, err := r.Rebuild(context.Background(), id); err != nil {
				rt.Fatal(err)
			}
		}
	}
}

// walk does every walk that is due, and the last one too.
func (w *worlds) walk(rt *rapid.T) {
	for range 2 {
		for id := range emails {
			if _, err := w.limited.Keep(context.Background(), w.limited.known(by(emails[id]))); err != nil {
				rt.Fatal(err)
			}
		}
		w.advance(w.limited.Writers)
	}
	w.walked = true
}
