package main

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// F08: an address that somebody typed is kept until the last session of the link that was mailed to it must have ended. After a press, even at the
// last moment, it is kept for years.
func TestPromise_F08_ATypedAddressGoesWithItsConfirmation(t *testing.T) {
	s := newRig(t)
	s.ask("anna@example.org", "client", "", consent.Granted)
	pressed := s.ask("bo@example.org", "client", "", consent.Granted)
	s.fulfils()
	in := policy.InForce(s.Clock.Now())
	end := s.Clock.Now().Add(linkLife + in.LinkAgain() + in.Session())
	for _, item := range s.Scan("SubjectsTable") {
		if at := dynamo.Time(item, dynamo.ExpiresAt); !at.Equal(end) {
			t.Errorf("%s is kept until %v, not %v", dynamo.Text(item, dynamo.SK), at, end)
		}
	}
	known := func(email string) bool {
		t.Helper()
		_, known, err := s.Find(t.Context(), s.Parse(email))
		if err != nil {
			t.Fatal(err)
		}
		return known
	}
	s.Clock.Advance(linkLife - time.Second)
	s.fulfils()
	if !known("anna@example.org") || !known("bo@example.org") {
		t.Error("the address is forgotten while the button still works")
	}
	if err := s.agrees("bo@example.org", pressed); err != nil {
		t.Fatal(err)
	}
	s.Clock.Set(end.Add(time.Minute)) // the schedule comes late
	if err := s.schedule(); err != nil {
		t.Fatal(err)
	}
	if known("anna@example.org") || !known("bo@example.org") {
		t.Errorf("typed alone %t, confirmed %t", known("anna@example.org"), known("bo@example.org"))
	}
	s.Clock.Advance(365 * 24 * time.Hour)
	if !known("bo@example.org") {
		t.Error("the address of a confirmed consent is forgotten")
	}
}
