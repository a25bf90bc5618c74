package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestPromise_A02_TermsOfEveryVersion(t *testing.T) {
	for _, v := range Versions() {
		if got := TermsOf(v.Version); got.Version != v.Version || got.AnswerWithin != 30 || got.TimeZone != "Europe/London" || got.File != (Span{Months: 24}) {
			t.Errorf("%s: %+v", v.Version, got)
		}
	}
	if got, want := TermsOf(Newest().Version), Newest().Terms(); got != want {
		t.Errorf("%+v, not %+v", got, want)
	}
	if got := TermsOf("2031-01-01"); got != Newest().Terms() {
		t.Errorf("of an unknown version: %+v", got)
	}
}

func date(t *testing.T, day string) int64 {
	t.Helper()
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t.Fatal(err)
	}
	return at.Unix()
}

// An export lives as long as its mail said: if it was made under a version that was replaced since, it keeps that version's life.
func TestPromise_A02_ExportsKeepTheLifeTheyWerePromised(t *testing.T) {
	list := History{{LastUpdated: "2027-03-10"}, {Until: date(t, "2027-03-11")}, {Until: date(t, "2026-11-03")}}
	terms := []Terms{{Export: Span{Days: 3}}, {Export: Span{Days: 7}}, {Export: Span{Days: 30}}}
	day := func(day int) time.Time { return time.Date(2027, 3, day, 12, 0, 0, 0, time.UTC) }
	for now, want := range map[int]int{10: 3, 11: 4, 17: 10, 18: 15, 19: 16, 25: 22} { // on day now, an export made on day want at noon or later is still kept
		if got := exportsMadeBefore(terms[0].Export, list, terms, day(now)); !got.Equal(day(want)) {
			t.Errorf("on the %dth exports of before %v are over, not %v", now, got, day(want))
		}
	}
}

func TestSpansInWords(t *testing.T) {
	for want, span := range map[string]Span{"": {}, "1 day": {Days: 1}, "7 days": {Days: 7}, "1 year and 6 months": {Years: 1, Months: 6}, "24 months": {Months: 24}} {
		if got := span.String(); got != want {
			t.Errorf("%+v: %q", span, got)
		}
	}
	for hours, want := range map[int]string{1: "1 hour", 24: "24 hours", 36: "36 hours"} {
		if got := (&Policy{LinkHours: hours}).LinkAgainWords(); got != want {
			t.Errorf("%d: %q", hours, got)
		}
	}
	for months, want := range map[int]string{1: "1 month", 12: "12 months"} {
		if got := (&Policy{OptOutMonths: months}).OptOutWords(); got != want {
			t.Errorf("%d: %q", months, got)
		}
	}
	for minutes, want := range map[int]string{60: "1 hour", 90: "90 minutes", 120: "2 hours", 1: "1 minute"} {
		if got := (&Policy{SessionLife: minutes}).SessionWords(); got != want {
			t.Errorf("%d: %q", minutes, got)
		}
	}
}

// F22: a span ends on a day that exists.
func TestFault_F22_SpansEndOnADayThatThereIs(t *testing.T) {
	leap := time.Date(2028, 2, 29, 12, 0, 0, 0, time.UTC)
	if got := (Span{Years: 2}).After(leap); !got.Equal(time.Date(2030, 2, 28, 12, 0, 0, 0, time.UTC)) {
		t.Errorf("two years after 29 February: %v", got)
	}
	if got := (Span{Months: 1, Days: 1}).Before((Span{Months: 1, Days: 1}).After(leap)); !got.Equal(leap) {
		t.Errorf("there and back: %v", got)
	}
}

// L01: complaints go to the authority of where the person lives. Where the policy names none, or if nobody knows where that is, all of them are named.
func TestPromise_L01_TheAuthorityOfWhereSomebodyLives(t *testing.T) {
	p := &Policy{Authorities: []Authority{{Jurisdiction: "eu", Name: "a"}, {Jurisdiction: "uk", Name: "b"}, {Jurisdiction: "eu", Name: "c"}}}
	for lives, want := range map[privacy.Jurisdiction]string{privacy.EU: "a c", privacy.UK: "b", privacy.California: "a b c", privacy.Other: "a b c", "": "a b c"} {
		var names []string
		for _, a := range p.AuthoritiesOf(lives) {
			names = append(names, a.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%q: %s, want %s", lives, got, want)
		}
	}
}
