package policy

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestDifferencesOfTheSameTextAreNone(t *testing.T) {
	p := copyOf(t)
	p.Version, p.LastUpdated, p.Kind, p.Author, p.Summary, p.EffectiveFrom, p.AnnounceAt, p.WhatChanged = "v", "v", "v", "v", "v", "v", "v", []Change{{"a", "b"}}
	if found := Differences(Newest(), p); len(found) > 0 {
		t.Errorf("found %+v", found)
	}
}

// K05: whoever reviews a version sees every change: each member of the newest version is changed in turn.
func TestPromise_K05_NoMemberIsLeftOutOfTheDifferences(t *testing.T) {
	before, p := copyOf(t), copyOf(t)
	var all []place
	members(reflect.ValueOf(p).Elem(), place{}, func(at place, _ reflect.Value) { all = append(all, at) })
	if len(all) < 1000 {
		t.Fatalf("a policy has only %d members", len(all))
	}
	chosen := map[string]bool{}
	for _, at := range soak.Sample(all, 7) {
		chosen[at.path] = true
	}
	members(reflect.ValueOf(p).Elem(), place{}, func(at place, v reflect.Value) {
		if !chosen[at.path] && len(at.names) > 1 {
			return
		}
		kept := reflect.ValueOf(v.Interface())
		switch v.Kind() { //nolint:exhaustive // the policy is made of these
		case reflect.String:
			v.SetString(v.String() + "!")
		case reflect.Int:
			v.SetInt(v.Int() + 1)
		case reflect.Bool:
			v.SetBool(!v.Bool())
		}
		found := Differences(before, p)
		if got := len(found) > 0 && found[0].Names[0] == at.names[0]; got == slices.Contains(own[:], at.names[0]) {
			t.Errorf("%s: found %+v", at.path, found)
		}
		v.Set(kept)
	})
}

// members visits every text, figure and bool of a policy.
func members(v reflect.Value, at place, visit func(at place, v reflect.Value)) {
	switch v.Kind() { // the policy is made of these
	case reflect.Slice:
		for i := range v.Len() {
			members(v.Index(i), at.in(itoa(i)), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			members(v.Field(i), at.in(member(v.Type().Field(i))), visit)
		}
	default:
		visit(at, v)
	}
}

func TestDifferencesSayWhatBecameOfEachMember(t *testing.T) {
	old := &Policy{
		AnswerWithin: 30,
		Controller:   Controller{Name: "A", Phone: "1"},
		Purposes:     []Purpose{{ID: "a", Title: "A", Basis: privacy.Contract}, {ID: "b", Title: "B"}, {ID: "c", Title: "C"}},
		Categories:   []Category{{ID: "identity", Examples: []string{"x", "y", "x"}, Fields: []Field{{Name: "n", Type: "list", Fields: []Field{{Name: "m"}}}}}},
		Systems:      []System{{ID: "s", SubProcessors: []System{{ID: "t", Country: "GB"}}}},
		Authorities:  []Authority{{Name: "ICO", Site: "a"}},
	}
	now := &Policy{
		AnswerWithin: 12, BannerDays: 3,
		Controller:  Controller{Name: "B", Email: "e"},
		Purposes:    []Purpose{{ID: "c", Title: "C"}, {ID: "d", Title: "D", Text: "Text.", Basis: privacy.Consent, Sells: true}, {ID: "a", Title: "A2", Basis: privacy.Contract}},
		Categories:  []Category{{ID: "identity", Examples: []string{"x", "z", "w"}, Fields: []Field{{Name: "n", Type: "list", Fields: []Field{{Name: "m", Optional: true}}}, {Name: "o", Enum: []string{"p", "q"}}}}},
		Systems:     []System{{ID: "s", SubProcessors: []System{{ID: "t", Country: "IE"}}}},
		Authorities: []Authority{{Name: "ICO", Site: "b"}},
		Safeguards:  []Safeguard{{ID: "g"}},
	}
	want := []string{
		`/controller/name | controller name | changed | A | B`,
		`/controller/email | controller email | added |  | e`,
		`/controller/phone | controller phone | removed | 1 | `,
		`/categories/0/examples | categories identity examples | added |  | z, w`,
		`/categories/0/examples | categories identity examples | removed | y, x | `,
		`/categories/0/fields/0/fields/0/optional | categories identity fields n fields m optional | changed | false | true`,
		`/categories/0/fields/1 | categories identity fields o | added |  | name: o; optional: false; enum: p, q; thirdParty: false`,
		`/purposes/2/title | purposes a title | changed | A | A2`,
		`/purposes/1 | purposes d | added |  | id: d; title: D; text: Text.; basis: consent; automated: false; sells: true; directMarketing: false; compelling: false`,
		`/purposes/1 | purposes b | removed | id: b; title: B; automated: false; sells: false; directMarketing: false; compelling: false | `,
		`/purposes | purposes | moved | a, c | c, a`,
		`/systems/0/subProcessors/0/country | systems s subProcessors t country | changed | GB | IE`,
		`/safeguards/0 | safeguards g | added |  | id: g`,
		`/authorities/0/site | authorities ICO site | changed | a | b`,
		`/answerWithinDays | answerWithinDays | changed | 30 | 12`,
		`/bannerDays | bannerDays | added |  | 3`,
	}
	var got []string
	for _, d := range Differences(old, now) {
		got = append(got, strings.ReplaceAll(strings.Join([]string{d.Path, strings.Join(d.Names, " "), string(d.Fate), d.Before, d.After}, " | "), "\n", "; "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
