package objection_test

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// of decides about somebody by the id that the company's system uses.
func (s *rig) of(id string, purpose privacy.Purpose) decision.Decision {
	s.T.Helper()
	d := decision.Decider{Policy: policy.InForce, Subjects: s.Subjects, Consents: &s.Consents.Store, Aliases: servicetest.Aliases, Now: s.Clock.Now}
	answer, err := d.Answer(s.T.Context(), servicetest.CRM, decision.Question{Subject: decision.Who{Named: record.Named{ID: &id}}, Purpose: purpose})
	if err != nil {
		s.T.Fatal(err)
	}
	return answer.Decision
}

// known stores a record about somebody with an id of the company's system and an address.
func (s *rig) known(id, email string) {
	s.T.Helper()
	one := record.Record{
		Category: privacy.Identity, ID: "self", Source: privacy.Direct, OccurredAt: s.Clock.Now().Add(-time.Hour), Data: []byte(`{"firstName":"Anna","lastName":"Berg"}`),
	}
	if _, err := s.TakeAs(id, email, one); err != nil {
		s.T.Fatal(err)
	}
	s.RunChanges()
}

// T27: an opt-out by an address that two people share holds for both, and so does its lift. A restriction by it goes to the team.
func TestThreat_T27_ASharedAddress(t *testing.T) {
	s := newRig(t)
	s.known("1", anna)
	s.known("2", anna)
	r := s.limits(optOut).Request
	if len(r.On) != 2 || r.State != request.Fulfilled {
		t.Errorf("%+v", r)
	}
	for _, id := range []string{"1", "2"} {
		if d := s.of(id, privacy.MarketingCookies); d.Reason != decision.ByOptOut {
			t.Errorf("%s: %+v", id, d)
		}
	}
	restriction := s.limits(keepClaims).Request
	if restriction.InForce() || restriction.WaitsFor(s.Clock.Now()) != request.ForTeam || !s.of("1", delivery).Allowed {
		t.Errorf("%+v", restriction)
	}
	s.withdraws(r.ID)
	for _, id := range []string{"1", "2"} {
		if d := s.of(id, privacy.MarketingCookies); d.Reason == decision.ByOptOut {
			t.Errorf("lifted, %s: %+v", id, d)
		}
	}
}

// T27: an address that was taken away from somebody identifies nobody. An opt-out by it holds for whoever it stands for next, and says nothing about
// the one from whom it was taken. The doubt about it ends on the same day as without the opt-out, whether it is taken back or not.
func TestThreat_T27_ADetachedAddress(t *testing.T) {
	for name, lifts := range map[string]bool{"in force": false, "taken back": true} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			s.known("1", anna)
			s.SetAddresses("1", false, "new@example.org")
			before, _, err := s.Addresses.Find(t.Context(), s.Parse(anna))
			if err != nil || before.Doubt != subject.Detached {
				t.Fatalf("%+v, %v", before, err)
			}
			r := s.limits(optOut).Request
			if r.State != request.Fulfilled || !r.InForce() {
				t.Errorf("%+v", r)
			}
			if d := s.of("1", privacy.MarketingCookies); d.Reason == decision.ByOptOut {
				t.Errorf("the one from whom it was taken: %+v", d)
			}
			if d := s.decides(anna, privacy.MarketingCookies); d.Reason != decision.ByOptOut {
				t.Errorf("%+v", d)
			}
			if lifts {
				s.withdraws(r.ID)
			}
			for after, want := range map[time.Duration]subject.Doubt{89 * 24 * time.Hour: subject.Detached, 91 * 24 * time.Hour: subject.NoDoubt} {
				at := s.Clock.Now()
				s.Clock.Advance(after)
				if known, _, err := s.Addresses.Find(t.Context(), s.Parse(anna)); err != nil || known.Doubt != want {
					t.Errorf("after %v: %+v, %v", after, known, err)
				}
				s.Clock.Set(at)
			}
		})
	}
}

// T27, T33: whoever opted out keeps it when their address is taken away from them; and what is filed by an address whose change is contested holds.
func TestThreat_T27_TheAddressGoesAway(t *testing.T) {
	s := newRig(t)
	s.known("1", anna)
	inForce := s.limits(optOut).Request
	late, err := s.Requester.File(t.Context(), noAds) // its run was killed
	if err != nil {
		t.Fatal(err)
	}
	s.Clock.Advance(time.Second)
	s.SetAddresses("1", false, "new@example.org")
	s.works()
	for _, purpose := range []privacy.Purpose{privacy.MarketingCookies, marketing} {
		if d := s.of("1", purpose); d.Allowed {
			t.Errorf("%s: %+v", purpose, d)
		}
	}
	if r := s.Load(inForce.ID).Request; r.Mailbox != "" || !r.InForce() {
		t.Errorf("%+v", r)
	}
	r := s.Load(late.ID).Request
	if r.State != request.Fulfilled || len(r.On) != 2 || slices.Contains(s.ForTeam, r.ID) {
		t.Errorf("%+v, %v", r, s.ForTeam)
	}
	if all := s.listed(anna); len(all) != 0 {
		t.Errorf("the next owner sees %+v", all)
	}
}

// A join unites what both have limited. Each still takes back their own, and the other's stays; taken back, the join leaves each with theirs.
func TestLimitsAcrossAJoin(t *testing.T) {
	s := newRig(t)
	s.known("1", anna)
	s.known("2", "bert@example.org")
	hers := s.limits(optOut).Request
	his := s.limits(request.Filing{Right: privacy.Objection, Email: "bert@example.org", Purposes: []privacy.Purpose{marketing}}).Request
	s.SetAddresses("1", true, anna, "bert@example.org")
	s.works()
	for _, id := range []string{"1", "2"} {
		if s.of(id, marketing).Allowed || s.of(id, privacy.MarketingCookies).Allowed {
			t.Errorf("joined, %s: %+v %+v", id, s.of(id, marketing), s.of(id, privacy.MarketingCookies))
		}
	}
	both := s.limits(noReviews).Request
	if len(both.On) != 2 {
		t.Errorf("%v", both.On)
	}
	s.withdraws(his.ID)
	if !s.of("1", marketing).Allowed || s.of("1", weighed).Allowed || s.of("1", privacy.MarketingCookies).Reason != decision.ByOptOut {
		t.Error("his was taken back")
	}
	s.withdraws(hers.ID)
	s.withdraws(both.ID)
	if _, is := s.state(anna); is.InForce() {
		t.Errorf("%+v", is.Limits)
	}
}

// T27: of two people who share an address, each can take back only what was asked for from a mailbox of theirs.
func TestThreat_T27_AnOptOutFromAnotherAddress(t *testing.T) {
	s := newRig(t)
	s.known("1", anna)
	s.known("2", anna)
	s.SetAddresses("1", false, anna, "own@example.org")
	shared := s.limits(optOut).Request
	own := s.limits(request.Filing{Right: privacy.OptOut, Email: "own@example.org"}).Request
	if !own.InForce() || own.State != request.Fulfilled {
		t.Errorf("%+v", own)
	}
	s.withdraws(shared.ID)
	if d := s.of("1", privacy.MarketingCookies); d.Reason != decision.ByOptOut {
		t.Errorf("%+v", d)
	}
	if d := s.of("2", privacy.MarketingCookies); d.Reason == decision.ByOptOut {
		t.Errorf("%+v", d)
	}
}
