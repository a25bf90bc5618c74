package deciding

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// shelf is a log in memory; asked counts its reads.
type shelf struct {
	records map[string]consent.Record
	asked   int
	err     error
}

func (s *shelf) Newest(_ context.Context, subject string) (consent.Record, error) {
	s.asked++
	return s.records[subject], s.err
}

// all is a record with the same decision about every purpose that rests on consent.
func all(state consent.State, asksAgain, kept time.Time) consent.Record {
	r := consent.Record{Version: 1, ExpiresAt: kept, Decisions: map[privacy.Purpose]consent.Decision{}}
	for _, purpose := range consent.Purposes() {
		r.Decisions[purpose] = consent.Decision{State: state, ExpiresAt: asksAgain}
	}
	return r
}

// TestPromise_C01_PurposeByState is the table of every declared purpose and every state of consent.
func TestPromise_C01_PurposeByState(t *testing.T) {
	later, before := now.AddDate(1, 0, 0), now
	log := &shelf{records: map[string]consent.Record{
		"granted": all(consent.Granted, later, later), "denied": all(consent.Denied, later, later),
		"expired": all(consent.Granted, before, later), "denial expired": all(consent.Denied, before, later),
		"gone": all(consent.Granted, later, before), "other": {Version: 1, ExpiresAt: later},
	}}
	desk := Desk{Policy: policy.Current(), Consents: log, Now: func() time.Time { return now }}
	rests := map[privacy.LawfulBasis]int{}
	for _, purpose := range policy.Current().Purposes {
		rests[purpose.Basis]++
		for subject, want := range map[string]Reason{
			"granted": ByConsent, "denied": "denied", "expired": "expired", "denial expired": "expired", "gone": "undecided",
			"other": "undecided", "nobody": "undecided", "": "undecided",
		} {
			for _, under16 := range []bool{false, true} {
				want := want
				switch {
				case purpose.Basis != privacy.Consent:
					want = ByBasis
				case under16:
					want = ByAge
				}
				got, err := desk.Decide(t.Context(), purpose.ID, subject, under16)
				allowed := want == ByBasis || want == ByConsent
				if err != nil || got != (Decision{allowed, purpose.Basis, want}) {
					t.Errorf("%s, %q, under 16 %v: %+v %v", purpose.ID, subject, under16, got, err)
				}
			}
		}
	}
	if len(rests) != 4 || rests[privacy.Consent] != len(consent.Purposes()) {
		t.Errorf("purposes by basis: %v", rests)
	}
}

// TestPromise_C01_TwoPurposesThatLookAlike: counting visits needs no consent, cookies that count them do.
func TestPromise_C01_TwoPurposesThatLookAlike(t *testing.T) {
	desk := Desk{Policy: policy.Current(), Consents: &shelf{}, Now: func() time.Time { return now }}
	own, err := desk.Decide(t.Context(), "internal_analytics", "", false)
	cookies, err2 := desk.Decide(t.Context(), privacy.AnalyticsCookies, "", false)
	if errors.Join(err, err2) != nil || !own.Allowed || own.Basis != privacy.LegitimateInterests || cookies.Allowed {
		t.Errorf("%+v, %+v, %v", own, cookies, errors.Join(err, err2))
	}
}

func TestWhatIsNotDecided(t *testing.T) {
	log := &shelf{err: errors.New("no answer")}
	desk := Desk{Policy: policy.Current(), Consents: log, Now: func() time.Time { return now }}
	if got, err := desk.Decide(t.Context(), "profiling", "s", false); fault.KindOf(err) != fault.Unacceptable || got.Allowed || log.asked != 0 {
		t.Errorf("an undeclared purpose: %+v %v", got, err)
	}
	if got, err := desk.Decide(t.Context(), privacy.MarketingEmail, "s", false); err == nil || got.Allowed {
		t.Errorf("on doubt: %+v %v", got, err)
	}
}
