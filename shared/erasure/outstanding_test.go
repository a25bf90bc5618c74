package erasure_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// H03: the team can note that a system without a client has erased the person too. That leaves an audit entry, the certificate is signed again, and the
// erasure is looked at until the last system has answered.
func TestPromise_H03_TheTeamNotesWhatASystemHasErased(t *testing.T) {
	s := newRig(t)
	notes := func(id, system string) error {
		return erasure.AcknowledgeFor(t.Context(), s.Requests, id, system, servicetest.Operator, s.Clock.Now())
	}
	if err := notes("no such request", "crm"); !errors.Is(err, request.ErrUnknown) {
		t.Errorf("an unknown request: %v", err)
	}
	id := s.agreed(anna)
	if err := notes(id, "crm"); !errors.Is(err, erasure.ErrNotErased) {
		t.Errorf("before it has begun: %v", err)
	}
	s.ends(id, anna)
	before := erasure.Of(s.Load(id))
	if want := []string{"crm", "helpdesk", "payments"}; !slices.Equal(before.Outstanding(), want) || before.State != erasure.Watching {
		t.Fatalf("outstanding: %v, %s", before.Outstanding(), before.State)
	}
	if err := notes(id, "website"); !errors.Is(err, erasure.ErrNotConcerned) {
		t.Errorf("a system that holds nothing: %v", err)
	}
	for n, system := range []string{"crm", "helpdesk", "payments"} {
		for range 30 { // nothing else is left long before
			s.Erases(24 * time.Hour)
		}
		if e := erasure.Of(s.Load(id)); e.State != erasure.Watching {
			t.Errorf("%d systems have answered: %s", n, e.State)
		}
		if err := notes(id, system); err != nil {
			t.Fatal(err)
		}
		if err := notes(id, system); !errors.Is(err, erasure.ErrNotedAlready) {
			t.Errorf("%s once more: %v", system, err)
		}
		s.Erases(0)
	}
	e := erasure.Of(s.Load(id))
	if e.State != erasure.Done || len(e.Outstanding()) > 0 || e.Certificate == before.Certificate || e.Outdated {
		t.Errorf("%s, outstanding %v, the certificate says it: %t", e.State, e.Outstanding(), e.Certificate != before.Certificate)
	}
	noted := 0
	for _, item := range s.Scan("LedgerTable") {
		if dynamo.Text(item, "act") == string(audit.ErasureAcknowledged) && dynamo.Text(item, "about") == id && dynamo.Text(item, "actor") == servicetest.Operator.ID {
			noted++
		}
	}
	if noted != 3 {
		t.Errorf("%d audit entries", noted)
	}
}
