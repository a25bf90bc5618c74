package objection_test

import (
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// closes has the team decide a request, and does what follows.
func (s *rig) closes(id string, result request.Result) request.File {
	s.T.Helper()
	by := audit.Actor{Kind: audit.Operator, ID: "jane"}
	if err := request.CloseBy(s.T.Context(), s.Requests, id, by, result, "We have weighed it.", s.Clock.Now()); err != nil {
		s.T.Fatal(err)
	}
	s.works()
	return s.Load(id)
}

// H06: the team may refuse an objection to what it weighs, and never one to direct marketing (GDPR Art. 21(3)). If one request objects to both, the
// marketing stays forbidden until the person takes that back. What the team agrees with stays forbidden too.
func TestPromise_H06_DirectMarketingCannotBeRefused(t *testing.T) {
	mixed := request.Filing{Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{weighed, marketing, privacy.MarketingEmail}}
	for _, c := range []struct {
		filing                     request.Filing
		result                     request.Result
		state                      request.State
		weighed, marketed, inForce bool // whether it may be done, and whether the request is in force
	}{
		{mixed, request.Declined, request.Refused, true, false, true}, {noReviews, request.Declined, request.Refused, true, true, false},
		{mixed, request.PartlyDone, request.Fulfilled, false, false, true}, {mixed, request.Done, request.Fulfilled, false, false, true},
	} {
		s := newRig(t)
		s.known("1", anna)
		id := s.limits(c.filing).Request.ID
		file := s.closes(id, c.result)
		check := func(when string) {
			t.Helper()
			if a, b := s.of("1", weighed), s.of("1", marketing); a.Allowed != c.weighed || b.Allowed != c.marketed {
				t.Errorf("%s %s, %s: %+v, %+v", c.filing.Purposes, c.result, when, a, b)
			}
		}
		check("decided")
		r := file.Request
		if r.State != c.state || r.InForce() != c.inForce || r.Step != "" || r.ExpiresAt().IsZero() != c.inForce {
			t.Errorf("%s %s: %+v", c.filing.Purposes, c.result, r)
		}
		if lifts := slices.Contains(servicetest.Kinds(file), request.EventLifted); lifts != (c.result == request.Declined) {
			t.Errorf("%s %s: %v", c.filing.Purposes, c.result, servicetest.Kinds(file))
		}
		s.Clock.Advance(10 * 365 * 24 * time.Hour)
		check("after ten years")
		if !c.inForce {
			continue
		}
		s.withdraws(id)
		s.works()
		if r := s.Load(id).Request; r.State != request.Withdrawn || r.InForce() || len(r.On) != 0 || r.ExpiresAt().IsZero() {
			t.Errorf("%s %s, taken back: %+v", c.filing.Purposes, c.result, r)
		}
		if _, is := s.state(anna); is.InForce() {
			t.Errorf("%s %s, taken back: %+v", c.filing.Purposes, c.result, is.Limits)
		}
	}
}

// F24: the mail with the refusal came back. What was lifted stays lifted, the marketing stays forbidden, and the request is open again.
func TestFault_F24_ARefusalThatCameBack(t *testing.T) {
	s := newRig(t)
	s.known("1", anna)
	id := s.limits(request.Filing{Right: privacy.Objection, Email: anna, Purposes: []privacy.Purpose{weighed, marketing}}).Request.ID
	s.closes(id, request.Declined)
	s.report(s.mails("closed", anna)[0])
	for range 2 {
		if r := s.Load(id).Request; !r.InForce() || !s.of("1", weighed).Allowed || s.of("1", marketing).Allowed {
			t.Errorf("%+v, %+v, %+v", r, s.of("1", weighed), s.of("1", marketing))
		}
		if r := s.Load(id).Request; r.State == request.Open {
			s.closes(id, request.Declined)
		}
	}
}
