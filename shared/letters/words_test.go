package letters

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func TestRightsAreNamedAsThePolicyNamesThem(t *testing.T) {
	p := &policy.Policy{Rights: []policy.DeclaredRight{{ID: "access", Title: "Access", Law: "gdpr", Article: "Art. 15", Text: "Receive a copy."},
		{ID: "erasure", Title: "Erasure (the right to be forgotten)", Law: "gdpr", Article: "Art. 17", Text: "Have it deleted."}}}
	for id, want := range map[privacy.Right]right{
		privacy.Access:      {Title: "Access (Art. 15 GDPR)", Means: "Receive a copy.", name: "access"},
		"erasure":           {Title: "Erasure (the right to be forgotten) (Art. 17 GDPR)", Means: "Have it deleted.", name: "erasure"},
		privacy.Portability: {Title: "portability", name: "portability"}, // asked for under a version that named it
	} {
		if got := rightOf(p, id); got != want {
			t.Errorf("%s: %+v, want %+v", id, got, want)
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
