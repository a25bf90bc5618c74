package main

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// contract returns the data of an account whose contract began at started and ends or ended at ended. "" means that it has no end.
func contract(started, ended string) string {
	data := strings.Replace(running, "2025-01-01T00:00:00Z", started, 1)
	if ended != "" {
		data = strings.Replace(data, "}", `,"contractEndedAt":"`+ended+`"}`, 1)
	}
	return data
}

// act is one message about a contract from a system of the company, and its expected effect.
type act struct {
	by   string // end: POST /v1/subjects/contract-end; put: PUT of the account record; again: the first record sent again; wait: no message
	end  string // the end of the contract, "" for none; for wait, the time to wait until
	want string // the outcome of a put, or the status of an end
	kept string // until when account data is kept
}

const (
	june, july, march = "2027-06-30T00:00:00Z", "2027-07-31T00:00:00Z", "2027-03-31T00:00:00Z" // in the future
	october           = "2026-10-31T00:00:00Z"                                                 // in the past
	twoYears          = "2029-06-30T00:00:00Z"
)

// histories are contracts that end on a future day, as the systems report them.
var histories = map[string][]act{
	"extended, shortened, ended": {
		{"end", june, "200", twoYears}, {"end", july, "200", "2029-07-31T00:00:00Z"}, {"end", march, "200", "2029-03-31T00:00:00Z"},
		{"end", march, "200", "2029-03-31T00:00:00Z"}, {"end", october, "200", "2028-10-31T00:00:00Z"}, {"end", june, "404", "2028-10-31T00:00:00Z"},
	},
	"corrected by the record": {
		{"put", june, "stored", twoYears}, {"put", july, "stored", "2029-07-31T00:00:00Z"}, {"put", march, "stored", "2029-03-31T00:00:00Z"},
		{"put", october, "stored", "2028-10-31T00:00:00Z"}, {"put", "", "stored", "2028-10-31T00:00:00Z"}, {"end", june, "404", "2028-10-31T00:00:00Z"},
	},
	"corrected by turns": {
		{"end", june, "200", twoYears}, {"put", july, "stored", "2029-07-31T00:00:00Z"}, {"end", march, "200", "2029-03-31T00:00:00Z"},
		{"put", june, "stored", twoYears}, {"end", october, "200", "2028-10-31T00:00:00Z"},
	},
	"taken back, and ended again": {
		{"end", june, "200", twoYears}, {"put", "", "stored", ""}, {"put", june, "stored", twoYears}, {"put", "", "stored", ""}, {"end", july, "200", "2029-07-31T00:00:00Z"},
		{"put", "", "stored", ""}, {"end", october, "200", "2028-10-31T00:00:00Z"},
	},
	"an old line takes nothing back": {
		{"end", june, "200", twoYears}, {"again", "", "unchanged", twoYears}, {"put", june, "stored", twoYears}, {"again", "", "unchanged", twoYears},
	},
	"the day comes by itself": {
		{"end", june, "200", twoYears}, {"wait", "2027-06-29T00:00:00Z", "", twoYears}, {"end", june, "200", twoYears}, {"wait", june, "", twoYears},
		{"end", july, "404", twoYears}, {"put", "", "stored", twoYears}, {"wait", "2029-06-29T23:00:00Z", "", twoYears},
	},
	"the day comes by the record": {
		{"put", june, "stored", twoYears}, {"wait", june, "", twoYears}, {"put", "", "stored", twoYears}, {"end", march, "404", twoYears}, {"put", july, "stored", "2029-07-31T00:00:00Z"},
	},
}

// TestPromise_F01_AnEndThatLiesAhead sends each history alone, beside an account that has ended, and beside an account without an end.
func TestPromise_F01_AnEndThatLiesAhead(t *testing.T) {
	for name, acts := range histories {
		for _, beside := range []string{"", "ended", "running"} {
			t.Run(name+"/"+beside, func(t *testing.T) {
				t.Parallel()
				h := &history{rig: newRig(t), email: "anna@example.org"}
				h.begin(t, beside)
				for i, a := range acts {
					h.Clock.Advance(time.Hour)
					h.do(t, fmt.Sprintf("%d %s %s", i+1, a.by, a.end), a)
				}
			})
		}
	}
}

// history is a rig and the contract that is reported to it.
type history struct {
	*rig
	email  string
	beside bool // another account has no end
}

func (h *history) begin(t *testing.T, beside string) {
	h.put(t, "account", "a", h.email, "2026-01-01T00:00:00Z", running)
	h.put(t, "identity", "self", h.email, "2026-01-01T00:00:00Z", name)
	switch beside {
	case "ended":
		h.put(t, "account", "b", h.email, "2026-01-01T00:00:00Z", contract("2024-01-01T00:00:00Z", "2025-12-31T00:00:00Z"))
	case "running":
		h.put(t, "account", "b", h.email, "2026-01-01T00:00:00Z", contract("2024-01-01T00:00:00Z", ""))
		h.beside = true
	}
}

// do sends an act and checks its effect: no stored record is in the future, and all account data is kept as long as expected.
func (h *history) do(t *testing.T, label string, a act) {
	t.Helper()
	got := ""
	switch a.by {
	case "end":
		code, _ := h.call(t, "POST", "/v1/subjects/contract-end", "application/json", `{"subject":{"email":"`+h.email+`"},"endedAt":"`+a.end+`"}`)
		got = fmt.Sprint(code)
		if h.beside { // the other account has no end yet, so this call ends it too, even if it changes nothing about a
			h.beside = false
			if a.want == "404" {
				if got != "200" {
					t.Fatalf("%s: %s for the other account", label, got)
				}
				return
			}
		}
	case "put":
		got, _ = h.put(t, "account", "a", h.email, h.Clock.Now().Format(time.RFC3339), contract("2025-01-01T00:00:00Z", a.end))
	case "again":
		got, _ = h.put(t, "account", "a", h.email, "2026-01-01T00:00:00Z", running)
	case "wait":
		h.Clock.Set(moment(a.end))
	}
	want := a.kept
	if h.beside {
		want = ""
	}
	if kept := h.expiries(t, h.email); got != a.want || kept["account/a"] != want || kept["identity/self"] != want {
		t.Fatalf("%s: %q, kept until %v, not %q", label, got, kept, want)
	}
	for _, r := range h.stored(t, h.email) {
		if r.OccurredAt.After(h.Clock.Now()) {
			t.Fatalf("%s: %s occurred at %v", label, r.Category, r.OccurredAt)
		}
	}
}

func moment(s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return at
}
