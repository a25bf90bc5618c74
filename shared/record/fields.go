package record

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const defaultLength = 10_000 // characters of a string whose declaration gives no limit

var (
	decimal  = regexp.MustCompile(`^-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,6})?$`)
	currency = regexp.MustCompile(`^[A-Z]{3}$`)
	language = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,8}$`)
	country  = regexp.MustCompile(`^[A-Z]{2}$`)
)

// object checks a JSON object against the declared fields. data is canonical, so it is well-formed.
func (c *checker) object(pointer string, declared []policy.Field, data jsontext.Value) {
	if data.Kind() != '{' {
		c.Add(pointer, "must be an object")
		return
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(data, &members); err != nil {
		c.Add(pointer, "must be an object")
		return
	}
	for _, f := range declared {
		at := pointer + "/" + f.Name
		value, sent := members[f.Name]
		switch {
		case sent:
			c.value(at, f, value)
		case !f.Optional:
			c.Add(at, fault.Required)
		}
		delete(members, f.Name)
	}
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		c.Add(pointer+fault.Pointer(name), "is not a field that the policy declares")
	}
}

func (c *checker) value(pointer string, f policy.Field, value jsontext.Value) {
	switch f.Type {
	case "objects", "list":
		c.array(pointer, f, value)
	case "integer":
		n, err := strconv.ParseInt(string(value), 10, 64)
		switch {
		case value.Kind() != '0' || err != nil || n > 1<<53 || n < -1<<53:
			c.Add(pointer, "must be an integer")
		case card.In(string(value)):
			c.Add(pointer, card.Detail)
		}
	default:
		c.text(pointer, f, value)
	}
}

func (c *checker) array(pointer string, f policy.Field, value jsontext.Value) {
	var elements []jsontext.Value
	if value.Kind() != '[' || json.Unmarshal(value, &elements) != nil {
		c.Add(pointer, "must be an array")
		return
	}
	for i, e := range elements {
		at := pointer + "/" + strconv.Itoa(i)
		if f.Type == "objects" {
			c.object(at, f.Fields, e)
		} else {
			c.text(at, policy.Field{Type: "string", Enum: f.Enum, MaxLength: f.MaxLength}, e)
		}
	}
}

// text checks a string: its form, and what must never be in one.
func (c *checker) text(pointer string, f policy.Field, value jsontext.Value) {
	var s string
	if value.Kind() != '"' || json.Unmarshal(value, &s) != nil {
		c.Add(pointer, "must be a string")
		return
	}
	limit := f.MaxLength
	if limit == 0 {
		limit = defaultLength
	}
	switch {
	case f.Type == "credential":
		if !IsStrongHash(s) { // promise G01; checked first, so that nothing else is said about a password
			c.Add(pointer, "must be a bcrypt hash of cost 12 or more")
		}
	case utf8.RuneCountInString(s) > limit:
		c.Add(pointer, "must be at most "+strconv.Itoa(limit)+" characters")
	case card.In(s):
		c.Add(pointer, card.Detail)
	case len(f.Enum) > 0 && !slices.Contains(f.Enum, s):
		c.Add(pointer, "must be one of "+strings.Join(f.Enum, ", "))
	default:
		if detail := form(f.Type, s); detail != "" {
			c.Add(pointer, detail)
		} else if detail := c.tooLate(f.Type, s); detail != "" {
			c.Add(pointer, detail)
		}
	}
}

// tooLate returns what is wrong with a time that lies further ahead than the category allows, or "". Such a time would start a retention
// period that never ends (fault F10). The day of a count may not lie ahead at all.
func (c *checker) tooLate(kind, s string) string {
	layout, latest, detail := time.RFC3339, c.latest, "must not lie so far ahead: a time that is not known yet is left out"
	switch kind {
	case "time":
	case "date":
		layout, latest, detail = time.DateOnly, c.latestDay, "must not be a day that has begun nowhere on Earth"
	default:
		return ""
	}
	if at, err := time.Parse(layout, s); err != nil || !at.After(latest) {
		return ""
	}
	return detail
}

// form returns what is wrong with a string of the type, or "".
func form(kind, s string) string {
	ok, must := true, ""
	switch kind {
	case "email":
		_, err := subject.ParseAddress(s)
		ok, must = err == nil, "must be an email address"
	case "time":
		at, err := time.Parse(time.RFC3339, s)
		ok, must = err == nil && at.Year() >= earliestYear, mustBeTime
	case "date":
		at, err := time.Parse(time.DateOnly, s)
		ok, must = err == nil && at.Year() >= earliestYear, "must be a date, YYYY-MM-DD, not before 1900"
	case "decimal":
		ok, must = decimal.MatchString(s), "must be a decimal number in a string"
	case "currency":
		ok, must = currency.MatchString(s), "must be an ISO 4217 code"
	case "country":
		ok, must = country.MatchString(s), "must be an ISO 3166-1 alpha-2 code"
	case "language":
		ok, must = language.MatchString(s), "must be a BCP 47 language tag"
	case "ip":
		_, err := netip.ParseAddr(s)
		ok, must = err == nil, "must be an IP address"
	}
	if ok {
		return ""
	}
	return must
}
