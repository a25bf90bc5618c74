package policy

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// dated returns a version with its two days, in a time zone.
func dated(lastUpdated, effectiveFrom, zone string) *Policy {
	return &Policy{Version: lastUpdated, LastUpdated: lastUpdated, EffectiveFrom: effectiveFrom, Controller: Controller{TimeZone: zone}}
}

// K06: a version comes into force when its day begins where the controller is, even on a day that has no midnight there.
func TestPromise_K06_AVersionComesIntoForceAtMidnight(t *testing.T) {
	for _, c := range []struct{ zone, day, from string }{
		{"Europe/London", "2027-01-09", "2027-01-09T00:00:00Z"},
		{"Europe/London", "2027-06-09", "2027-06-08T23:00:00Z"},
		{"America/Los_Angeles", "2027-06-09", "2027-06-09T07:00:00Z"},
		{"Pacific/Kiritimati", "2027-06-09", "2027-06-08T10:00:00Z"},
		{"Africa/Cairo", "2024-04-26", "2024-04-25T22:00:00Z"},     // the clocks went from 00:00 to 01:00
		{"America/Santiago", "2024-09-08", "2024-09-08T04:00:00Z"}, // and here
	} {
		list, err := Chronicle([]*Policy{dated("2024-01-01", c.day, c.zone)})
		if err != nil {
			t.Fatal(err)
		}
		if got := list[0].InForceFrom().Format(time.RFC3339); got != c.from {
			t.Errorf("%s in %s begins %s, not %s", c.day, c.zone, got, c.from)
		}
	}
	for path, p := range map[string]*Policy{
		"no date": dated("2024-01-01", "2024-13-01", "Europe/London"), "no zone": dated("2024-01-01", "2024-02-01", "Europe/Nowhere"),
		"no time": {LastUpdated: "2024-01-01", AnnounceAt: "soon", Controller: Controller{TimeZone: "Europe/London"}},
	} {
		if _, err := Chronicle([]*Policy{p}); err == nil {
			t.Errorf("%s: no error", path)
		}
	}
}

// The notices start when the policy says, and otherwise in the morning of the day of publication where the controller is.
func TestWhenNoticesStart(t *testing.T) {
	for at, want := range map[string]string{"": "2027-05-01T08:00:00Z", "2027-05-03T10:30:00+02:00": "2027-05-03T08:30:00Z"} {
		p := dated("2027-05-01", "2027-06-09", "Europe/London")
		p.AnnounceAt, p.NoticeWithin = at, 7
		list, err := Chronicle([]*Policy{p})
		if err != nil || list[0].AnnounceAt().Format(time.RFC3339) != want || list[0].NoticeWithin != 7 {
			t.Errorf("%q: %+v, %v", at, list, err)
		}
	}
}

// chain is a made-up history: days of publication and the days of effect, which never go back.
func chain(t *rapid.T) (policies []*Policy, list History) {
	day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	effect := day
	zone := rapid.SampledFrom([]string{"Europe/London", "America/Los_Angeles", "Pacific/Auckland", "UTC"}).Draw(t, "zone")
	for i := range rapid.IntRange(1, 6).Draw(t, "versions") {
		day = day.AddDate(0, 0, rapid.IntRange(1, 40).Draw(t, "published"))
		if effect.Before(day) {
			effect = day
		}
		effect = effect.AddDate(0, 0, rapid.SampledFrom([]int{0, 0, 1, 30, 45}).Draw(t, "ahead"))
		p := dated(day.Format(time.DateOnly), effect.Format(time.DateOnly), zone)
		if i == 0 {
			p.EffectiveFrom = "" // as in the versions of the first years
			effect = day
		}
		policies = append([]*Policy{p}, policies...)
	}
	list, err := Chronicle(policies)
	if err != nil {
		t.Fatal(err)
	}
	return policies, list
}

// inForce says again, by the days in the file alone, which version is in force: the newest whose day has begun where the controller is.
func inForce(policies []*Policy, now time.Time) string {
	for _, p := range policies {
		zone, _ := time.LoadLocation(p.Controller.TimeZone)
		if from := max(p.EffectiveFrom, p.LastUpdated); now.In(zone).Format(time.DateOnly) >= from {
			return p.Version
		}
	}
	return policies[len(policies)-1].Version
}

// K06: at each second around each change exactly one version is in force, the same for every part of the service. A version that is still to
// come is accepted from nobody. One that was replaced is accepted for the days of grace, and one that never was in force is not.
func TestPromise_K06_TheArithmeticOfVersions(t *testing.T) {
	soak.CheckCostly(t, func(t *rapid.T) {
		policies, list := chain(t)
		grace := rapid.IntRange(1, 60).Draw(t, "grace")
		consents := Consents{Versions: list}
		for i, v := range list {
			consents.Rules = append(consents.Rules, ConsentRules{Version: v.Version, From: v.From, ConsentPeriods: ConsentPeriods{GraceDays: grace}})
			if i > 0 && v.From > list[i-1].From {
				t.Fatalf("%+v go back", list)
			}
		}
		inUse, err := list.InUse(policies)
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range list {
			for _, at := range []time.Time{v.InForceFrom(), v.Replaced(), v.Replaced().AddDate(0, 0, grace)} {
				for _, now := range []time.Time{at.Add(-time.Second), at.Add(-time.Nanosecond), at, at.Add(time.Second)} {
					holds(t, consents, policies, inUse, grace, now)
				}
			}
			if i == 0 && v.Until != 0 {
				t.Fatalf("the newest is replaced at %v", v.Replaced())
			}
		}
	})
}

// holds checks what every part of the service says at one time.
func holds(t *rapid.T, c Consents, policies []*Policy, inUse, grace int, now time.Time) {
	want, list := inForce(policies, now), c.Versions
	if got := list.InForce(now).Version; got != want || c.InForce(now).Version != want {
		t.Fatalf("at %v %s and %s are in force, not %s", now, got, c.InForce(now).Version, want)
	}
	published, _ := policies[0].midnight(policies[0].LastUpdated)
	if used := slices.IndexFunc(list, func(v Published) bool { return v.Version == want }); !now.Before(published) && used >= inUse {
		t.Fatalf("%s is in force at %v and is not compiled: only %d of %+v are", want, now, inUse, list)
	}
	before := true
	for i, v := range list {
		state, coming := list.State(v, now), slices.ContainsFunc(list.Coming(now), func(c Published) bool { return c.Version == v.Version })
		before = before && v.Version != want
		later, known := before && v.From > now.Unix(), StateReplaced
		switch {
		case v.Version == want:
			known = StateInForce
		case i > 0 && v.From >= v.Until:
			known = StateSkipped
		case later:
			known = StateComing
		}
		if state != known || coming != later {
			t.Fatalf("at %v %s is %s, coming %t, not %s", now, v.Version, state, coming, known)
		}
		accepted := state == StateInForce
		if i > 0 && state == StateReplaced {
			accepted = now.Before(v.Replaced().Add(time.Duration(grace) * 24 * time.Hour))
		}
		if got := c.Accepts(v.Version, now); got != accepted {
			t.Fatalf("at %v %s, %s, is accepted: %t", now, v.Version, state, got)
		}
	}
	if c.Accepts("2026-01-01", now) || c.Accepts("", now) {
		t.Fatal("a version is accepted that was never published")
	}
}

// K06: the published versions as they are. A version that was replaced is accepted for whole days of grace after the day of its replacement, and
// the newest for as long as nobody publishes another.
func TestPromise_K06_ThePublishedVersions(t *testing.T) {
	list, consents := Versions(), ForConsents()
	accepted := func(version string, now time.Time, want bool) {
		t.Helper()
		if got := consents.Accepts(version, now); got != want {
			t.Errorf("%q at %s: %v", version, now, got)
		}
	}
	for i, v := range list {
		if i == 0 {
			accepted(v.Version, v.InForceFrom(), true)
			accepted(v.Version, v.InForceFrom().AddDate(10, 0, 0), true)
			continue
		}
		if v.EffectiveFrom == list[i-1].EffectiveFrom {
			continue // it never was in force
		}
		replaced := replacement(t, list[i-1])
		end := replaced.AddDate(0, 0, consents.InForce(replaced).GraceDays)
		for _, now := range []time.Time{replaced, end.Add(-time.Second), end} { // the version in force says for how many days
			accepted(v.Version, now, now.Before(replaced.AddDate(0, 0, consents.InForce(now).GraceDays)))
		}
	}
	for version, want := range map[string]bool{"2025-08-18": true, "2024-09-02": false, "2020-01-01": false, "": false} {
		accepted(version, time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), want)
	}
	if list[0].Version != Newest().Version || list[0].LastUpdated != Newest().LastUpdated || len(list) < 3 {
		t.Errorf("got %+v", list)
	}
	newest := list[0].InForceFrom()
	for _, now := range []time.Time{{}, newest.AddDate(-5, 0, 0), newest.Add(-time.Second), newest, newest.AddDate(9, 0, 0)} {
		if in := InForce(now); in.Version != VersionInForce(now) {
			t.Errorf("at %v %s and %s are in force", now, in.Version, VersionInForce(now))
		}
	}
	for a, older := range map[string]bool{"2025-08-18": true, "2026-11-02": false, "2020-01-01": true, list[0].Version: false} {
		if got := list.Older(a, "2026-11-02"); got != older {
			t.Errorf("%s is older: %t", a, got)
		}
	}
	if list.Older("2026-11-02", "2025-08-18") || !list.Older("2020-01-01", "2021-01-01") {
		t.Errorf("the order of %v", list)
	}
}

// replacement says again, by the days of a version alone, when it has replaced the one before it on every machine: when its first day begins
// where the controller is, or when the day of its publication ends.
func replacement(t *testing.T, v Published) time.Time {
	t.Helper()
	zone, err := time.LoadLocation(Newest().Controller.TimeZone)
	if err != nil {
		t.Fatal(err)
	}
	first, err := time.ParseInLocation(time.DateOnly, v.EffectiveFrom, zone)
	if err != nil {
		t.Fatal(err)
	}
	if v.EffectiveFrom == v.LastUpdated {
		first = first.AddDate(0, 0, 1)
	}
	return first.UTC()
}
