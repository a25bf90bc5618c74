package letters

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// A right is headed by what people want, in their words. The policy says where it stands and what it is, if it states the right.
func TestRightsAreNamedInWordsThatPeopleUse(t *testing.T) {
	p := &policy.Policy{Rights: []policy.DeclaredRight{{ID: "access", Title: "Access", Law: "gdpr", Article: "Art. 15", Text: "Receive a copy."},
		{ID: "know", Title: "Right to know", Law: "ccpa", Article: "§1798.110", Text: "Find out."}}}
	for _, c := range []struct {
		id    privacy.Right
		scope privacy.Scope
		want  right
	}{
		{privacy.Access, "", right{"Get a copy of my data", "Access (Art. 15 GDPR): Receive a copy.", "request for a copy of your data"}},
		{privacy.Know, privacy.ByCategory, right{"Know which kinds of data you collect", "Right to know (§1798.110 CCPA): Find out.", "request to know which kinds of data we collect about you"}},
		{privacy.Know, privacy.Specific, right{"Know the data itself that you have collected", "Right to know (§1798.110 CCPA): Find out.", "request to know the data itself that we have collected about you"}},
		{privacy.Portability, "", right{"Take my data to another provider", "", "request to take your data to another provider"}}, // asked for under a version that named it
		{privacy.Complaint, "", right{"Complain about how you handle my data", "Complain to us about how we handle personal data.", "complaint"}},
		{"zeppelin", "", right{"zeppelin", "", "zeppelin request"}},
	} {
		if got := askedIn(p, request.Request{Right: c.id, Asked: request.Asked{Scope: c.scope}}); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.id, got, c.want)
		}
	}
}

// Days are those of the zone's calendar, across the turn of the year too. A zone that nobody knows is read as UTC.
func TestPromise_H13_DaysAreThoseOfTheZone(t *testing.T) {
	at := time.Date(2031, 12, 31, 23, 30, 0, 0, time.UTC)
	for zone, want := range map[string][2]string{
		"Europe/London": {"31 December 2031", "31 December 2031, 23:30 GMT"},
		"Asia/Tokyo":    {"1 January 2032", "1 January 2032, 08:30 JST"},
		"No/Where":      {"31 December 2031", "31 December 2031, 23:30 UTC"},
	} {
		if got := [2]string{day(zone, at), moment(zone, at)}; got != want {
			t.Errorf("%s: %q, want %q", zone, got, want)
		}
	}
}
