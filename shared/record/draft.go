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

// Draft is a record as it was sent, before anything is believed.
type Draft struct {
	Category, ID, Source string
	OccurredAt           string // RFC 3339
	HasSubject           bool   // it names a data subject
	Data                 []byte // JSON
}

// Limits of one call and one record.
const (
	MaxStored = 380 << 10 // bytes of data as stored, which leaves room for the attributes below DynamoDB's 400 KB (fault F13)
	maxErrors = 20        // fields named in one answer
	ahead     = 24 * time.Hour

	// No time is before this year. Systems write "none" as year 0 or 1, and taken as a time that would start no period, or one that never ends.
	earliestYear = 1900
)

var (
	validID   = regexp.MustCompile(`^[A-Za-z0-9._~-]{1,128}$`)
	plainWord = regexp.MustCompile(`^[a-z][a-z_]{0,39}$`)
)

// Check turns a draft into a record, or says why it is refused: only what the policy declares is collected (promise
// B01), no card number (D04), no password but a strong hash (G01), nothing that points at a person in analytics (F05).
// The error names the fields and repeats no value. A record may be at most a day ahead of now: a time further off would
// make every correction look old.
func Check(p *policy.Policy, d Draft, now time.Time) (Record, error) {
	var c checker
	category, declared := p.Category(privacy.Category(d.Category))
	if !declared {
		c.add("/category", undeclared(d.Category))
	}
	if !validID.MatchString(d.ID) {
		c.add("/id", "must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -")
	} else if HoldsCard(d.ID) {
		c.add("/id", cardDetail)
	}
	if !slices.Contains(privacy.Sources[:], privacy.Source(d.Source)) {
		c.add("/source", "must be one of "+join(privacy.Sources[:]))
	}
	occurredAt := c.occurredAt(d.OccurredAt, now)
	if len(d.Data) == 0 {
		c.add("/data", "is required")
		return Record{}, c.err()
	}
	data, err := Canonical(d.Data)
	if err != nil {
		return Record{}, err
	}
	switch {
	case declared && d.HasSubject && !category.ID.HasSubject():
		c.add("/subject", "must be absent: these are counts of nobody")
	case declared && !d.HasSubject && category.ID.HasSubject():
		c.add("/subject", "is required")
	}
	if declared {
		c.anonymous = !category.ID.HasSubject()
		c.latest = now.AddDate(1, 0, 0)
		if category.ID == privacy.Account { // a contract may have an end that is agreed long before
			c.latest = now.AddDate(LongestContract, 0, 0)
		}
		c.object("/data", category.Fields, data)
		c.searchTerm(data)
	}
	if err := c.err(); err != nil {
		return Record{}, err
	}
	return Record{Category: category.ID, ID: d.ID, Source: privacy.Source(d.Source), OccurredAt: occurredAt, Data: data}, nil
}

// undeclared names the category where it looks like one, since a refusal must name what it refuses (promise B01).
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

// LongestContract is how many years ahead the end of a contract may lie. A later one is somebody's way of writing "open", which is
// written by leaving the end out; taken as a date it would keep data for ever.
const LongestContract = 20

// checker collects the fields at fault.
type checker struct {
	latest    time.Time // no time in the data may be later
	anonymous bool      // the data must point at nobody
	fields    []fault.Field
}

func (c *checker) add(pointer, detail string) {
	if len(c.fields) < maxErrors {
		c.fields = append(c.fields, fault.Field{Pointer: pointer, Detail: detail})
	}
}

func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return fault.New(fault.Unacceptable, "The record is well-formed, but not acceptable.", c.fields...)
}

func (c *checker) occurredAt(s string, now time.Time) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	switch {
	case s == "":
		c.add("/occurredAt", "is required")
	case err != nil || at.Year() < earliestYear:
		c.add("/occurredAt", "must be an RFC 3339 time")
	case at.After(now.Add(ahead)):
		c.add("/occurredAt", fmt.Sprintf("must not lie more than %d hours ahead", int(ahead.Hours())))
	}
	return at.UTC()
}
