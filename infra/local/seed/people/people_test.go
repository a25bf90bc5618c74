package people

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var baseDay = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// sent is a line as the service reads it.
type sent struct {
	Category   string
	ID         string
	Subject    *struct{ Email string }
	Source     string
	OccurredAt string
	Data       json.RawMessage
}

func all(t *testing.T, n int, base time.Time) [][]sent {
	t.Helper()
	var groups [][]sent
	for lines := range Population(n, base) {
		var group []sent
		for _, text := range lines {
			var s sent
			if err := json.Unmarshal(text, &s); err != nil {
				t.Fatal(err)
			}
			group = append(group, s)
		}
		groups = append(groups, group)
	}
	return groups
}

func TestEveryLineIsAccepted(t *testing.T) {
	lines := 0
	for _, group := range all(t, 300, baseDay) {
		ids := map[string]bool{}
		for _, s := range group {
			lines++
			draft := record.Draft{Category: s.Category, ID: s.ID, Source: s.Source, OccurredAt: s.OccurredAt, Data: s.Data}
			if s.Subject != nil {
				draft.Subject = &record.Named{Email: &s.Subject.Email}
			}
			_, err := record.Check(policy.Newest(), draft, baseDay)
			if err != nil {
				t.Errorf("%s %s: %v", s.Category, s.ID, err)
			}
			if key := s.Category + "#" + s.ID; ids[key] {
				t.Errorf("%s appears twice", key)
			} else {
				ids[key] = true
			}
			if len(s.Data) > record.MaxStored {
				t.Errorf("%s %s has %d bytes", s.Category, s.ID, len(s.Data))
			}
			category, _ := policy.Newest().Category(privacy.Category(s.Category))
			if !contains(category.Sources, s.Source) {
				t.Errorf("the policy names no source %s of %s", s.Source, s.Category)
			}
		}
	}
	t.Logf("%d lines", lines)
}

func contains(sources []privacy.Source, s string) bool {
	for _, one := range sources {
		if string(one) == s {
			return true
		}
	}
	return false
}

// No address reaches anybody, and no two people share one.
func TestAddressesAreReservedAndUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, group := range all(t, 300, baseDay) {
		if group[0].Subject == nil {
			continue
		}
		address, err := subject.ParseAddress(group[0].Subject.Email)
		if err != nil {
			t.Fatalf("%q: %v", group[0].Subject.Email, err)
		}
		if seen[address.Lookup] {
			t.Errorf("%s appears twice", address.Lookup)
		}
		seen[address.Lookup] = true
		if !strings.HasSuffix(address.Lookup, ".test") && !strings.HasSuffix(address.Lookup, "example.org") && !strings.HasSuffix(address.Lookup, "example.com") {
			t.Errorf("%s is not in a reserved domain", address.Lookup)
		}
		for _, s := range group {
			if s.Subject.Email != group[0].Subject.Email {
				t.Error("one group holds two people")
			}
		}
	}
	if len(seen) != 300 {
		t.Errorf("%d people", len(seen))
	}
}

// Everybody whom the seed suggests is in the population, with a running contract and invoices to show.
func TestCustomersHaveSomethingToShow(t *testing.T) {
	named := Customers(300, 2, baseDay)
	if len(named) != 2 || len(Customers(0, 2, baseDay)) != 0 {
		t.Fatalf("named %q", named)
	}
	for _, group := range all(t, 300, baseDay) {
		if group[0].Subject == nil || !slices.Contains(named, group[0].Subject.Email) {
			continue
		}
		categories := map[string]bool{}
		for _, s := range group {
			categories[s.Category] = true
		}
		if group[0].Category != "account" || strings.Contains(string(group[0].Data), "contractEndedAt") || !categories["identity"] || !categories["transaction"] {
			t.Errorf("%s has %v", group[0].Subject.Email, categories)
		}
		named = slices.DeleteFunc(named, func(a string) bool { return a == group[0].Subject.Email })
	}
	if len(named) > 0 {
		t.Errorf("%q are not in the population", named)
	}
}

func TestSameSeedGivesSameBytes(t *testing.T) {
	digest := func(n int, base time.Time) [32]byte {
		h := sha256.New()
		for lines := range Population(n, base) {
			_, _ = h.Write(bytes.Join(lines, []byte("\n")))
		}
		return [32]byte(h.Sum(nil))
	}
	first := digest(300, baseDay)
	if digest(300, baseDay.Add(17*time.Hour+3*time.Second)) != first {
		t.Error("the hour of the day changes the population")
	}
	if digest(299, baseDay) == first {
		t.Error("one person more changes nothing")
	}
	if groups := len(all(t, 300, baseDay)); groups != Groups(300) {
		t.Errorf("%d groups, announced were %d", groups, Groups(300))
	}
	if few, many := invent(7, baseDay), all(t, 20, baseDay)[7]; few.email != many[0].Subject.Email {
		t.Error("a person depends on how many there are")
	}
}

func TestEveryScriptSourceAndCategoryOccurs(t *testing.T) {
	categories, sources := map[string]bool{}, map[string]bool{}
	var text strings.Builder
	for lines := range Population(300, baseDay) {
		for _, l := range lines {
			var s sent
			_ = json.Unmarshal(l, &s)
			categories[s.Category], sources[s.Source] = true, true
			if s.Category == "identity" {
				text.Write(s.Data)
			}
		}
	}
	for _, c := range privacy.Categories {
		if !categories[string(c)] {
			t.Errorf("no %s", c)
		}
	}
	for _, s := range privacy.Sources {
		if !sources[string(s)] {
			t.Errorf("nothing from %s", s)
		}
	}
	for _, script := range []string{"Latin", "Cyrillic", "Greek", "Arabic", "Hebrew", "Han", "Hiragana", "Katakana", "Hangul", "Devanagari", "Thai"} {
		if !strings.ContainsFunc(text.String(), func(r rune) bool { return unicode.Is(unicode.Scripts[script], r) }) {
			t.Errorf("no name in %s", script)
		}
	}
}
