package privacy

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// F22: if a month lacks the day, its last day is used.
func TestFault_F22_AMonthThatLacksTheDay(t *testing.T) {
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2026-08-31T23:59:58Z", 6, "2027-02-28T23:59:58Z"}, {"2027-08-31T00:00:00Z", 6, "2028-02-29T00:00:00Z"}, {"2028-02-29T12:00:00Z", 12, "2029-02-28T12:00:00Z"},
		{"2026-01-30T01:02:03Z", 1, "2026-02-28T01:02:03Z"}, {"2026-12-31T00:00:00Z", 1, "2027-01-31T00:00:00Z"}, {"2026-03-31T00:00:00Z", -1, "2026-02-28T00:00:00Z"},
		{"2026-11-15T10:00:00+01:00", 0, "2026-11-15T10:00:00+01:00"}, {"2026-05-01T00:00:00Z", 25, "2028-06-01T00:00:00Z"},
	} {
		from, _ := time.Parse(time.RFC3339, c.from)
		if got := AddMonths(from, c.months).Format(time.RFC3339); got != c.want {
			t.Errorf("%s and %d months: %s, not %s", c.from, c.months, got, c.want)
		}
	}
	odd := time.Date(2026, 8, 31, 1, 2, 3, 456, time.FixedZone("odd", 5400))
	if got := AddMonths(odd, 1); got != time.Date(2026, 9, 30, 1, 2, 3, 456, odd.Location()) {
		t.Errorf("the time of day or the zone changed: %s", got)
	}
}

// F22: the result is in the intended month, on the same day or on the month's last.
func TestFault_F22_NoMonthIsSkipped(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		from := time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "seconds"), 0).UTC()
		months := rapid.IntRange(-400, 400).Draw(t, "months")
		got := AddMonths(from, months)
		meant := from.Year()*12 + int(from.Month()) - 1 + months
		if got.Year()*12+int(got.Month())-1 != meant {
			t.Fatalf("%s and %d months are %s", from, months, got)
		}
		if last := got.AddDate(0, 0, 1).Day() == 1; got.Day() != from.Day() && (!last || got.Day() > from.Day()) {
			t.Fatalf("%s and %d months are %s", from, months, got)
		}
	})
}

// F22: the next month begins at midnight in UTC, whatever the zone of the time.
func TestFault_F22_TheNextMonthBeginsAtMidnightUTC(t *testing.T) {
	for from, want := range map[string]string{
		"2026-12-31T23:59:59Z": "2027-01-01T00:00:00Z", "2026-02-01T00:00:00Z": "2026-03-01T00:00:00Z", "2026-03-01T01:00:00+02:00": "2026-03-01T00:00:00Z",
	} {
		at, _ := time.Parse(time.RFC3339, from)
		if got := NextMonth(at).Format(time.RFC3339); got != want {
			t.Errorf("after %s: %s, not %s", from, got, want)
		}
	}
}

// D04: a language tag is short, consists of letters, digits and hyphens, and is not a card number.
func TestPromise_D04_LanguageTags(t *testing.T) {
	for tag, want := range map[string]bool{
		"en": true, "pt-BR": true, "zh-Hant-TW": true, "de-1996": true, "az": true, "AZ": true, "x-09": true, strings.Repeat("a", 35): true,
		"": false, strings.Repeat("a", 36): false, "en_GB": false, "en GB": false, "dé": false, "en\n": false, "a@b": false, "[": false, "`": false, "{": false, "/": false, ":": false,
		"4111-1111-1111-1111": false, "4111111111111111": false,
	} {
		if got := LanguageTag(tag); got != want {
			t.Errorf("%q: %t", tag, got)
		}
	}
}

// F01: IsAccountData agrees with the list of account data. F05: only analytics counts have no data subject. Art. 20: portability
// covers what the data subject provided.
func TestPromise_F01_ListsAndWhatTheySay(t *testing.T) {
	for _, category := range Categories {
		if category.IsAccountData() != slices.Contains(AccountData[:], category) {
			t.Errorf("%s is account data in one place alone", category)
		}
		if category.HasSubject() != (category != "analytics") {
			t.Errorf("%s has a subject: %t", category, category.HasSubject())
		}
	}
	if n := len(AccountData); n != 4 || len(Categories) != 9 {
		t.Errorf("%d of %d categories are account data", n, len(Categories))
	}
	var provided []Source
	for _, source := range Sources {
		if source.FromSubject() {
			provided = append(provided, source)
		}
	}
	if !slices.Equal(provided, []Source{"direct", "automatic"}) {
		t.Errorf("the data subject provides %q", provided)
	}
}
