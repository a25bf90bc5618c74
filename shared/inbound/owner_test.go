package inbound_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/identity"
)

// T27: once an address was taken away from somebody, its new owner does not read what the old one wrote. What comes later is shown.
func TestThreat_T27_ANewOwnerReadsNoMailOfTheOldOne(t *testing.T) {
	t.Parallel()
	s := servicetest.New(t)
	person := s.Known(anna)
	id := s.Writes(writes("Please send me a copy of my data."), servicetest.Vouched)
	s.Clock.Advance(time.Hour)
	cut := identity.Cut{Mailbox: servicetest.Proof(anna).Mailbox, Leaves: person}
	for range 2 { // it may be called twice
		if err := s.Cutter.Follow(t.Context(), cut, s.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.Load(id).Request; len(got.Messages) != 1 || got.Messages[0].Sure || got.Messages[0].Text == "" {
		t.Errorf("%+v", got)
	}
	s.Clock.Advance(time.Hour)
	s.Writes(writes("Who are you?"), servicetest.Vouched)
	if got := s.Load(id).Request; len(got.Messages) != 2 || got.Messages[0].Sure || !got.Messages[1].Sure {
		t.Errorf("%+v", got)
	}
}
