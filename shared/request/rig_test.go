package request_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// linkLife is the figure of the published policy.
const linkLife = 7 * 24 * time.Hour

// rig is the service whose outside fails as a test says, with addresses that the test puts on record, and the limit of mails to an address.
type rig struct {
	*servicetest.Rig
	known   map[string]string // lookup → spelling on record
	stopped int               // exports

	mu      sync.Mutex
	failing map[string]error // operation → error to answer once
	down    map[string]error // operation → error to answer until it is taken away
}

func newRig(t *testing.T) *rig {
	s := &rig{Rig: servicetest.New(t), known: map[string]string{}, failing: map[string]error{}, down: map[string]error{}}
	s.Fails, s.Opening.Addresses, s.Fulfilment.Addresses, s.Fulfilment.Limiter = s.fail, s, s, servicetest.Counted{Requests: s.Requests}
	s.Delivery.Stopped = func(context.Context, string) { s.stopped++ }
	return s
}

func (s *rig) fail(operation string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.failing[operation]
	delete(s.failing, operation)
	if err == nil {
		err = s.down[operation]
	}
	return err
}

// Find implements [request.Addresses].
func (s *rig) Find(_ context.Context, a subject.Address) (privacy.SubjectID, string, bool, error) {
	spelling, ok := s.known[a.Lookup]
	return privacy.SubjectID("sid-" + a.Lookup), spelling, ok, s.fail("find")
}

// file takes a request in and mails its challenge.
func (s *rig) file(email string) request.Request {
	s.T.Helper()
	r := s.File(request.Filing{Right: privacy.Portability, Email: email})
	s.work()
	return r
}

// work does everything that is due, as the schedules would.
func (s *rig) work() {
	s.T.Helper()
	for range 3 {
		due, err := s.Queue.Due(s.T.Context(), s.Clock.Now())
		if err != nil {
			s.T.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, task := range due {
			if task.Kind == work.Export {
				_, _ = s.Delivery.Do(s.T.Context(), task.Ref)
			} else {
				_ = s.Fulfilment.Run(s.T.Context(), task.Ref)
			}
		}
	}
}
