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

// due returns a clock of a request.
func due(t *testing.T, r request.Request, law, kind string) request.Clock {
	t.Helper()
	for _, c := range request.Clocks(r) {
		if c.Law == law && c.Kind == kind {
			return c
		}
	}
	t.Fatalf("no clock %s %s", law, kind)
	return request.Clock{}
}

// H13, I02, L03: rights with clocks of their own. A child's report is due in three days, everywhere. A complaint is acknowledged within 30 days, counted
// from the day after it came; by UK law not on a weekend or a bank holiday. An opt-out takes effect within 15 business days.
func TestPromise_L03_RightsWithClocksOfTheirOwn(t *testing.T) {
	for name, row := range map[string]struct {
		right          privacy.Right
		received       string
		jurisdiction   privacy.Jurisdiction
		law, kind, due string
		binds          bool
		all            int // clocks
	}{
		"a child":                                   {privacy.ChildErasure, "2027-03-01T10:00:00Z", "", "policy", "answer", "2027-03-04T23:59:59Z", true, 5},
		"a child, on the eve of summer time":        {privacy.ChildErasure, "2027-03-25T10:00:00Z", "uk", "policy", "answer", "2027-03-28T22:59:59Z", true, 2},
		"a child in California":                     {privacy.ChildErasure, "2027-03-01T10:00:00Z", "california", "california", "answer", "2027-04-15T22:59:59Z", false, 3},
		"a complaint":                               {privacy.Complaint, "2027-03-01T10:00:00Z", "", "uk", "acknowledge", "2027-03-31T22:59:59Z", false, 3},
		"a complaint's own answer":                  {privacy.Complaint, "2027-03-01T10:00:00Z", "", "policy", "answer", "2027-03-31T22:59:59Z", true, 3},
		"a complaint that came late in the evening": {privacy.Complaint, "2027-03-01T23:59:59Z", "uk", "uk", "acknowledge", "2027-03-31T22:59:59Z", false, 3},
		"a complaint that is due on a Saturday":     {privacy.Complaint, "2027-03-04T10:00:00Z", "uk", "uk", "acknowledge", "2027-04-05T22:59:59Z", false, 3},
		"the policy does not wait for Monday":       {privacy.Complaint, "2027-03-04T10:00:00Z", "uk", "policy", "acknowledge", "2027-04-03T22:59:59Z", false, 3},
		"a complaint that is due on a Sunday":       {privacy.Complaint, "2027-03-05T10:00:00Z", "uk", "uk", "acknowledge", "2027-04-05T22:59:59Z", false, 3},
		"a complaint that is due at Christmas":      {privacy.Complaint, "2026-11-25T10:00:00Z", "uk", "uk", "acknowledge", "2026-12-29T23:59:59Z", false, 3},
		"a complaint that is due on Good Friday":    {privacy.Complaint, "2027-02-24T10:00:00Z", "uk", "uk", "acknowledge", "2027-03-30T22:59:59Z", false, 3},
		"a complaint from the EU":                   {privacy.Complaint, "2027-03-04T10:00:00Z", "eu", "policy", "acknowledge", "2027-04-03T22:59:59Z", false, 2},
		"an opt-out":                                {privacy.OptOut, "2027-03-01T10:00:00Z", "", "california", "answer", "2027-03-22T23:59:59Z", true, 4},
		"an opt-out before Christmas":               {privacy.OptOut, "2026-12-18T10:00:00Z", "california", "california", "answer", "2027-01-12T23:59:59Z", true, 2},
		"an opt-out from the EU":                    {privacy.OptOut, "2027-07-10T10:00:00Z", "eu", "policy", "answer", "2027-08-09T22:59:59Z", true, 2},
		"to know, in California":                    {privacy.Know, "2026-12-18T10:00:00Z", "california", "california", "acknowledge", "2027-01-05T23:59:59Z", false, 3},
		"to delete, in California":                  {privacy.Delete, "2027-03-01T10:00:00Z", "california", "california", "answer", "2027-04-15T22:59:59Z", false, 3},
	} {
		r := request.Request{Right: row.right, Terms: terms, Jurisdiction: row.jurisdiction, ReceivedAt: at(t, row.received)}
		c := due(t, r, row.law, row.kind)
		if !c.DueAt.Equal(at(t, row.due)) || c.Binding != row.binds || len(request.Clocks(r)) != row.all {
			t.Errorf("%s: due %s, binding %t, of %d", name, c.DueAt.Format(time.RFC3339), c.Binding, len(request.Clocks(r)))
		}
	}
}

// H13: an extension moves each law's clock from its original day, and the policy's clock with the first of them. It is in force only if its notice was
// accepted while the original deadline was not over.
func TestPromise_H13_AnExtensionMovesTheClocks(t *testing.T) {
	for name, row := range map[string]struct {
		received, sent string
		jurisdiction   privacy.Jurisdiction
		inForce        bool
		due            map[string]string
		binds          string
	}{
		"31 January, EU":                          {"2027-01-31T10:00:00Z", "2027-02-10T10:00:00Z", "eu", true, map[string]string{"eu": "2027-04-28T22:59:59Z", "policy": "2027-04-28T22:59:59Z"}, "2027-04-28T22:59:59Z"},
		"at the last second":                      {"2027-01-31T10:00:00Z", "2027-02-28T23:59:59Z", "eu", true, map[string]string{"eu": "2027-04-28T22:59:59Z"}, "2027-04-28T22:59:59Z"},
		"a second too late":                       {"2027-01-31T10:00:00Z", "2027-03-01T00:00:00Z", "eu", false, map[string]string{"eu": "2027-02-28T23:59:59Z", "policy": "2027-03-02T23:59:59Z"}, "2027-02-28T23:59:59Z"},
		"before the EU's, but after the policy's": {"2027-07-10T10:00:00Z", "2027-08-10T10:00:00Z", "eu", false, map[string]string{"eu": "2027-08-10T22:59:59Z"}, "2027-08-09T22:59:59Z"},
		"California: 90 days":                     {"2027-03-01T10:00:00Z", "2027-03-31T10:00:00Z", "california", true, map[string]string{"california": "2027-05-30T22:59:59Z", "policy": "2027-05-30T22:59:59Z"}, "2027-05-30T22:59:59Z"},
		"everywhere":                              {"2027-03-01T10:00:00Z", "2027-03-30T10:00:00Z", "", true, map[string]string{"eu": "2027-06-01T22:59:59Z", "uk": "2027-06-01T22:59:59Z", "california": "2027-05-30T22:59:59Z", "policy": "2027-05-30T22:59:59Z"}, "2027-05-30T22:59:59Z"},
		"UK, over summer time":                    {"2027-09-15T10:00:00Z", "2027-09-20T10:00:00Z", "uk", true, map[string]string{"uk": "2027-12-15T23:59:59Z", "policy": "2027-12-15T23:59:59Z"}, "2027-12-15T23:59:59Z"},
		"other: the policy's own":                 {"2027-03-01T10:00:00Z", "2027-03-30T10:00:00Z", "other", true, map[string]string{"policy": "2027-05-31T22:59:59Z"}, "2027-05-31T22:59:59Z"},
		"no notice was accepted":                  {"2027-03-01T10:00:00Z", "", "other", false, map[string]string{"policy": "2027-03-31T22:59:59Z"}, "2027-03-31T22:59:59Z"},
	} {
		r := request.Request{Right: privacy.Erasure, Terms: terms, Jurisdiction: row.jurisdiction, ReceivedAt: at(t, row.received)}
		r.Extension = request.Extension{Reason: "Many requests", DecidedAt: r.ReceivedAt}
		acknowledged := request.Clocks(r)
		if row.sent != "" {
			r.Extension.NoticeSent = at(t, row.sent)
		}
		for law, want := range row.due {
			if got := due(t, r, law, "answer").DueAt; !got.Equal(at(t, want)) {
				t.Errorf("%s: %s is due %s", name, law, got.Format(time.RFC3339))
			}
		}
		if got := request.DueAt(r); !got.Equal(at(t, row.binds)) || r.Extended() != row.inForce {
			t.Errorf("%s: due %s, in force %t", name, got.Format(time.RFC3339), r.Extended())
		}
		for i, c := range request.Clocks(r) {
			if c.Kind == "acknowledge" && !c.DueAt.Equal(acknowledged[i].DueAt) {
				t.Errorf("%s: the acknowledgement moved to %s", name, c.DueAt)
			}
		}
	}
}

// H13: a request is overdue in every state that is not final, once its deadline has passed. An extension in force moves that day.
func TestPromise_H13_OverdueInAnyState(t *testing.T) {
	for state, final := range map[request.State]bool{
		request.Verifying: false, request.Open: false, request.Fulfilling: false, request.Fulfilled: true, request.Refused: true, request.Withdrawn: true, request.Lapsed: true,
	} {
		r := request.Request{Right: privacy.Erasure, State: state, Terms: terms, Jurisdiction: "eu", ReceivedAt: at(t, "2027-01-31T10:00:00Z")}
		last := at(t, "2027-02-28T23:59:59Z")
		if r.Overdue(last) || r.Overdue(last.Add(time.Second)) == final {
			t.Errorf("%s: overdue on the day %t, after it %t", state, r.Overdue(last), r.Overdue(last.Add(time.Second)))
		}
		if r.Extension.NoticeSent = last; r.Overdue(last.Add(time.Second)) {
			t.Errorf("%s: overdue although it was extended", state)
		}
	}
}
