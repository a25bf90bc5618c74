package main

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// An operator sees the deadlines of the policy version under which a request was received.
func TestPromise_A02_OperatorsSeeTheTermsOfARequest(t *testing.T) {
	s := servicetest.New(t)
	s.Clock.Set(time.Date(2027, 3, 1, 20, 0, 0, 0, time.UTC))
	later := *s.Policy
	later.Version, later.AnswerWithin, later.Controller.TimeZone = "2027-03-02", 10, "Asia/Tokyo"
	s.Publish(&later)
	for p, due := range map[*policy.Policy]string{s.Policy: "2027-03-31T22:59:59Z", &later: "2027-03-12T14:59:59Z"} {
		s.Requester.Policy = policytest.Always(p)
		file := s.Load(s.File(request.Filing{Right: privacy.Access, Email: "anna@example.org"}).ID)
		if shown := view(file, s.Clock.Now()); shown.PolicyVersion != p.Version || shown.Clocks[0].DueAt.Format(time.RFC3339) != due {
			t.Errorf("%s: %+v", p.Version, shown)
		}
	}
}
