package policy

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// F22: a span ends in the month that is meant, on that month's last day where it lacks the day, and in UTC.
func TestFault_F22_MonthsEndWhereTheyEnd(t *testing.T) {
	at := func(s string) time.Time {
		got, err := time.Parse(time.RFC3339, s)
		if err != nil {
			got, err = time.Parse(time.DateOnly, s)
		}
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2024-02-29", 24, "2026-02-28"}, {"2024-02-29", 48, "2028-02-29"}, {"2026-01-31", 1, "2026-02-28"},
		{"2024-12-31", 26, "2027-02-28"}, {"2025-12-31", 26, "2028-02-29"}, {"2026-08-31", 84, "2033-08-31"},
		{"2026-11-30T23:59:59Z", 3, "2027-02-28T23:59:59Z"}, {"2026-03-31", -1, "2026-02-28"}, {"2026-01-15", 0, "2026-01-15"},
		{"2026-03-01T01:30:00+02:00", 12, "2027-02-28T23:30:00Z"},
	} {
		if got := (Span{Months: c.months}).After(at(c.from)); !got.Equal(at(c.want)) || got.Location() != time.UTC {
			t.Errorf("%s + %d months: %v", c.from, c.months, got)
		}
	}
}

// F22: where a span ends follows from where it starts, and the other way round, on days that every month has.
func TestFault_F22_SpansRunBothWays(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		from := time.Date(rapid.IntRange(1990, 2090).Draw(t, "year"), time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"), 12, 0, 0, 0, time.UTC)
		s := Span{Years: rapid.IntRange(0, 9).Draw(t, "years"), Months: rapid.IntRange(0, 30).Draw(t, "months")}
		end := s.After(from)
		if got := s.Before(end); !got.Equal(from) {
			t.Fatalf("%v: from %v to %v, and back to %v", s, from, end, got)
		}
		if want := from.Year()*12 + int(from.Month()) + 12*s.Years + s.Months; end.Year()*12+int(end.Month()) != want {
			t.Fatalf("%v: from %v to %v", s, from, end)
		}
		days := Span{Days: rapid.IntRange(0, 999).Draw(t, "days")}
		if got := days.After(from); got.Sub(from) != time.Duration(days.Days)*24*time.Hour || !days.Before(got).Equal(from) {
			t.Fatalf("%v: from %v to %v", days, from, got)
		}
	})
}

// A session lasts its number of minutes, and a link opens again for its number of hours.
func TestLifeOfALinkAndOfItsSession(t *testing.T) {
	for _, n := range []int{1, 24, 60, 90} {
		p := &Policy{LinkHours: n, SessionLife: n + 1}
		if again, session := p.LinkAgain(), p.Session(); again.Hours() != float64(n) || session.Minutes() != float64(n+1) {
			t.Errorf("%d hours: %v, and %d minutes: %v", n, again, n+1, session)
		}
	}
}

// A02: the days that a rule gives data without a consent are the same in figures and in words.
func TestPromise_A02_DaysWithoutAConsent(t *testing.T) {
	for i, r := range Newest().Retention {
		if r.UnconsentedDays > 0 {
			refused(t, "/retention/"+itoa(i)+"/start", func(p *Policy) { p.Retention[i].UnconsentedDays++ })
		}
	}
}

// F05: the rules of counts take names, pages, hosts and versions up to the limits of what names nobody.
func TestPromise_F05_LimitsOfTheRulesOfCounts(t *testing.T) {
	for name, rule := range map[string]struct {
		is   func(string) bool
		want map[string]bool
	}{
		"page": {pagePattern, map[string]bool{
			"/": true, "/a": true, "/a/*": true, "/a/**": true, "/a/*/b": true, "/a/*/**": true,
			"": false, "a": false, "/*": false, "/**": false, "/a/**/b": false, "/a/b*": false, "/a*/b": false, "/a/@": false, "/a@b": false, "/a//b": false,
		}},
		"host": {referrerPattern, map[string]bool{
			"a.b": true, "az.09": true, "a-z.example": true, "google.*": true, "mail.google.com": true,
			"": false, "google": false, "a.b.*": false, "-a.b": false, "a-.b": false, "a..b": false, ".a": false, "A.b": false, "a_b.c": false, "a{.b": false, "a`.b": false, "a/.b": false, "a:.b": false, "*.b": false,
		}},
		"version": {func(s string) bool { _, ok := majorVersion(s); return ok }, map[string]bool{
			"1": true, "9": true, "999": true, "1.2.3.4": true, "1.99999": true, "19.09": true,
			"": false, "0": false, "1000": false, "1.2.3.4.5": false, "1.100000": false, "1.": false, "1./": false, "1.:": false, "01": false,
		}},
		"country": {func(s string) bool { return ofCountry(strings.Split(s, ".")) }, map[string]bool{
			"com": true, "de": true, "az": true, "za": true, "co.uk": true, "com.br": true,
			"": false, "org": false, "d1": false, "d`": false, "d{": false, "ac.uk": false, "co.xyz": false, "a.co.uk": false,
		}},
	} {
		for text, want := range rule.want {
			if got := rule.is(text); got != want {
				t.Errorf("%s %q: %t", name, text, got)
			}
		}
	}
}
