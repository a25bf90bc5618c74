package record

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Draft is a record as it was sent, before it is checked.
type Draft struct {
	Category, ID, Source string
	OccurredAt           string // RFC 3339
	Subject              *Named // nil if the record names nobody
	Data                 []byte // JSON
}

// Limits of one call and one record.
const (
	MaxStored = 380 << 10 // bytes of data as stored, which leaves room for the attributes below DynamoDB's 400 KB (fault F13)
	ahead     = 24 * time.Hour

	// No time may be before this year. Some systems write "none" as year 0 or 1. Read as a time, that would start no period, or one that
	// never ends.
	earliestYear = 1900
	mustBeTime   = "must be an RFC 3339 time, not before 1900"
)

var (
	validID   = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,128}$`)
	plainWord = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)
)

// Check turns a draft into a record, or says why it is refused. It accepts only what the policy declares (promise B01). It refuses card
// numbers (D04), passwords that are not a strong hash (G01), and anything in analytics that points at a person (F05). The error names the
// fields and repeats no value. A record may occur at most a day after now, because a time further ahead would make every correction look
// old.
func Check(p *policy.Policy, d Draft, now time.Time) (Record, error) {
	c := checker{rules: p.Analytics, latestDay: now.Add(dayAhead)}
	category, declared := p.Category(privacy.Category(d.Category))
	c.Need("/category", d.Category, declared, undeclared(d.Category))
	CheckID(&c.Fields, "/id", d.ID)
	if declared {
		c.subject(category.ID, d.Subject)
	}
	c.Need("/source", d.Source, slices.Contains(privacy.Sources[:], privacy.Source(d.Source)), "must be one of "+join(privacy.Sources[:]))
	occurredAt := c.occurredAt(d.OccurredAt, now)
	data, err := c.data(category, d.Data, now)
	if err == nil {
		err = c.Err()
	}
	if err != nil {
		return Record{}, err
	}
	r := Record{Category: category.ID, ID: d.ID, Source: privacy.Source(d.Source), OccurredAt: occurredAt, Data: data}
	if !category.ID.HasSubject() {
		r.ID = namelessID(r)
	}
	return r, nil
}

// CheckRetraction returns the category of a record that is to be taken back, and notes why there can be no such record. Analytics counts, which have
// no data subject, cannot be taken back by naming one.
func CheckRetraction(at *fault.Fields, p *policy.Policy, category, id string) privacy.Category {
	declared, ok := p.Category(privacy.Category(category))
	at.Need("/category", category, ok, undeclared(category))
	if ok && !declared.ID.HasSubject() {
		at.Add("/category", "must be a category that belongs to a person: analytics counts have no data subject")
	}
	CheckID(at, "/id", id)
	return declared.ID
}

// undeclared returns the message for a category that the policy does not declare. It names the category if that is a plain word, since a
// refusal must name what it refuses (promise B01).
func undeclared(category string) string {
	if plainWord.MatchString(category) {
		return "the policy declares no category " + category
	}
	return "must be one of " + join(privacy.Categories[:])
}

func join[T ~string](words []T) string {
	parts := make([]string, len(words))
	for i, w := range words {
		parts[i] = string(w)
	}
	return strings.Join(parts, ", ")
}

// LongestContract is how many years ahead the end of a contract may lie. A later end usually means "open", which must be written by leaving
// the end out. Taken as a date, it would keep data for ever.
const LongestContract = 20

// ContractEnd reads the end of a contract that a system sent as /endedAt, or notes what is wrong with it.
func ContractEnd(at *fault.Fields, sent string, now time.Time) time.Time {
	ended, err := time.Parse(time.RFC3339, sent)
	at.Need("/endedAt", sent, err == nil && ended.Year() >= earliestYear, mustBeTime)
	if ended.After(now.AddDate(LongestContract, 0, 0)) {
		at.Add("/endedAt", fmt.Sprintf("must not be more than %d years in the future", LongestContract))
	}
	return ended.UTC()
}

// checker collects the fields at fault.
type checker struct {
	fault.Fields
	rules     policy.Analytics // what counts may hold
	latest    time.Time        // no time in the data may be later
	latestDay time.Time        // no date in the data may be later
}

// subject requires an id or an address for a category that belongs to a person, and refuses both for any other category (promise F05).
func (c *checker) subject(category privacy.Category, who *Named) {
	switch {
	case !category.HasSubject() && who != nil:
		c.Add("/subject", "must be left out: analytics counts have no data subject")
	case category.HasSubject() && who == nil:
		c.Add("/subject", fault.Required)
	case category.HasSubject():
		who.Check(&c.Fields, "/subject")
	}
}

func (c *checker) occurredAt(s string, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	c.Need("/occurredAt", s, err == nil && at.Year() >= earliestYear, mustBeTime)
	if at.After(now.Add(ahead)) {
		c.Add("/occurredAt", fmt.Sprintf("must not be more than %d hours in the future", int(ahead.Hours())))
	}
	return at.UTC()
}

// data returns the data as it is stored. It checks the fields if the policy declares the category; otherwise category.ID is empty.
func (c *checker) data(category policy.Category, sent []byte, now time.Time) ([]byte, error) {
	if len(sent) == 0 {
		c.Add("/data", fault.Required)
		return nil, nil
	}
	data, err := Canonical(sent)
	if err != nil || category.ID == "" {
		return nil, err
	}
	c.latest = now.AddDate(1, 0, 0)
	if category.ID == privacy.Account { // the end of a contract may be agreed years ahead
		c.latest = now.AddDate(LongestContract, 0, 0)
	}
	c.object("/data", category.Fields, data)
	if !category.ID.HasSubject() {
		return c.counts(data)
	}
	return data, nil
}
