package consent_test

import (
	"testing"

	"github.com/helpdeskexpert/privacy/shared/consent"
)

// I01, C02: no decision of anybody under 16 is recorded. A data subject who is named by address alone confirms by mail.
func TestPromise_I01_TheWayOfADecision(t *testing.T) {
	visitor, email := consent.Who{Visitor: "x"}, consent.Who{Email: "anna@example.org"}
	both := consent.Who{Visitor: "x", Email: "anna@example.org"} // which Check refuses
	for who, want := range map[consent.Who]consent.Way{visitor: consent.RecordNow, email: consent.ConfirmFirst, both: consent.RecordNow, {}: consent.RecordNow} {
		if got := consent.WayOf(who, false); got != want {
			t.Errorf("%+v: %d, want %d", who, got, want)
		}
		if got := consent.WayOf(who, true); got != consent.RefuseForAge {
			t.Errorf("%+v, under 16: %d", who, got)
		}
	}
}
