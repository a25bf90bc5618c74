package pages

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
)

// invented returns policies of versions that were never published, the newest first. Each is "name publication effective kind"; at tells
// which is in force. Their texts are those of the newest real version.
func invented(t *testing.T, at func(time.Time) string, versions ...string) Policies {
	t.Helper()
	p := Compiled()
	var all []*policy.Policy
	texts := map[string]policy.Policy{}
	for _, v := range versions {
		f := strings.Fields(v)
		text := *policy.Newest()
		text.Version, text.LastUpdated, text.EffectiveFrom, text.Kind, text.Summary = f[0], f[1], f[2], f[3], "Summary of "+f[0]+"."
		texts[f[0]], all = text, append(all, &text)
	}
	var err error
	if p.Published, err = policy.Chronicle(all); err != nil {
		t.Fatal(err)
	}
	p.InForce = func(now time.Time) *policy.Policy { text := texts[at(now)]; return &text }
	p.Banner = func(time.Time) policy.Banner { return policy.Banner{} }
	p.Text = func(version string) ([]byte, bool) {
		text, err := json.Marshal(texts[version])
		return text, err == nil
	}
	return p
}

// always returns the version in force whatever the time is.
func always(version string) func(time.Time) string { return func(time.Time) string { return version } }

func TestPromise_A02_EachVersionSaysWhereItStands(t *testing.T) {
	p := invented(t, always("c"), "e 2026-03-01 2026-04-01 significant", "d 2026-02-01 2026-04-01 significant", "c 2026-01-01 2026-01-10 editorial", "b 2025-06-01 2025-06-01 business_transfer", "a 2024-01-01 2024-01-01 significant")
	for version, want := range map[string]string{
		"e": "This version is not in force yet. It takes effect on 1 April 2026 . The version in force is that of 1 January 2026 .",
		"d": "This version never takes effect, because a newer one replaces it from 1 April 2026 . The version in force is that of 1 January 2026 .",
		"c": "This version is in force. It took effect on 10 January 2026 . A newer version replaces it on 1 April 2026 .",
		"b": "This version is no longer in force. It applied from 1 June 2025 and was replaced on 10 January 2026 . The version in force is that of 1 January 2026 .",
		"a": "This version is no longer in force. It applied from 1 January 2024 and was replaced on 1 June 2025 . The version in force is that of 1 January 2026 .",
	} {
		for _, name := range []Name{VersionPage, ChangesPage} {
			if page := text(shown(t, p, name, version, noon)); !strings.Contains(page, want) {
				t.Errorf("%s of %s does not say %q: %.600s", name, version, want, page)
			}
		}
	}
	list := text(shown(t, p, VersionsPage, "", noon))
	for _, want := range []string{
		"Version of 1 March 2026 Coming Name e Published 1 March 2026 In force from 1 April 2026 Kind Significant change Summary of e.",
		"Version of 1 February 2026 Name d Published 1 February 2026 In force never",
		"Version of 1 January 2026 In force Name c Published 1 January 2026 In force from 10 January 2026 until 31 March 2026 Kind Editorial change Summary of c.",
		"Version of 1 June 2025 Name b Published 1 June 2025 In force from 1 June 2025 until 9 January 2026 Kind Transfer of the business Summary of b.",
	} {
		if !strings.Contains(list, want) {
			t.Errorf("the list does not say %q: %s", want, list)
		}
	}
}

func TestPromise_A02_TheListLeadsToEveryVersion(t *testing.T) {
	list := rendered(t, policy.Newest(), VersionsPage)
	for i, v := range policy.Versions() {
		first := i == len(policy.Versions())-1
		for _, want := range []string{v.Version, day(v.LastUpdated), v.Summary, `href="/policy/versions/` + v.Version + `"`} {
			if !strings.Contains(list, want) {
				t.Errorf("%s: the list lacks %q", v.Version, want)
			}
		}
		if strings.Contains(list, `href="/policy/changes/`+v.Version+`"`) == first {
			t.Errorf("%s: the link to its changes is wrong", v.Version)
		}
	}
}

// A02: the page of a version shows every sentence of the bytes that were published, however old they are.
func TestPromise_A02_EveryVersionIsShownWhole(t *testing.T) {
	for _, v := range policy.Versions() {
		p, err := Compiled().decode(v.Version)
		if err != nil {
			t.Fatal(err)
		}
		page := text(shown(t, Compiled(), VersionPage, v.Version, noon))
		found := map[string]string{}
		sentences(reflect.ValueOf(*p), "policy", found)
		for path, sentence := range found {
			if !strings.HasPrefix(path, "policy.WhatChanged") && !strings.Contains(page, blanks.ReplaceAllString(sentence, " ")) {
				t.Errorf("%s: %s is not on the page: %q", v.Version, path, sentence)
			}
		}
		if !strings.Contains(page, v.SHA256) || !strings.Contains(page, day(v.EffectiveFrom)) || len(found) < 150 {
			t.Errorf("%s: the page lacks its checksum or its first day in force, or only %d sentences were found", v.Version, len(found))
		}
	}
}

// K03: the strip stands for the days of the policy, by the clock of the server, and names the change.
func TestPromise_K03_StripFor30DaysAfterTheUpdate(t *testing.T) {
	p, days := Compiled(), policy.Newest().BannerDays
	p.InForce = policytest.Always(policy.Newest()) // a version that comes into force later is in the next tests
	v := p.Published[slices.IndexFunc(p.Published, func(v policy.Published) bool { return v.Kind != policy.Editorial })]
	updated, err := time.Parse(time.DateOnly, v.LastUpdated)
	if err != nil {
		t.Fatal(err)
	}
	said := "We changed this policy on " + updated.Format("2 January 2006") + " . " + v.Summary
	for n, want := range map[int]bool{0: true, days - 1: true, days: true, days + 1: false, days + 370: false} {
		page := shown(t, p, PolicyPage, "", updated.AddDate(0, 0, n).Add(12*time.Hour))
		if strings.Contains(page, `class="strip"`) != want {
			t.Errorf("day %d: want the strip %t", n, want)
		}
		if want && !strings.Contains(text(page), said) {
			t.Errorf("day %d: the strip does not say what changed", n)
		}
		if got := strings.Count(text(page), policy.Newest().Summary); got != 1 {
			t.Errorf("day %d: the summary stands %d times on the page", n, got)
		}
	}
}

// K03, K05: an editorial correction does not take the strip away, and says its own summary beside it.
func TestPromise_K05_AnEditorialCorrectionLeavesTheStrip(t *testing.T) {
	p := invented(t, always("c"), "c 2026-03-09 2026-03-09 editorial", "b 2026-03-01 2026-03-01 significant", "a 2024-01-01 2024-01-01 significant")
	p.Banner = func(time.Time) policy.Banner { return policy.Banner{Show: true, Version: "b"} }
	page := text(shown(t, p, PolicyPage, "", noon))
	for _, want := range []string{"We changed this policy on 1 March 2026 . Summary of b. See what changed", "Last updated 9 March 2026 Summary of c. See what changed All versions"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q: %.900s", want, page)
		}
	}
}

// K05, K06: what is coming stands above the policy with its day until it takes effect. It is said once, although the banner announces it too.
func TestPromise_K06_AComingVersionIsAnnounced(t *testing.T) {
	effective := time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	p := invented(t, func(now time.Time) string {
		if now.Before(effective) {
			return "a"
		}
		return "b"
	}, "b 2026-03-01 2026-04-01 significant", "a 2024-01-01 2024-01-01 significant")
	p.Banner = func(time.Time) policy.Banner { return policy.Banner{Show: true, Version: "b"} }
	s, err := newSite(p, built)
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[time.Time]string{
		effective.Add(-time.Second): "A new version of this policy takes effect on 1 April 2026 . Summary of b. See what changes Read the new version",
		effective:                   "We changed this policy on 1 March 2026 . Summary of b. See what changed",
	} {
		file, err := s.Page(PolicyPage, "", now)
		if err != nil {
			t.Fatal(err)
		}
		page := string(file.Body)
		if !strings.Contains(text(page), want) || strings.Count(page, `class="strip"`) != 1 || !strings.Contains(page, `href="/policy/changes/b"`) {
			t.Errorf("%v: the page does not say %q once: %.900s", now, want, text(page))
		}
		if fresh := now.Equal(effective); (file.Fresh > 0) != fresh {
			t.Errorf("%v: caches may keep the page for %v", now, file.Fresh)
		}
	}
}

func TestPromise_K05_TheKindIsSaidInWords(t *testing.T) {
	for _, v := range policy.Versions() {
		if kind(v.Kind) == v.Kind {
			t.Errorf("%s has no words", v.Kind)
		}
		if page := shown(t, Compiled(), ChangesPage, v.Version, noon); !strings.Contains(page, kind(v.Kind)) {
			t.Errorf("%s: the page does not say %q", v.Version, kind(v.Kind))
		}
	}
}

func TestTheFirstVersionHasNoPredecessor(t *testing.T) {
	first := policy.Versions()[len(policy.Versions())-1]
	if page := text(shown(t, Compiled(), ChangesPage, first.Version, noon)); !strings.Contains(page, "This is the first version") || strings.Contains(page, "section by section") {
		t.Error("the page does not say that it is the first")
	}
}

// The page for an unknown address says the same as the one that the policy function serves, which is no template.
func TestTheMissingPageIsTheUsualOne(t *testing.T) {
	page := rendered(t, policy.Newest(), MissingPage)
	if _, err := (&Site{policies: Compiled()}).Page(VersionPage, "../policy", noon); !errors.Is(err, ErrNoVersion) {
		t.Errorf("an unknown version: %v", err)
	}
	for _, want := range []string{"<h1>Page not found</h1>", "There is no page at this address."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// A start reads no text of a version, and a page is rendered once for all who ask for it.
func TestPagesAreRenderedOnce(t *testing.T) {
	p := Compiled()
	var read []string
	text := p.Text
	p.Text = func(version string) ([]byte, bool) { read = append(read, version); return text(version) }
	s, err := newSite(p, built)
	if err != nil {
		t.Fatal(err)
	}
	if len(read) > 0 {
		t.Errorf("the start reads %q", read)
	}
	var first File
	for i := range 3 {
		file, err := s.Page(ChangesPage, "2026-11-02", noon)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first, read = file, nil
		}
		if len(read) > 0 || &file.Body[0] != &first.Body[0] {
			t.Errorf("call %d renders the page again and reads %q", i+1, read)
		}
	}
}

// BenchmarkChanges measures the page of the largest change so far, with everything that a first call does.
func BenchmarkChanges(b *testing.B) {
	for b.Loop() {
		s, err := newSite(Compiled(), built)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Page(ChangesPage, "2026-11-02", noon); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompare(b *testing.B) {
	before, err := Compiled().decode("2025-08-18")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		compare(before, policy.Newest())
	}
}
