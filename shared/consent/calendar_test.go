package consent_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// F22: a consent lasts six months of the calendar, and its proof three years: to the last day of a month that lacks the day, to the second.
func TestFault_F22_ConsentEndsOnADayThatThereIs(t *testing.T) {
	for _, row := range []struct {
		decided string
		state   consent.State
		expires string
		kept    string
	}{
		{"2027-08-31T23:59:59Z", consent.Granted, "2028-02-29T23:59:59Z", "2031-02-28T23:59:59Z"},
		{"2026-12-31T00:00:00Z", consent.Granted, "2027-06-30T00:00:00Z", "2030-06-30T00:00:00Z"},
		{"2028-02-29T12:00:00Z", consent.Granted, "2028-08-29T12:00:00Z", "2031-08-29T12:00:00Z"},
		{"2028-02-29T12:00:00Z", consent.Denied, "2028-08-29T12:00:00Z", "2031-02-28T12:00:00Z"},
	} {
		at := func(s string) time.Time {
			parsed, err := time.Parse(time.RFC3339, s)
			if err != nil {
				t.Fatal(err)
			}
			return parsed
		}
		recorder := consent.Recorder{Log: &consenttest.Log{}, Policy: consents, Now: func() time.Time { return at(row.decided).In(time.FixedZone("east", 14*60*60)) }}
		r, err := recorder.Record(t.Context(), consent.Act{Subject: "v#x", Operation: "x", PolicyVersion: inForce.Version, Language: "en", Surface: "api",
			Decisions: map[privacy.Purpose]consent.State{privacy.Testimonials: row.state}})
		if err != nil {
			t.Fatal(err)
		}
		if d := r.Decisions[privacy.Testimonials]; !d.ExpiresAt.Equal(at(row.expires)) || !r.ExpiresAt.Equal(at(row.kept)) {
			t.Errorf("%s at %s: until %s, kept until %s", row.state, row.decided, d.ExpiresAt, r.ExpiresAt)
		}
		last := at(row.expires).Add(-time.Second)
		if r.Effective(privacy.Testimonials, last).State != row.state || r.Effective(privacy.Testimonials, at(row.expires)).State != consent.Expired {
			t.Errorf("%s at %s does not end at %s", row.state, row.decided, row.expires)
		}
	}
}
