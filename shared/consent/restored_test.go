package consent_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var backup = time.Date(2026, time.November, 28, 6, 0, 0, 0, time.UTC)

// onRecord returns a record with one grant and one refusal.
func onRecord(subject string, version int, at time.Time) consent.Record {
	until := at.AddDate(0, 6, 0)
	return consent.Record{Subject: subject, Version: version, Operation: subject + at.String(), RecordedAt: at, ExpiresAt: at.AddDate(3, 6, 0),
		Decisions: map[privacy.Purpose]consent.Decision{
			privacy.MarketingCookies: {State: consent.Granted, DecidedAt: at, ExpiresAt: until},
			privacy.MarketingEmail:   {State: consent.Denied, DecidedAt: at, ExpiresAt: until},
		}}
}

// F17: after a restore, a browser is asked again for what it had agreed to before the backup. What it refused stays refused. Data subjects are not asked:
// what they refused since the backup is recorded again.
func TestFault_F17_BrowsersAreAskedAgain(t *testing.T) {
	now := backup.AddDate(0, 0, 1)
	for name, c := range map[string]struct {
		record consent.Record
		at     time.Time
		want   consent.State
	}{
		"before the backup":       {onRecord("v#a", 1, backup.Add(-time.Second)), backup, consent.Expired},
		"at the backup":           {onRecord("v#a", 1, backup), backup, consent.Granted},
		"after the backup":        {onRecord("v#a", 1, backup.Add(time.Hour)), backup, consent.Granted},
		"never restored":          {onRecord("v#a", 1, backup.AddDate(0, 0, -7)), time.Time{}, consent.Granted},
		"a data subject":          {onRecord(consent.Address("sid"), 1, backup.AddDate(0, 0, -7)), backup, consent.Granted},
		"nothing on record":       {consent.Record{}, backup, consent.Undecided},
		"expired before a backup": {onRecord("v#a", 1, backup.AddDate(-1, 0, 0)), backup, consent.Expired},
	} {
		after := c.record.AfterRestore(c.at)
		if got := after.Effective(privacy.MarketingCookies, now).State; got != c.want {
			t.Errorf("%s: %s", name, got)
		}
		if c.record.Version > 0 && name != "expired before a backup" {
			if got := after.Effective(privacy.MarketingEmail, now).State; got != consent.Denied {
				t.Errorf("%s: a refusal is %s", name, got)
			}
			if got := c.record.Decisions[privacy.MarketingCookies].ExpiresAt; !got.Equal(c.record.RecordedAt.AddDate(0, 6, 0)) {
				t.Errorf("%s: the record itself was changed", name)
			}
		}
	}
}

// F17: a refusal that was lost with a restore holds again, and nothing that was agreed to in the same act.
func TestFault_F17_ARefusalHoldsAgain(t *testing.T) {
	const anna = "e#sid"
	old := onRecord(anna, 3, backup.Add(-time.Hour))
	old.Decisions[privacy.MarketingEmail] = consent.Decision{State: consent.Granted, DecidedAt: old.RecordedAt, ExpiresAt: old.RecordedAt.AddDate(0, 6, 0)}
	delete(old.Decisions, privacy.MarketingCookies)
	lost := onRecord(anna, 5, backup.Add(time.Hour))
	if old.Covers(lost) {
		t.Error("the older record covers the one that was lost")
	}
	next := old.Refused(lost)
	if next.Version != 4 || next.Operation != lost.Operation || !next.Covers(lost) || next.Earlier[0] != old.Operation || next.ExpiresAt.Before(old.ExpiresAt) {
		t.Errorf("%+v", next)
	}
	if got := next.Decisions[privacy.MarketingEmail].State; got != consent.Denied {
		t.Errorf("the refusal is %s", got)
	}
	if got, there := next.Decisions[privacy.MarketingCookies]; there {
		t.Errorf("the grant of the same act is %s", got.State)
	}
	if first := (consent.Record{}).Refused(lost); first.Version != 1 || len(first.Earlier) != 0 || len(first.Decisions) != 1 {
		t.Errorf("the first record: %+v", first)
	}
}
