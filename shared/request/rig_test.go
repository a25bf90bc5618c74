package request_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
)

// linkLife is the figure of the published policy.
const linkLife = 7 * 24 * time.Hour

// rig is the service whose outside fails as a test says.
type rig struct{ *servicetest.Faulty }

func newRig(t *testing.T) *rig { return &rig{servicetest.NewFaulty(t)} }
