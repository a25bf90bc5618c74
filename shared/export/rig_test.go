package export_test

import (
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// rig is the service whose outside fails as a test says.
type rig struct{ *servicetest.Faulty }

func newRig(t *testing.T) *rig { return &rig{servicetest.NewFaulty(t)} }

// anna proves the mailbox anna@example.org, freshly.
var anna = servicetest.Proof("anna@example.org")

// confirm opens the link of the newest mail for the first time and confirms the request.
func (s *rig) confirm(t *testing.T, r request.Request) {
	t.Helper()
	proof, _ := s.Open(s.LastMail())
	if _, err := s.Requester.Confirm(t.Context(), r.ID, proof); err != nil {
		t.Fatal(err)
	}
}
