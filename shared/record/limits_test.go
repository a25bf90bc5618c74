package record

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Each value of a row lies at a limit of its field; where pointer is set, the value lies one step beyond and the field is named once.
func TestLimitsOfTheFields(t *testing.T) {
	for name, row := range map[string]struct {
		category privacy.Category
		old, new string // what is written in the place of a part of the example
		pointer  string
	}{
		"the first year of a time":    {privacy.Transaction, "2026-01-01T00", "1900-01-01T00", ""},
		"the year before a time":      {privacy.Transaction, "2026-01-01T00", "1899-12-31T00", "/data/issuedAt"},
		"the first year of a date":    {privacy.Analytics, "2026-11-01", "1900-01-01", ""},
		"the year before a date":      {privacy.Analytics, "2026-11-01", "1899-12-31", "/data/day"},
		"a contract of twenty years":  {privacy.Account, `Z"}`, `Z","contractEndedAt":"2046-11-23T12:00:00Z"}`, ""},
		"a longer contract":           {privacy.Account, `Z"}`, `Z","contractEndedAt":"2046-11-23T12:00:01Z"}`, "/data/contractEndedAt"},
		"a time within a year":        {privacy.Transaction, "2026-01-01T00:00:00Z", "2027-11-23T12:00:00Z", ""},
		"a time beyond a year":        {privacy.Transaction, "2026-01-01T00:00:00Z", "2027-11-23T12:00:01Z", "/data/issuedAt"},
		"the longest text":            {privacy.Identity, "Berg", strings.Repeat("ä", defaultLength), ""},
		"a longer text":               {privacy.Identity, "Berg", strings.Repeat("ä", defaultLength+1), "/data/lastName"},
		"the largest integer":         {privacy.Transaction, `"quantity":3`, `"quantity":9007199254740992`, ""},
		"a larger integer":            {privacy.Transaction, `"quantity":3`, `"quantity":9007199254740993`, "/data/lines/0/quantity"},
		"the smallest integer":        {privacy.Transaction, `"quantity":3`, `"quantity":-9007199254740992`, ""},
		"a smaller integer":           {privacy.Transaction, `"quantity":3`, `"quantity":-9007199254740993`, "/data/lines/0/quantity"},
		"an integer in a text":        {privacy.Transaction, `"quantity":3`, `"quantity":"3"`, "/data/lines/0/quantity"},
		"an integer beyond 64 bits":   {privacy.Transaction, `"quantity":3`, `"quantity":99999999999999999999`, "/data/lines/0/quantity"},
		"a word that is not listed":   {privacy.Account, "active", "sleeping", "/data/status"},
		"a password that is no hash":  {privacy.Account, hash12, "secret", "/data/passwordHash"},
		"the largest count":           {privacy.Analytics, `"count":12`, `"count":99999999`, ""},
		"a larger count":              {privacy.Analytics, `"count":12`, `"count":100000000`, "/data/count"},
		"a count that is no integer":  {privacy.Analytics, `"count":12`, `"count":9007199254740993`, "/data/count"},
		"the smallest count":          {privacy.Analytics, `,"searchTerm":"helpdesk","count":12`, `,"count":1`, ""},
		"no visit":                    {privacy.Analytics, `,"searchTerm":"helpdesk","count":12`, `,"count":0`, "/data/count"},
		"no second":                   {privacy.Analytics, `"count":12`, `"count":12,"secondsOnPage":0`, ""},
		"less than a second":          {privacy.Analytics, `"count":12`, `"count":12,"secondsOnPage":-1`, "/data/secondsOnPage"},
		"a page that is not encoded":  {privacy.Analytics, "/pricing", "/%zz", "/data/page"},
		"a page that is not declared": {privacy.Analytics, "/pricing", "/anna", "/data/page"},
		"the longest host":            {privacy.Analytics, "example.com", strings.Repeat(strings.Repeat("z", 63)+".", 3) + strings.Repeat("z", 61), ""},
		"a longer host":               {privacy.Analytics, "example.com", strings.Repeat(strings.Repeat("z", 63)+".", 3) + strings.Repeat("z", 62), "/data/referrerHost"},
		"a longer name in a host":     {privacy.Analytics, "example.com", strings.Repeat("z", 64) + ".com", "/data/referrerHost"},
	} {
		if !strings.Contains(examples[row.category], row.old) {
			t.Fatalf("%s: the example has no %s", name, row.old)
		}
		var want []string
		if row.pointer != "" {
			want = []string{row.pointer}
		}
		if got := pointers(t, draft(row.category, strings.Replace(examples[row.category], row.old, row.new, 1))); !slices.Equal(got, want) {
			t.Errorf("%s is refused at %q, want %q", name, got, want)
		}
	}
}

// A record occurred after 1899 and at most a day from now.
func TestLimitsOfTheTimeOfARecord(t *testing.T) {
	for at, ok := range map[string]bool{
		"1900-01-01T00:00:00Z": true, "1899-12-31T23:59:59Z": false, "2026-11-24T12:00:00Z": true, "2026-11-24T12:00:00.001Z": false, "2026-11-24": false, "": false,
	} {
		d := draft(privacy.Identity, examples[privacy.Identity])
		d.OccurredAt = at
		if got := pointers(t, d); (got == nil) != ok || !ok && !slices.Equal(got, []string{"/occurredAt"}) {
			t.Errorf("%q is refused at %q", at, got)
		}
	}
}

// F01, F10: the end of a contract is a time, after 1899 and at most twenty years ahead.
func TestPromise_F01_LimitsOfTheEndOfAContract(t *testing.T) {
	for sent, ok := range map[string]bool{
		"1900-01-01T00:00:00Z": true, "2026-11-23T14:00:00+02:00": true, "2046-11-23T12:00:00Z": true,
		"": false, "open": false, "1899-12-31T23:59:59Z": false, "2046-11-23T12:00:00.001Z": false, "9999-12-31T00:00:00Z": false,
	} {
		var at fault.Fields
		ended := ContractEnd(&at, sent, now)
		if (at.Err() == nil) != ok || len(at) > 1 || !ok && at[0].Pointer != "/endedAt" {
			t.Errorf("%q: %v", sent, at)
		}
		if want, _ := time.Parse(time.RFC3339, sent); ok && (!ended.Equal(want) || ended.Location() != time.UTC) {
			t.Errorf("%q is read as %v", sent, ended)
		}
	}
}

// F01: only an account whose status says so is closed. The refusal of a closed account without an end names that member.
func TestPromise_F01_ClosedAccounts(t *testing.T) {
	for data, closed := range map[string]bool{`{"status":"closed"}`: true, `{"status":"active"}`: false, `{"status":"Closed"}`: false, `{}`: false, `{"status":7}`: false, `[]`: false} {
		if got := (Record{Data: []byte(data)}).Closed(); got != closed {
			t.Errorf("%s is closed: %t", data, got)
		}
	}
	if known, ok := errors.AsType[*fault.Error](ErrClosed); !ok || len(known.Fields) != 1 || known.Fields[0].Pointer != "/data/contractEndedAt" {
		t.Errorf("%v", ErrClosed)
	}
}

// B01, F05: a record names a data subject if its category has one, and otherwise not. The refusal of an undeclared category names it if it
// looks like a category.
func TestPromise_B01_TheSubjectOfARecord(t *testing.T) {
	nothing := ""
	for name, row := range map[string]struct {
		category privacy.Category
		who      *Named
		want     []string
	}{
		"a person": {privacy.Identity, anna, nil}, "no person": {privacy.Identity, nil, []string{"/subject"}}, "no address": {privacy.Identity, named("", "anna"), []string{"/subject/email"}},
		"a person by an id": {privacy.Identity, named("A-1.b_c~d", ""), nil}, "a person by both": {privacy.Identity, named("1", "anna@example.org"), nil},
		"the longest id": {privacy.Identity, named(strings.Repeat("a", 128), ""), nil}, "a longer id": {privacy.Identity, named(strings.Repeat("a", 129), ""), []string{"/subject/id"}},
		"an id with a space": {privacy.Identity, named("1 2", ""), []string{"/subject/id"}}, "an address as an id": {privacy.Identity, named("anna@example.org", ""), []string{"/subject/id"}},
		"neither": {privacy.Identity, &Named{}, []string{"/subject"}}, "both wrong": {privacy.Identity, named("#", "anna"), []string{"/subject/id", "/subject/email"}},
		"an empty id": {privacy.Identity, &Named{ID: &nothing}, []string{"/subject/id"}}, "an empty address": {privacy.Identity, &Named{ID: anna.Email, Email: &nothing}, []string{"/subject/id", "/subject/email"}},
		"a count": {privacy.Analytics, nil, nil}, "a count of a person": {privacy.Analytics, anna, []string{"/subject"}}, "a count of an id": {privacy.Analytics, named("1", ""), []string{"/subject"}},
	} {
		d := draft(row.category, examples[row.category])
		d.Subject = row.who
		if got := pointers(t, d); !slices.Equal(got, row.want) {
			t.Errorf("%s: refused at %q", name, got)
		}
	}
	all := "must be one of identity, contact, account, preference, transaction, communication, marketing, analytics, security_log"
	for category, want := range map[string]string{"health": "the policy declares no category health", "Anna Berg": all, strings.Repeat("a", 41): all} {
		if got := undeclared(category); got != want {
			t.Errorf("%q: %s", category, got)
		}
	}
}

// T29: other spellings of the same text are read as the text itself.
func TestThreat_T29_WhatIsWrittenInAnotherWay(t *testing.T) {
	for sent, want := range map[string]string{
		"anna%40example.org": "anna@example.org", "anna%2540example.org": "anna@example.org", "anna&#64;example.org": "anna@example.org", "100%": "100%", "%4": "%4", "%c3%a4": "ä",
		"0151–1234567": "0151-1234567", "0151−1234567": "0151-1234567", "192。0。2。1": "192.0.2.1", "192·0·2·1": "192.0.2.1", "192•0•2•1": "192.0.2.1", "192․0․2․1": "192.0.2.1",
		"an\u200bna": "anna", "a\u00a0b\tc": "a b c", "１２３": "123", "٤١١": "411", "ａｎｎａ": "anna",
	} {
		if got := plain(sent); got != want {
			t.Errorf("%q is read as %q, want %q", sent, got, want)
		}
	}
}

// T29: each check for what could belong to one person finds it up to its limit, wherever it stands, and finds nothing beyond (promise F05).
func TestThreat_T29_LimitsOfWhatIdentifies(t *testing.T) {
	for name, kind := range map[string]struct {
		sees func(string) bool
		want map[string]bool
	}{
		"an address of the internet": {holdsIP, map[string]bool{
			"203.0.113.255": true, "203.0.113.256": false, "9.203.0.113.77": true, "256.203.0.113.77": true, "1.0.0.0": false, "120.0.0.0 203.0.113.77": true, "1.0.0.0 and 2.0.0.0": false,
			"a:b 2001:db8::77": true, "2001:db8::77:": true, "::": false, "10:30 11:45": false, "2001-db8--77": true, "1-2 2001-db8--77": true, "203.0.113": false,
		}},
		"a number": {holdsNumber, map[string]bool{
			"123456": false, "1234567": true, "123 4567": true, "1.000.000": false, "12.000.000": false, "123.000.000": false, "1234.000.000": true, "1.000.001": true,
			"2019 2020 2021": false, "1999-12-31": false, "31.12.1999": false, "2026-123456": true, "2016/679": false, "20261231": true, "2026": false, "100 and 1234567": true,
		}},
		"a token": {holdsToken, map[string]bool{
			"a1b2cc": true, "a1bbbb": false, "ab1cd234": true, "ab1cd23": false, "aaaa1111aaaaaaaa": true, "aaaa1111aaaaaaa": false, "INTERNATIONALIZATION": false, "ThisGoodBlueShipRuns": false,
			"AbCdEfGhIjKlMnOp": true, "AbCdEfGhIjKlMnO": false, "JavaScriptObjectNotation": false, "windows11": false, "d96e02a3-9fbf-4224-9b20-58bcd2a6d8cd": true,
		}},
	} {
		for text, want := range kind.want {
			if got := kind.sees(text); got != want {
				t.Errorf("%s in %q: %t", name, text, got)
			}
		}
	}
}
