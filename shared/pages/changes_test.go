package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/worddiff"
)

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
