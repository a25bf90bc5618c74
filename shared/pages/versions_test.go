package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/worddiff"
)

// invented returns policies of versions that were never published, the newest first. Each is "name publication effective kind"; at tells
// which is in force. Their texts are those of the newest real version.
func invented(t *testing.T, at func(time.Time) string, versions ...string) Policies {
	t.Helper()
	p := Compiled()
	p.Published = nil
	texts := map[string]policy.Policy{}
	for _, v := range versions {
		f := strings.Fields(v)
		text := *policy.Newest()
		text.Version, text.LastUpdated, text.EffectiveFrom, text.Kind, text.Summary = f[0], f[1], f[2], f[3], "Summary of "+f[0]+"."
		texts[f[0]] = text
		p.Published = append(p.Published, policy.Published{Version: f[0], LastUpdated: f[1], EffectiveFrom: f[2], Kind: f[3], Summary: text.Summary})
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
		if !strings.Contains(page, v.SHA256) || len(found) < 150 {
			t.Errorf("%s: the page lacks its checksum, or only %d sentences were found", v.Version, len(found))
		}
	}
}

// K03: the strip stands for the days of the policy, by the clock of the server, and names the change.
func TestPromise_K03_StripFor30DaysAfterTheUpdate(t *testing.T) {
	for day, want := range map[int]bool{0: true, 29: true, 30: true, 31: false, 400: false} {
		page := shown(t, Compiled(), PolicyPage, "", noon.AddDate(0, 0, day))
		if strings.Contains(page, `class="strip"`) != want {
			t.Errorf("day %d: want the strip %t", day, want)
		}
		if v := policy.Versions()[0]; want && !strings.Contains(text(page), "We changed this policy on 2 November 2026 . "+v.Summary) {
			t.Errorf("day %d: the strip does not say what changed", day)
		}
		if strings.Count(page, policy.Newest().Summary) != 1 {
			t.Errorf("day %d: the summary stands %d times on the page", day, strings.Count(page, policy.Newest().Summary))
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

func TestPromise_K05_ThePageOfChangesListsThemOneByOne(t *testing.T) {
	page := text(rendered(t, policy.Newest(), ChangesPage))
	for _, c := range policy.Newest().WhatChanged {
		if !strings.Contains(page, c.Title+" "+c.Text) {
			t.Errorf("the page lacks %q", c.Title)
		}
	}
}

// A page of changes compares with the version before it, and a page of a version compares with none.
func TestPromise_K05_ThePageShowsTheDifference(t *testing.T) {
	page := shown(t, Compiled(), ChangesPage, "2025-08-18", noon)
	for _, want := range []string{
		`<a href="/policy/versions/2024-09-02">the version of 2 September 2024</a>`, `<ins><span class="unseen">[added: </span> Without an account: the day`,
		`<span class="mark">Added</span> <ins>hdx_measure</ins>`, `<a href="/policy/versions/2025-08-18#cookies">Read “Cookies” in full</a>`, `<a href="/policy/versions/2025-08-18#security">Security</a>`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if page := shown(t, Compiled(), VersionPage, "2025-08-18", noon); strings.Contains(page, "<ins>") || strings.Contains(page, "<del>") {
		t.Error("the page of a version shows changes")
	}
}

// A version whose text is missing or broken is an error, and no page with gaps.
func TestABrokenTextIsAnError(t *testing.T) {
	for broken, text := range map[string]func() ([]byte, bool){
		"missing": func() ([]byte, bool) { return nil, false }, "cut off": func() ([]byte, bool) { return []byte(`{"version":`), true },
	} {
		for _, version := range []string{"2026-11-02", "2025-08-18"} { // the version itself, and the one to which it compares
			p := Compiled()
			whole := p.Text
			p.Text = func(name string) ([]byte, bool) {
				if name == version {
					return text()
				}
				return whole(name)
			}
			s, err := newSite(p, built)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Page(ChangesPage, "2026-11-02", noon); err == nil || errors.Is(err, ErrNoVersion) || !strings.Contains(err.Error(), version) {
				t.Errorf("the text of %s is %s: %v", version, broken, err)
			}
			if _, err := s.Page(PolicyPage, "", noon); err != nil {
				t.Errorf("the text of %s is %s, and the policy has no page: %v", version, broken, err)
			}
		}
	}
}

// The outline has the sections of the policy page, under the same titles and ids, so that a link to a section leads there.
func TestTheOutlineHasTheSectionsOfThePage(t *testing.T) {
	page := rendered(t, policy.Newest(), PolicyPage)
	sections := outline(policy.Newest())
	for _, s := range sections {
		if !strings.Contains(page, fmt.Sprintf(`<h2 id="%s">%s</h2>`, s.ID, s.Title)) {
			t.Errorf("the page has no section %s with the title %q", s.ID, s.Title)
		}
	}
	if got := strings.Count(page, "<h2 id="); got != len(sections)+1 { // "This version" is no part of the text
		t.Errorf("the page has %d sections, the outline %d", got, len(sections))
	}
}

// Whatever in a policy changes what its page says is a difference for the page of changes: each member of the newest version is changed
// in turn. What the page does not show is none.
func TestPromise_K05_NoChangeOfThePageIsLeftOut(t *testing.T) {
	s, err := newSite(Compiled(), built)
	if err != nil {
		t.Fatal(err)
	}
	whole := func(p *policy.Policy) string {
		var out strings.Builder
		if err := s.templates.ExecuteTemplate(&out, "commitment", p); err != nil {
			t.Fatal(err)
		}
		if err := s.templates.ExecuteTemplate(&out, "whole", p); err != nil {
			t.Fatal(err)
		}
		return text(out.String()) + strings.Join(elsewhere.FindAllString(out.String(), -1), "") // a link is part of what a page says
	}
	original := clone(t, policy.Newest())
	before := whole(original)
	var paths []string
	leaves(reflect.ValueOf(original).Elem(), "", func(path string, _ reflect.Value) { paths = append(paths, path) })
	if len(paths) < 1000 {
		t.Fatalf("a policy has only %d members", len(paths))
	}
	seen := 0
	for _, path := range soak.Sample(paths, 7) {
		p := clone(t, original)
		leaves(reflect.ValueOf(p).Elem(), "", func(at string, v reflect.Value) {
			if at == path {
				alter(v)
			}
		})
		says, differs := whole(p) != before, len(compare(original, p).Sections) > 0
		if says {
			seen++
		}
		if says && !differs {
			t.Errorf("%s changes the page, but is no change", path)
		}
		if differs && !says {
			t.Errorf("%s is a change, but does not change the page", path)
		}
	}
	if seen < 40 {
		t.Errorf("only %d members change the page: this test looks in the wrong place", seen)
	}
}

// elsewhere matches a link that leads away from the page.
var elsewhere = regexp.MustCompile(`href="(?:https?|mailto|tel):[^"]*"`)

func clone(t *testing.T, p *policy.Policy) *policy.Policy {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var c policy.Policy
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return &c
}

// leaves visits every text, number and bool of a policy.
func leaves(v reflect.Value, path string, visit func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			leaves(v.Index(i), fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			leaves(v.Field(i), path+"."+v.Type().Field(i).Name, visit)
		}
	default:
		visit(path, v)
	}
}

// alter changes a member to another value.
func alter(v reflect.Value) {
	switch {
	case v.CanInt():
		v.SetInt(v.Int() + 1)
	case v.Kind() == reflect.Bool:
		v.SetBool(!v.Bool())
	default:
		v.SetString(v.String() + "changed")
	}
}

func TestPromise_K05_EntriesAreMatchedByWhatTheyAre(t *testing.T) {
	old := section{ID: "s", Title: "S", Entries: []entry{
		{"a", "First", []line{{"Kept", "2 years"}, {"", "Same."}}}, {"b", "Second", texts("Text.")}, {"c", "Third", texts("Text.")}, {"old", "Renamed", texts("Text.")},
	}}
	got := compareSections(old, section{ID: "s", Title: "S", Entries: []entry{
		{"c", "Third", texts("Text.")}, {"new", "Renamed", texts("Text.")}, {"a", "First of all", []line{{"Kept", "3 years"}, {"", "Same."}, {"Law", "7"}}}, {"d", "Fourth", texts("Text.")},
	}})
	want := changedSection{ID: "s", Title: "S", Same: 2, Entries: []changedEntry{
		{"changed", []worddiff.Part{{Kind: worddiff.Same, Text: "First"}, {Kind: worddiff.Added, Text: " of all"}}, []changedLine{
			{"Kept", []worddiff.Part{{Kind: worddiff.Removed, Text: "2"}, {Kind: worddiff.Added, Text: "3"}, {Kind: worddiff.Same, Text: " years"}}},
			{"Law", []worddiff.Part{{Kind: worddiff.Added, Text: "7"}}},
		}},
		{"added", []worddiff.Part{{Kind: worddiff.Added, Text: "Fourth"}}, []changedLine{{"", []worddiff.Part{{Kind: worddiff.Added, Text: "Text."}}}}},
		{"removed", []worddiff.Part{{Kind: worddiff.Removed, Text: "Second"}}, []changedLine{{"", []worddiff.Part{{Kind: worddiff.Removed, Text: "Text."}}}}},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
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
