package letters

import (
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// right is how mails name the right that was asked for.
type right struct {
	Title string // such as "Access (Art. 15 GDPR)"
	Means string // what the right is, in a sentence of the policy
	name  string // in one word for a subject line, such as "access"
}

// rightOf names a right in the policy's own words. A right that the policy in force no longer names keeps its wire name.
func rightOf(p *policy.Policy, id privacy.Right) right {
	stated, ok := p.Right(id)
	if !ok {
		return right{Title: string(id), name: string(id)}
	}
	return right{Title: stated.Citation(), Means: stated.Text, name: strings.ToLower(stated.Title)}
}

// day writes the day of a time as the calendar of a time zone has it (promise H13). zone is an IANA name.
func day(zone string, t time.Time) string { return t.In(location(zone)).Format("2 January 2006") }

// moment writes a time as the clock of a time zone has it, with the zone's abbreviation. zone is an IANA name.
func moment(zone string, t time.Time) string {
	return t.In(location(zone)).Format("2 January 2006, 15:04 MST")
}

// location returns a time zone by its IANA name, and UTC for an unknown name.
func location(zone string) *time.Location {
	z, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	return z
}
