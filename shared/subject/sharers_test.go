package subject

import (
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// T27: two share an address until the data of one has expired. Then it is the other's alone, with whoever was joined to them, and stands for more than
// before from that moment on. While the data of one has no end, the address has none.
func TestThreat_T27_AnAddressIsSharedUntilTheDataOfTheOtherHasExpired(t *testing.T) {
	former := []Former{{ID: "c", At: noon}}
	end, attached := noon.AddDate(0, 1, 0), noon.AddDate(0, -1, 0)
	both := Alias{AttachedAt: attached}.With("a", time.Time{}, former).With("b", end, nil)
	if !both.Shared() || !both.ExpiresAt.IsZero() || both.Formerly != nil || !both.Says("a", time.Time{}, former) || !both.Says("b", end, nil) {
		t.Fatalf("%+v", both)
	}
	if before := both.At(end.Add(-1)); before.Doubt(end.Add(-1)) != Shared || !before.AttachedAt.Equal(attached) {
		t.Errorf("before: %+v", before)
	}
	alone := both.At(end)
	if alone.Subject() != "a" || !alone.Says("a", time.Time{}, former) || !slices.Equal(alone.Formerly, former) || alone.Sharers != nil || !alone.AttachedAt.Equal(end) {
		t.Errorf("afterwards: %+v", alone)
	}
	if known := both.Known(end); both.Doubt(end) != NoDoubt || known.Subject != "a" || !slices.Equal(known.Formerly, former) || !slices.Equal(known.Others, []privacy.SubjectID{"a"}) {
		t.Errorf("known afterwards: %+v", known)
	}
	if later := both.With("b", end.AddDate(0, 1, 0), nil).At(end); !later.Shared() {
		t.Errorf("one whose expiry has moved meanwhile: %+v", later)
	}
	if three := both.With("d", end, nil).With("e", end.Add(1), nil).At(end); !slices.Equal(three.Subjects, []privacy.SubjectID{"a", "e"}) || !three.AttachedAt.Equal(attached) {
		t.Errorf("one of four is left with another: %+v", three)
	}
	over := both.With("a", noon, nil)
	if got := over.At(end); !got.Says("a", noon, nil) || !got.Says("b", end, nil) || !got.ExpiresAt.Equal(end) {
		t.Errorf("nobody is left: %+v", got)
	}
	noEnds := Alias{Subjects: []privacy.SubjectID{"a", "b"}, ExpiresAt: end}
	if got := noEnds.At(end.AddDate(9, 0, 0)); !got.Shared() || !got.With("a", noon, nil).ExpiresAt.IsZero() {
		t.Errorf("nothing is known of when their data expires: %+v", got)
	}
}

// F08, T27: whatever happens to those who use an address, it expires with whoever expires last, and says of each what was last said of them. At any
// time it stands for exactly those whose data has not expired.
func TestPromise_F08_AnAddressExpiresWithTheLastOfItsUsers(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		var a Alias
		want := map[privacy.SubjectID]Sharer{}
		moment := rapid.Custom(func(t *rapid.T) time.Time {
			if days := rapid.IntRange(0, 6).Draw(t, "days"); days > 0 {
				return noon.AddDate(0, 0, days)
			}
			return time.Time{}
		})
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			id := rapid.SampledFrom([]privacy.SubjectID{"a", "b", "c"}).Draw(t, "who")
			if rapid.IntRange(0, 3).Draw(t, "leaves") == 0 {
				a = a.Without(id)
				delete(want, id)
				continue
			}
			s := Sharer{ExpiresAt: moment.Draw(t, "expires")}
			if rapid.Bool().Draw(t, "joined") {
				s.Formerly = []Former{{ID: "former of " + id, At: noon}}
			}
			a, want[id] = a.With(id, s.ExpiresAt, s.Formerly), s
		}
		var ends []time.Time
		for id, s := range want {
			ends = append(ends, s.ExpiresAt)
			if !a.Says(id, s.ExpiresAt, s.Formerly) || a.Says(id, s.ExpiresAt.Add(time.Second), s.Formerly) || a.Says("z", s.ExpiresAt, s.Formerly) {
				t.Fatalf("%+v says something else of %s: %+v", a, id, s)
			}
		}
		if len(want) > 0 && !a.ExpiresAt.Equal(Latest(ends...)) {
			t.Fatalf("it expires %v, its users %v", a.ExpiresAt, ends)
		}
		now := noon.AddDate(0, 0, rapid.IntRange(0, 7).Draw(t, "day"))
		if !a.ExpiresAt.IsZero() && !a.ExpiresAt.After(now) {
			return // a store does not return it any more
		}
		at := a.At(now)
		maps.DeleteFunc(want, func(_ privacy.SubjectID, s Sharer) bool { return !s.ExpiresAt.IsZero() && !s.ExpiresAt.After(now) })
		if !slices.Equal(at.Subjects, slices.Sorted(maps.Keys(want))) || at.Shared() != (len(want) > 1) || !at.ExpiresAt.Equal(a.ExpiresAt) {
			t.Fatalf("at %v: %+v, not %+v", now, at, want)
		}
		for id, s := range want {
			if !at.Says(id, s.ExpiresAt, s.Formerly) {
				t.Fatalf("at %v it says something else of %s: %+v", now, id, at)
			}
		}
	})
}

// An expiry of several is the last of them, and never if one of them is never.
func TestLatestOfSeveralExpiries(t *testing.T) {
	early, late := noon, noon.AddDate(1, 0, 0)
	for _, c := range []struct {
		all  []time.Time
		want time.Time
	}{{nil, time.Time{}}, {[]time.Time{early}, early}, {[]time.Time{late, early}, late}, {[]time.Time{late, {}, early}, time.Time{}}} {
		if got := Latest(c.all...); !got.Equal(c.want) {
			t.Errorf("%v: %v", c.all, got)
		}
	}
}

// Who types an address is somebody new, unless somebody is known by it, or it was taken away from somebody not long ago.
func TestThreat_T33_WhoTypesAnAddressIsSomebodyNew(t *testing.T) {
	for name, c := range map[string]struct {
		is   Alias
		want bool
	}{
		"not on record": {Alias{}, true}, "somebody's": {Alias{Subjects: []privacy.SubjectID{"a"}}, false}, "taken away": {Alias{From: "a", DoubtUntil: noon.Add(1)}, false},
		"taken away long ago": {Alias{From: "a", DoubtUntil: noon}, true}, "contested": {Alias{FrozenAt: noon}, false},
	} {
		if c.is.Unknown(noon) != c.want {
			t.Errorf("%s: %t", name, !c.want)
		}
	}
}
