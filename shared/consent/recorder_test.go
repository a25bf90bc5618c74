package consent_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// decides returns an act of the visitor v#x about testimonials.
func decides(state consent.State) consent.Act {
	return consent.Act{Subject: "v#x", Operation: uuid.NewString(), PolicyVersion: inForce.Version, Language: "en", Surface: "api",
		Decisions: map[privacy.Purpose]consent.State{privacy.Testimonials: state}}
}

// crowd is a log in which others write before the caller does.
type crowd struct {
	consenttest.Log
	before func(log *consenttest.Log) error // what happens before an append
	after  func(log *consenttest.Log)       // and after it
}

func (c *crowd) Append(ctx context.Context, r consent.Record) error {
	if c.before != nil {
		if err := c.before(&c.Log); err != nil {
			return err
		}
	}
	err := c.Log.Append(ctx, r)
	if c.after != nil {
		c.after(&c.Log)
	}
	return err
}

// C03: an act that denies something is recorded however many others are faster. An act that only grants may be sent away.
func TestPromise_C03_ADenialIsTriedUntilItStands(t *testing.T) {
	signalled, mixed := decides(consent.Granted), decides(consent.Granted)
	signalled.GPC, mixed.Decisions[privacy.MarketingEmail] = true, consent.Denied
	for name, row := range map[string]struct {
		act  consent.Act
		want fault.Kind
	}{
		"a denial": {decides(consent.Denied), ""}, "a denial beside a grant": {mixed, ""}, "a grant with the signal": {signalled, ""},
		"a grant": {decides(consent.Granted), fault.Conflict},
	} {
		races := 12
		log := &crowd{before: func(*consenttest.Log) error {
			if races--; races >= 0 {
				return consent.ErrTaken
			}
			return nil
		}}
		recorder := &consent.Recorder{Log: log, Policy: consents, Now: func() time.Time { return now }}
		_, err := recorder.Record(t.Context(), row.act)
		if err != nil && fault.KindOf(err) != row.want || err == nil && row.want != "" {
			t.Errorf("%s: %v", name, err)
		}
		if stored := len(log.History("v#x")); (stored == 1) != (row.want == "") {
			t.Errorf("%s: %d records", name, stored)
		}
	}
}

// F01: the answer to a grant is lost. Before the caller tries again, others deny the purpose and record more acts than a record remembers.
// The grant is not given a second time.
func TestFault_F01_AGrantWhoseAnswerIsLostAmongOthers(t *testing.T) {
	for _, first := range []bool{false, true} {
		for others := range 9 {
			var log *crowd
			log = &crowd{after: func(inner *consenttest.Log) {
				log.after = nil
				recorder := &consent.Recorder{Log: inner, Policy: consents, Now: func() time.Time { return now }}
				for i := range others {
					act := decides(consent.Denied)
					if i > 0 { // the denial of what was granted comes first
						act.Decisions = map[privacy.Purpose]consent.State{privacy.AnalyticsCookies: consent.Granted}
					}
					if _, err := recorder.Record(t.Context(), act); err != nil {
						t.Fatal(err)
					}
				}
			}}
			lost := false
			log.Lose = func() bool { defer func() { lost = true }(); return !lost }
			recorder := &consent.Recorder{Log: log, Policy: consents, Now: func() time.Time { return now }}
			act := decides(consent.Granted)
			act.First = first
			r, err := recorder.Record(t.Context(), act)
			want := consent.Denied
			if others == 0 {
				want = consent.Granted
			}
			if err != nil || r.Version != 1+others || r.Effective(privacy.Testimonials, now).State != want {
				t.Errorf("%d others: version %d, %s, %v", others, r.Version, r.Effective(privacy.Testimonials, now).State, err)
			}
		}
	}
}

// The log is asked about the past only for a grant that may have been sent before, and only beyond what the newest record names.
func TestThePastIsLookedUpOnlyWhereItMatters(t *testing.T) {
	log := &consenttest.Log{}
	recorder := &consent.Recorder{Log: log, Policy: consents, Now: func() time.Time { return now }}
	for version := range 12 {
		for name, act := range map[string]consent.Act{"unkeyed": decides(consent.Granted), "keyed denial": decides(consent.Denied), "keyed": decides(consent.Granted)} {
			act.Keyed = name != "unkeyed"
			before, stored := log.Looked(), len(log.History("v#x"))
			if _, err := recorder.Record(t.Context(), act); err != nil {
				t.Fatal(err)
			}
			if looked := log.Looked() > before; looked != (name == "keyed" && stored > 5) {
				t.Errorf("%s in round %d after %d versions: looked up %t", name, version, stored, looked)
			}
		}
	}
}

// twoVersions returns what consents need of two versions, the newer first, and a time at which an act may name either of them.
func twoVersions(t *testing.T) (policy.Consents, time.Time) {
	t.Helper()
	same := func(*policy.Policy) {}
	two, at := policytest.Consents(t, policytest.Next(t, "2027-01-04", "2027-01-04", same), policytest.Next(t, "2027-02-01", "2027-02-01", same)), time.Date(2027, 2, 8, 12, 0, 0, 0, time.UTC)
	if !two.Accepts("2027-01-04", at) || two.InForce(at).Version != "2027-02-01" {
		t.Fatal("only one version is accepted")
	}
	return two, at
}

// Denials alone leave only a handful of records, however often and in whatever variety they are sent. The log of a data subject grows only
// with changes, and by at most a thousand grants.
func TestDenialsDoNotPileUp(t *testing.T) {
	two, at := twoVersions(t)
	clock := testclock.New(at)
	log := &consenttest.Log{}
	recorder := &consent.Recorder{Log: log, Policy: two, Now: clock.Now}
	rules := two.InForce(at)
	all := rules.Purposes
	for i := range 6000 {
		act := decides(consent.Denied)
		act.Decisions = map[privacy.Purpose]consent.State{all[i%len(all)]: consent.Denied, all[(i/7)%len(all)]: consent.Denied}
		act.PolicyVersion, act.GPC = two.Versions[i/3%2].Version, i/5%2 == 0
		if i%2 == 0 {
			act.Operation, act.Keyed = fmt.Sprint(i%20), true
		}
		r, err := recorder.Record(t.Context(), act)
		if err != nil {
			t.Fatal(err)
		}
		for purpose := range act.Decisions {
			if r.Effective(purpose, clock.Now()).State != consent.Denied {
				t.Fatalf("act %d is answered with %s %s", i, purpose, r.Effective(purpose, clock.Now()).State)
			}
		}
	}
	if stored := len(log.History("v#x")); stored < 2 || stored > 2*len(all) {
		t.Errorf("6,000 denials left %d records", stored)
	}
	half := len(log.History("v#x"))
	clock.Set(rules.Decision.After(clock.Now()).AddDate(0, 0, 1)) // the purposes are to be asked again, so a denial is stored again, once
	for range 100 {
		act := decides(consent.Denied)
		act.PolicyVersion = rules.Version
		if _, err := recorder.Record(t.Context(), act); err != nil {
			t.Fatal(err)
		}
	}
	if stored := len(log.History("v#x")); stored != half+1 {
		t.Errorf("denials after six months left %d records more", stored-half)
	}
}

// A denial under a newer version of the policy is proof of what was shown, so it is stored; one under an older version proves nothing more.
func TestADenialIsStoredOncePerPolicyVersion(t *testing.T) {
	two, at := twoVersions(t)
	log := &consenttest.Log{}
	recorder := &consent.Recorder{Log: log, Policy: two, Now: func() time.Time { return at }}
	for i, row := range []struct{ published, stored int }{{1, 1}, {1, 1}, {0, 2}, {1, 2}, {0, 2}} {
		act := decides(consent.Denied)
		act.PolicyVersion = two.Versions[row.published].Version
		if _, err := recorder.Record(t.Context(), act); err != nil {
			t.Fatal(err)
		}
		if got := len(log.History("v#x")); got != row.stored {
			t.Errorf("denial %d: %d records, want %d", i, got, row.stored)
		}
	}
}
