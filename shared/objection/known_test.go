package objection_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// F08: somebody who is on record only because of what they limited is forgotten once that is lifted, but not before the passes over their records.
func TestPromise_F08_WhoIsKnownByALimitAlone(t *testing.T) {
	for name, f := range map[string]request.Filing{"opt-out": optOut, "objection": noAds, "restriction": keepClaims} {
		s := newRig(t)
		id := s.limits(f).Request.ID
		who, during := s.state(anna)
		if !during.InForce() || !during.ExpiresAt.IsZero() {
			t.Errorf("%s in force: %+v", name, during)
		}
		lifted := s.Clock.Now()
		s.withdraws(id)
		if r := s.Load(id).Request; !r.ExpiresAt().Equal(r.Terms.File.After(lifted.Truncate(time.Second))) { // it is kept from the day on which it is taken back
			t.Errorf("%s: kept until %v, lifted at %v", name, r.ExpiresAt(), lifted)
		}
		after, found, err := s.Subjects.State(t.Context(), who)
		if err != nil {
			t.Fatal(err)
		}
		if f.Right != keepClaims.Right {
			if found && !after.ExpiresAt.Equal(lifted.Truncate(time.Second)) && !after.ExpiresAt.Equal(lifted.Truncate(time.Second).Add(time.Second)) {
				t.Errorf("%s: known until %v, lifted at %v", name, after.ExpiresAt, lifted)
			}
			continue
		}
		if want := policy.InForce(lifted).SpanOf(policy.WorkStep).After(after.FencedAt).Truncate(time.Second); !found || !after.ExpiresAt.Equal(want) {
			t.Errorf("%s: known until %v, not %v", name, after.ExpiresAt, want)
		}
		s.works()
		if r := s.Load(id).Request; r.Step != "" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// F27: a restriction counts from when it is imposed, however late that is after its confirmation. An objection and an opt-out count from when they were
// confirmed or filed, and a repetition moves that, so that they are newer than a consent that was given in between.
func TestFault_F27_FromWhenALimitCounts(t *testing.T) {
	at := func(l standing.Limits) time.Time {
		switch {
		case len(l.Restrictions) == 1:
			return l.Restrictions[0].At
		case len(l.Objections) == 1:
			return l.Objections[0].At
		case len(l.OptOuts) == 1:
			return l.OptOuts[0].At
		}
		return time.Time{}
	}
	for name, f := range map[string]request.Filing{"opt-out": optOut, "marketing": noAds, "weighed": noReviews, "restriction": wrongData} {
		s := newRig(t)
		s.Known(anna)
		stored, err := s.Requester.File(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		if !stored.Unproven {
			s.Prove(stored.ID)
		}
		counts := s.Clock.Now().Truncate(time.Second).Add(time.Second)
		s.Clock.Advance(3 * time.Hour)
		if f.Right == wrongData.Right {
			counts = s.Clock.Now()
		}
		s.workNow()
		if _, is := s.state(anna); !at(is.Limits).Equal(counts) {
			t.Errorf("%s counts from %v, not %v", name, at(is.Limits), counts)
		}
		if f.Right == wrongData.Right {
			if _, is := s.state(anna); !is.FencedAt.Equal(counts) {
				t.Errorf("%s: fenced at %v, not %v", name, is.FencedAt, counts)
			}
			continue
		}
		s.Clock.Advance(time.Hour)
		again := s.limits(f).Request
		if _, is := s.state(anna); again.InForce() || !at(is.Limits).After(counts.Add(time.Hour)) {
			t.Errorf("%s, repeated: %+v, %+v", name, again, is.Limits)
		}
		if again.Unproven && (again.Email != "" || again.Agent != (request.Agent{})) { // anybody may have typed it (threat T32)
			t.Errorf("%s, repeated: what was typed is kept: %+v", name, again)
		}
	}
}
