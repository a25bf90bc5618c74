package worddiff

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// shown writes parts as text: [-removed-], {+added+} and … for words left out.
func shown(parts []Part) string {
	var text strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&text, map[Kind]string{Same: "%s", Added: "{+%s+}", Removed: "[-%s-]", Cut: "…%s"}[p.Kind], p.Text)
	}
	return text.String()
}

func TestCompareReadsAsWords(t *testing.T) {
	for _, c := range [][3]string{
		{"", "", ""},
		{"", "New.", "{+New.+}"},
		{"Gone.", "", "[-Gone.-]"},
		{"The same.", "The same.", "The same."},
		{"kept for 2 years.", "kept for 3 years.", "kept for [-2-]{+3+} years."},
		{"Please do not use it.", "Please don't use it.", "Please [-do not-]{+don't+} use it."},
		{"/, /blog/*, /docs", "/, /blog/*, /blog/**, /docs", "/, /blog/*, {+/blog/**, +}/docs"},
		{"privacy@example.com.", "security@example.com.", "[-privacy@example.com-]{+security@example.com+}."},
		{"Plain-text passwords are never stored.", "We never store passwords in plain text.", "[-Plain-text passwords are never stored-]{+We never store passwords in plain text+}."},
		{"電話番号 を保存", "住所 を保存", "[-電話番号-]{+住所+} を保存"},
	} {
		if got := shown(Compare(c[0], c[1])); got != c[2] {
			t.Errorf("%q, %q: %q", c[0], c[1], got)
		}
	}
}

func TestNearKeepsWhatSurroundsAChange(t *testing.T) {
	words := func(from, to int) string {
		var all []string
		for i := from; i <= to; i++ {
			all = append(all, fmt.Sprint("w", i))
		}
		return strings.Join(all, " ")
	}
	for name, c := range map[string][3]string{
		"nothing changed":  {words(1, 9), words(1, 9), "…"},
		"the end":          {words(1, 9) + " a.", words(1, 9) + " b.", "…w8 w9 [-a-]{+b+}."},
		"the beginning":    {"a " + words(1, 9), "b " + words(1, 9), "[-a-]{+b+} w1 w2 …"},
		"two far apart":    {"a " + words(1, 9) + " c", "b " + words(1, 9) + " d", "[-a-]{+b+} w1 w2 …w8 w9 [-c-]{+d+}"},
		"too little to go": {"a " + words(1, 5) + " c", "b " + words(1, 5) + " d", "[-a-]{+b+} " + words(1, 5) + " [-c-]{+d+}"},
		"enough to go":     {"a " + words(1, 6) + " c", "b " + words(1, 6) + " d", "[-a-]{+b+} w1 w2 …w5 w6 [-c-]{+d+}"},
	} {
		if got := shown(Near(Compare(c[0], c[1]), 2)); got != c[2] {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Whatever the texts are, the parts give both of them back, and Near loses no change.
func TestPartsGiveBothTextsBack(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom([]string{"we ", "keep ", "your ", "data", ". ", "(", "”", "\u2028", "\xff", "<b>", "é", " "}), rapid.String()), 0, 30).Draw(t, "words"), "")
	})
	soak.Check(t, func(t *rapid.T) {
		before, after := text.Draw(t, "before"), text.Draw(t, "after")
		parts := Compare(before, after)
		if got := without(parts, Added); got != before {
			t.Fatalf("%q became %q", before, got)
		}
		if got := without(parts, Removed); got != after {
			t.Fatalf("%q became %q", after, got)
		}
		near := Near(parts, rapid.IntRange(0, 3).Draw(t, "words"))
		for _, kind := range []Kind{Added, Removed} {
			if only(near, kind) != only(parts, kind) {
				t.Fatalf("%q and %q lost a change", before, after)
			}
		}
	})
}

func without(parts []Part, kind Kind) (text string) {
	for _, p := range parts {
		if p.Kind != kind {
			text += p.Text
		}
	}
	return text
}

func only(parts []Part, kind Kind) (text string) {
	for _, p := range parts {
		if p.Kind == kind {
			text += p.Text
		}
	}
	return text
}
