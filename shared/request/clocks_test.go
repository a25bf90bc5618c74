package request_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// terms are those of the published policy.
var terms = policy.Newest().Terms()

func at(t *testing.T, s string) time.Time {
	t.Helper()
	parsed, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// H13: several clocks per request, due at 23:59:59 in London; the earliest answer binds.
func TestPromise_H13_Clocks(t *testing.T) {
	for name, row := range map[string]struct {
		received, verified string
		jurisdiction       privacy.Jurisdiction
		law, kind, due     string
		binding            bool
	}{
		"31 January: the EU month ends on the 28th":  {received: "2027-01-31T10:00:00Z", jurisdiction: "eu", law: "eu", kind: "answer", due: "2027-02-28T23:59:59Z", binding: true},
		"31 January: the policy's 30 days end later": {received: "2027-01-31T10:00:00Z", jurisdiction: "eu", law: "policy", kind: "answer", due: "2027-03-02T23:59:59Z"},
		"a leap year": {received: "2028-01-31T10:00:00Z", jurisdiction: "eu", law: "eu", kind: "answer", due: "2028-02-29T23:59:59Z", binding: true},
		"31 December": {received: "2026-12-31T10:00:00Z", jurisdiction: "eu", law: "eu", kind: "answer", due: "2027-01-31T23:59:59Z"},
		"in July the policy's 30 days come first":       {received: "2027-07-10T10:00:00Z", jurisdiction: "eu", law: "policy", kind: "answer", due: "2027-08-09T22:59:59Z", binding: true},
		"23:30 UTC in summer is the next day in London": {received: "2027-07-10T23:30:00Z", law: "eu", kind: "answer", due: "2027-08-11T22:59:59Z"},
		"identity on day 5 moves the UK":                {received: "2027-03-01T10:00:00Z", verified: "2027-03-06T10:00:00Z", law: "uk", kind: "answer", due: "2027-04-06T22:59:59Z"},
		"identity on day 5 does not move the EU":        {received: "2027-03-01T10:00:00Z", verified: "2027-03-06T10:00:00Z", law: "eu", kind: "answer", due: "2027-04-01T22:59:59Z"},
		"California: 45 calendar days":                  {received: "2027-03-01T10:00:00Z", jurisdiction: "california", law: "california", kind: "answer", due: "2027-04-15T22:59:59Z"},
		"California: 10 business days over a holiday":   {received: "2026-12-18T10:00:00Z", jurisdiction: "california", law: "california", kind: "acknowledge", due: "2027-01-05T23:59:59Z"},
		"other: only the policy's own":                  {received: "2027-03-01T10:00:00Z", jurisdiction: "other", law: "policy", kind: "answer", due: "2027-03-31T22:59:59Z", binding: true},
	} {
		t.Run(name, func(t *testing.T) {
			r := request.Request{Terms: terms, Jurisdiction: row.jurisdiction, ReceivedAt: at(t, row.received)}
			if row.verified != "" {
				r.VerifiedAt = at(t, row.verified)
			}
			binding := 0
			found := false
			for _, c := range request.Clocks(r) {
				if c.Binding {
					binding++
				}
				if c.Law == row.law && c.Kind == row.kind {
					found = true
					if !c.DueAt.Equal(at(t, row.due)) || row.binding && !c.Binding {
						t.Errorf("due %s, binding %t", c.DueAt.Format(time.RFC3339), c.Binding)
					}
				}
			}
			if !found || binding != 1 {
				t.Errorf("clock found %t, %d bind", found, binding)
			}
		})
	}
}

// H13: a jurisdiction selects its clock beside the policy's; without one every clock runs.
func TestPromise_H13_JurisdictionSelectsClocks(t *testing.T) {
	for jurisdiction, want := range map[privacy.Jurisdiction]int{"": 5, "eu": 2, "uk": 2, "california": 3, "other": 1} {
		r := request.Request{Terms: terms, Jurisdiction: jurisdiction, ReceivedAt: at(t, "2027-03-01T10:00:00Z")}
		if got := len(request.Clocks(r)); got != want {
			t.Errorf("%q: %d clocks, want %d", jurisdiction, got, want)
		}
	}
}

// F22: retention that begins on 29 February, or ends in a month without that day, ends on the last day that there is.
func TestFault_F22_RetentionEndsOnADayThatThereIs(t *testing.T) {
	closed := request.Request{Terms: terms, ClosedAt: at(t, "2028-02-29T23:59:59Z")}
	if got, want := closed.ExpiresAt(), at(t, "2030-02-28T23:59:59Z"); !got.Equal(want) {
		t.Errorf("24 months after 29 February: %s", got)
	}
	received := request.Request{Terms: terms, ReceivedAt: at(t, "2025-11-30T10:00:00Z")}
	if got, want := received.Record(request.EventReceived, received.ReceivedAt).ExpiresAt, at(t, "2028-02-29T10:00:00Z"); !got.Equal(want) {
		t.Errorf("27 months after 30 November: %s", got)
	}
}
