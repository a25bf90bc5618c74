package policy

import (
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Span is a length of calendar time. The zero Span belongs to a rule that ends with an event and not on a date.
type Span struct{ Years, Months, Days int }

// After returns the end of a span that starts at t, in UTC. If the resulting month lacks the day, the result is the month's last
// day: two years after 29 February is 28 February, not 1 March (fault F22).
func (s Span) After(t time.Time) time.Time {
	return privacy.AddMonths(t.UTC(), 12*s.Years+s.Months).AddDate(0, 0, s.Days)
}

// Before returns the start of a span that ends at t, in UTC. At the end of a month, the result may be a few days too early.
func (s Span) Before(t time.Time) time.Time {
	return privacy.AddMonths(t.UTC().AddDate(0, 0, -s.Days), -12*s.Years-s.Months)
}

// String returns the span in words, as mails and pages print it: "7 days", "1 year and 6 months".
func (s Span) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		unit string
	}{{s.Years, "year"}, {s.Months, "month"}, {s.Days, "day"}} {
		if p.n > 0 {
			parts = append(parts, counted(p.n, p.unit))
		}
	}
	return strings.Join(parts, " and ")
}

// counted returns a number with its unit, such as "1 hour" or "30 days".
func counted(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return strconv.Itoa(n) + " " + unit + "s"
}

// Span returns the rule's period.
func (r Retention) Span() Span { return Span{r.Years, r.Months, r.Days} }

// SpanOf returns how long a stored kind is kept, or the zero Span if its rule names an event (promise F08).
func (p *Policy) SpanOf(kind Kind) Span { return p.RetentionOf(kind).Span() }

// Session returns how long a session lasts that a mailed link has opened.
func (p *Policy) Session() time.Duration { return time.Duration(p.SessionLife) * time.Minute }

// AnswersFrom returns when something may first be answered by an address that came to stand for more than before at the time given (threat T33).
func (p *Policy) AnswersFrom(attached time.Time) time.Time {
	return attached.UTC().AddDate(0, 0, p.NewAddress)
}

// NewAddressWords returns in words for how long nothing is answered by a new address: "7 days".
func (p *Policy) NewAddressWords() string { return counted(p.NewAddress, "day") }

// LinkAgain returns how long a mailed link opens again after it was first opened.
func (p *Policy) LinkAgain() time.Duration { return time.Duration(p.LinkHours) * time.Hour }

// LinkAgainWords returns in words how long a mailed link opens again: "24 hours".
func (p *Policy) LinkAgainWords() string { return counted(p.LinkHours, "hour") }

// OptOutWords returns in words for how long nobody is asked again who has opted out or objected to direct marketing: "12 months".
func (p *Policy) OptOutWords() string { return counted(p.OptOutMonths, "month") }

// SessionWords returns in words how long a session lasts: "1 hour", "90 minutes".
func (p *Policy) SessionWords() string {
	if p.SessionLife%60 == 0 {
		return counted(p.SessionLife/60, "hour")
	}
	return counted(p.SessionLife, "minute")
}
