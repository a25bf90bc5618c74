package main

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// piled returns a visitor who has granted two purposes and whose newest record has the given version. Only the first of the earlier versions
// is stored.
func (s *rig) piled(t testing.TB, version int) string {
	t.Helper()
	visitor, now := uuid.NewString(), s.Clock.Now()
	key, _ := consent.Visitor(visitor)
	granted := consent.Decision{State: consent.Granted, DecidedAt: now, ExpiresAt: now.AddDate(0, 6, 0)}
	record := consent.Record{
		Subject: key, Operation: "x", PolicyVersion: policy.VersionInForce(time.Now()), RecordedAt: now, ExpiresAt: now.AddDate(4, 0, 0),
		Decisions: map[privacy.Purpose]consent.Decision{privacy.MarketingCookies: granted, privacy.Testimonials: granted},
	}
	for _, record.Version = range []int{1, version} {
		if err := s.Consents.Store.Append(t.Context(), record); err != nil {
			t.Fatal(err)
		}
	}
	return visitor
}

// A visitor who has decided a thousand times can still refuse and withdraw, but no longer grant. A refusal takes effect even in an act that
// also grants.
func TestThePileOfOneVisitorIsBounded(t *testing.T) {
	s := newRig(t)
	for name, row := range map[string]struct {
		version          int
		decisions, gpc   string
		status           int
		analytics, sales string // the states of analytics and marketing cookies afterwards
	}{
		"a grant, the last":           {999, `"analytics_cookies":"granted"`, "", 201, "granted", "granted"},
		"a grant beyond":              {1000, `"analytics_cookies":"granted"`, "", 429, "undecided", "granted"},
		"a grant of what is granted":  {1000, `"testimonials":"granted"`, "", 429, "undecided", "granted"},
		"a denial":                    {1000, `"marketing_cookies":"denied"`, "", 201, "undecided", "denied"},
		"a denial long after":         {1200, `"marketing_cookies":"denied"`, "", 201, "undecided", "denied"},
		"a grant beside a denial":     {1000, `"analytics_cookies":"granted","marketing_cookies":"denied"`, "", 201, "undecided", "denied"},
		"a grant with GPC":            {1000, `"analytics_cookies":"granted"`, "1", 201, "undecided", "denied"},
		"a grant that GPC overrules":  {1000, `"marketing_cookies":"granted"`, "1", 201, "undecided", "denied"},
		"both, while there is room":   {999, `"analytics_cookies":"granted","marketing_cookies":"denied"`, "", 201, "granted", "denied"},
		"a grant with GPC, with room": {999, `"analytics_cookies":"granted"`, "1", 201, "granted", "denied"},
	} {
		t.Run(name, func(t *testing.T) {
			visitor := s.piled(t, row.version)
			status, answer, _ := s.call(t, "POST", "/v1/consents", decide(visitor, row.decisions), "Sec-GPC", row.gpc)
			if status != row.status {
				t.Fatalf("answered %d %v", status, answer)
			}
			_, now, _ := s.call(t, "GET", "/v1/consents/"+visitor, "")
			for purpose, want := range map[string]string{"analytics_cookies": row.analytics, "marketing_cookies": row.sales, "testimonials": "granted"} {
				if got := stateOf(t, now, purpose); got != want || status == 201 && stateOf(t, answer, purpose) != want {
					t.Errorf("%s is %s, and was answered as %s", purpose, got, stateOf(t, answer, purpose))
				}
			}
		})
	}
	visitor := s.piled(t, 1000)
	if status, answer, _ := s.call(t, "POST", "/v1/consents/"+visitor+"/withdraw", ""); status != 201 || stateOf(t, answer, "testimonials") != "denied" {
		t.Errorf("a withdrawal: %d %v", status, answer)
	}
}

// If both preconditions are sent, both must be true.
func TestPreconditions(t *testing.T) {
	s := newRig(t)
	for _, row := range []struct {
		version     int
		match, none string
		want        int
	}{
		{0, `"7"`, "*", 412}, {0, `"7"`, "", 412}, {0, `"0"`, "*", 201}, {0, `"0"`, "", 201}, {0, "", "*", 201},
		{7, `"7"`, "*", 412}, {7, `"0"`, "*", 412}, {7, "", "*", 412}, {7, `"7"`, "", 201}, {7, `"6"`, "", 412}, {7, `"8"`, "", 412},
	} {
		visitor := uuid.NewString()
		if row.version > 0 {
			visitor = s.piled(t, row.version)
		}
		status, _, header := s.call(t, "POST", "/v1/consents", decide(visitor, `"testimonials":"denied"`), "If-Match", row.match, "If-None-Match", row.none)
		if status != row.want {
			t.Errorf("version %d, If-Match %s, If-None-Match %s: %d, want %d", row.version, row.match, row.none, status, row.want)
		}
		_, _, now := s.call(t, "GET", "/v1/consents/"+visitor, "")
		if status == 201 && header.Get("ETag") != now.Get("ETag") {
			t.Errorf("answered %s, and %s is on record", header.Get("ETag"), now.Get("ETag"))
		}
	}
}
