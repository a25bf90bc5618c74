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

// PreferencesLife returns in words how long a preferences link works: "1 hour", "90 minutes".
func (p *Policy) PreferencesLife() string {
	if p.Preferences%60 == 0 {
		return counted(p.Preferences/60, "hour")
	}
	return counted(p.Preferences, "minute")
}

// ConsentPeriods are the periods that consents take from the policy. They are a type of their own so that the consent function does
// not link the rest of the policy.
type ConsentPeriods struct {
	Decision           Span // after which the data subject is asked again (CNIL guidance)
	Proof              Span // how long the record is kept after the consent ended (promise F08)
	Confirmation       Span // life of an unconfirmed consent, and of the link that confirms it
	PreferencesMinutes int  // life of a preferences link, from its mail and again from the confirmation
	GraceDays          int  // how long a new consent may still name a version after its replacement
}

// ConsentPeriods returns the periods of consents under the policy.
func (p *Policy) ConsentPeriods() ConsentPeriods {
	return ConsentPeriods{
		Decision: Span{Months: p.ConsentMonths}, Proof: p.SpanOf(ConsentRecord), Confirmation: p.SpanOf(Confirmation),
		PreferencesMinutes: p.Preferences, GraceDays: p.VersionGrace,
	}
}

// CurrentConsentPeriods returns the periods of consents under the version in force, without linking the rest of the policy.
func CurrentConsentPeriods() ConsentPeriods { return consentPeriods }

// PreferencesLife returns how long a preferences link works.
func (c ConsentPeriods) PreferencesLife() time.Duration {
	return time.Duration(c.PreferencesMinutes) * time.Minute
}

// InForce reports whether a new consent may name the version at the time now. It may if the version is in force or was replaced at
// most GraceDays days ago, so that a publication does not break a page that is already open (design: POST /v1/consents).
func (c ConsentPeriods) InForce(version string, now time.Time) bool {
	for i, p := range published {
		if p.Version != version {
			continue
		}
		return i == 0 || now.Before(DaysAfter(published[i-1].LastUpdated, c.GraceDays))
	}
	return false
}
