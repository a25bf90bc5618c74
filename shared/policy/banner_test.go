package policy

import (
	"testing"
	"time"
)

func TestPromise_K03_BannerFor30DaysAfterTheUpdate(t *testing.T) {
	updated := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	list := []Published{{Version: "b", LastUpdated: "2026-11-02", Kind: "significant"}, {Version: "a", LastUpdated: "2024-02-29", Kind: "significant"}}
	for day, want := range map[int]bool{0: true, 29: true, 30: true, 31: false, 400: false} {
		got := bannerAt(list, 30, updated.AddDate(0, 0, day))
		if got.Show != want || got.Version != "b" {
			t.Errorf("day %d: %+v", day, got)
		}
	}
	until := bannerAt(list, 30, updated).Until
	if want := time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC); !until.Equal(want) {
		t.Errorf("until %s, want %s", until, want)
	}
	if !bannerAt(list, 30, until.Add(-time.Nanosecond)).Show || bannerAt(list, 30, until).Show {
		t.Error("the banner does not go at the time it names")
	}
}

func TestPromise_K05_OnlyChangesThatMatterStartABanner(t *testing.T) {
	now := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)
	editorial := Published{Version: "c", LastUpdated: "2026-11-09", Kind: "editorial"}
	for _, c := range []struct {
		list    []Published
		show    bool
		version string
	}{
		{[]Published{{Version: "b", LastUpdated: "2026-11-02", Kind: "business_transfer"}}, true, "b"},
		{[]Published{editorial}, false, "c"},
		{[]Published{editorial, {Version: "b", LastUpdated: "2026-11-02", Kind: "significant"}}, true, "b"},
		{[]Published{editorial, {Version: "b", LastUpdated: "2026-01-02", Kind: "significant"}}, false, "b"},
	} {
		if got := bannerAt(c.list, 30, now); got.Show != c.show || got.Version != c.version {
			t.Errorf("%+v: %+v", c.list, got)
		}
	}
}
