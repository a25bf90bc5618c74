package consent_test

import (
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// A prepared act can be recorded: it has the key of its subject in the log, and the signal was applied. If an address names the subject, the
// key is set only when a mail is written.
func TestAnActIsPreparedForItsSubject(t *testing.T) {
	recorder := &consent.Recorder{Log: &consenttest.Log{}, Policy: consents, Now: testclock.New(now).Now}
	for who, prefix := range map[consent.Who]string{{Visitor: visitorID}: "v#", {Email: "anna@example.org"}: ""} {
		act := decides(consent.Granted)
		act.Subject, act.Who, act.GPC = "", who, true
		prepared, err := recorder.Prepare(act)
		if err != nil || !strings.HasPrefix(prepared.Subject, prefix) || (prepared.Subject == "") != who.ByEmail() {
			t.Errorf("%+v: the subject is %q: %v", who, prepared.Subject, err)
		}
		for purpose, state := range prepared.Decisions {
			if rules.Shares(purpose) && state != consent.Denied {
				t.Errorf("%+v: %s is %s in spite of the signal", who, purpose, state)
			}
		}
	}
}

// C03: only an act that denies nothing and came without the signal gives up.
func TestPromise_C03_WhichActsYield(t *testing.T) {
	grant, denial, mixed, signalled := decides(consent.Granted), decides(consent.Denied), decides(consent.Granted), decides(consent.Granted)
	mixed.Decisions[privacy.MarketingEmail], signalled.GPC = consent.Denied, true
	for lost, want := range map[int]bool{0: false, 4: false, 5: true, 6: true, 1000: true} {
		if grant.Yields(lost) != want || denial.Yields(lost) || mixed.Yields(lost) || signalled.Yields(lost) {
			t.Errorf("after %d lost races: %t %t %t %t", lost, grant.Yields(lost), denial.Yields(lost), mixed.Yields(lost), signalled.Yields(lost))
		}
	}
}
