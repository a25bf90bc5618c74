package export_test

import (
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
)

// rig is the service whose outside fails as a test says.
type rig struct{ *servicetest.Faulty }

func newRig(t *testing.T) *rig { return &rig{servicetest.NewFaulty(t)} }
