package request_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// F03: a run is killed before or after each of its calls, or loses the answer of one. In the end the request is extended or closed, nothing is due,
// and at most one mail more has left.
func TestFault_F03_DecisionsAreCarriedOutOnce(t *testing.T) {
	type step struct {
		name   string
		decide func(*rig, string) error
		event  request.EventKind
	}
	for _, what := range []step{
		{"extend", (*rig).extend, request.EventExtended},
		{"close", func(s *rig, id string) error { return s.closes(id, request.Declined) }, request.EventClosed},
		{"complaint", nil, request.EventForTeam},
		{"child", nil, request.EventForTeam},
	} {
		for call := range soak.Pick(8, 12) {
			for _, sent := range []bool{false, true} {
				s := newRig(t)
				id := s.due(what.name)
				if what.decide != nil {
					if err := what.decide(s, id); err != nil {
						t.Fatal(err)
					}
				}
				children := &protected{}
				s.Team.Children = children
				s.breakCall(call, sent)
				_ = s.Fulfilment.Run(t.Context(), id)
				s.Wire.Through = nil
				s.Mails = slices.DeleteFunc(s.Mails, func(m servicetest.Mail) bool { return m.Kind == "link" })
				for range 3 {
					s.Clock.Advance(5 * time.Minute)
					s.Work()
				}
				file := s.Load(id)
				count := 0
				for _, e := range file.Events {
					if e.Kind == what.event {
						count++
					}
				}
				if r := file.Request; r.Step != "" || count != 1 || len(s.Mails) > 2 || (len(s.Mails) == 0) != (what.name == "child") || (len(children.all) == 1) != (what.name == "child") {
					t.Errorf("%s, call %d, sent %t: %+v, %d mails", what.name, call, sent, file, len(s.Mails))
				}
			}
		}
	}
}

// due returns the id of a request about which the team decides, or which is about to go to the team.
func (s *rig) due(what string) string {
	s.T.Helper()
	switch what {
	case "complaint":
		return s.File(request.Filing{Right: privacy.Complaint, Email: "anna@example.org", Details: "Nobody answers."}).ID
	case "child":
		id := s.forTeam(privacy.ChildErasure)
		file := s.Load(id)
		r := file.Request
		r.Child = "child@example.org"
		r.Next(request.StepAnswer, s.Clock.Now())
		if _, err := s.Requests.Save(s.T.Context(), file, r); err != nil {
			s.T.Fatal(err)
		}
		return id
	}
	return s.forTeam(privacy.Erasure)
}

// breakCall has the call with this number fail, sent or not, and every one after it, as if the run had been killed.
func (s *rig) breakCall(n int, sent bool) {
	s.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if n--; n >= 0 {
			return c.Send()
		}
		if n == -1 && sent {
			if answer, err := c.Send(); err == nil {
				_ = answer.Body.Close()
			}
		}
		return c.Refuse("ValidationException")
	}
}
