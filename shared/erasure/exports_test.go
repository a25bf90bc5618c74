package erasure_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// H03: an export of the same person, whatever it has come to when the erasure runs, leaves no object and no link that opens anything.
func TestPromise_H03_AnExportBesideAnErasure(t *testing.T) {
	for name, moment := range map[string]string{"waits": "", "is sealed": "seal", "is mailed": "mail", "was mailed": "sent"} {
		t.Run(name, func(t *testing.T) {
			s := newRig(t)
			id := s.agreed(anna)
			asked := s.File(request.Filing{Right: privacy.Access, Email: anna}).ID
			s.Prove(asked)
			s.Fulfil(asked)
			s.Clock.Advance(cooling)
			erases := func() { s.Erases(0); s.Erases(servicetest.Writers + time.Second) }
			if moment != "" {
				s.Fails = func(operation string) error {
					if operation == moment {
						s.Fails = nil
						erases()
					}
					return nil
				}
				_, _ = s.Delivery.Run(t.Context(), asked, 1)
				s.Fails = nil
			}
			if moment == "" || moment == "sent" {
				erases()
			}
			for range 3 { // what a run has left is deleted by the next one
				s.Erases(24 * time.Hour)
				_, _ = s.Delivery.Run(t.Context(), asked, 1)
			}
			if got := s.stored(anna); got != withheld || len(s.Objects) != 0 {
				t.Errorf("stored: %s; objects: %v", got, s.Objects)
			}
			for _, m := range s.mails("export") {
				if _, err := export.Redeem(t.Context(), s.Requests, servicetest.Tokens, m.About, m.Token, s.Clock.Now()); kindOf(err) != "not-found" {
					t.Errorf("the link of the export opens: %v", err)
				}
			}
			if state := s.Load(asked).Request.State; !state.Final() {
				t.Errorf("the request is %s", state)
			}
			if state := s.Load(id).Request.State; state != request.Fulfilled {
				t.Errorf("the erasure's request is %s", state)
			}
		})
	}
}
