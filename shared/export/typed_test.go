package export_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// typed returns a request whose address nobody but its sender has typed: the mail with the link put it on record. The rig looks addresses up where
// they are stored.
func typed(t *testing.T) (*rig, request.Request, privacy.SubjectID) {
	t.Helper()
	s := newRig(t)
	s.Opening.Addresses = s.Rig
	r := s.Verified("anna@example.org")
	known, found, err := s.Addresses.Find(t.Context(), s.Parse("anna@example.org"))
	if err != nil || !found || !known.Typed {
		t.Fatalf("the mail with the link leaves %+v, %t, %v", known, found, err)
	}
	return s, r, known.Subject
}

// decided stores a consent record of a data subject.
func (s *rig) decided(t *testing.T, id privacy.SubjectID, until time.Time) {
	t.Helper()
	now := s.Clock.Now()
	err := s.Consents.Store.Append(t.Context(), consent.Record{
		Subject: consent.Address(id), Version: 1, Operation: "once", PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form", RecordedAt: now, ExpiresAt: until,
		Decisions: map[privacy.Purpose]consent.Decision{privacy.Testimonials: {State: consent.Denied, DecidedAt: now, ExpiresAt: until}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// H01, T14: an address that somebody typed is on record because a link was mailed to it. That alone is nothing to hand over, and an expired consent
// record is nothing either (fault F09). A consent record that is stored is handed over.
func TestPromise_H01_AnAddressThatWasOnlyTyped(t *testing.T) {
	for name, c := range map[string]struct {
		kept   time.Duration // a consent record; zero: there is none
		answer string
	}{
		"no decision":         {0, "nothing"},
		"an expired decision": {time.Second, "nothing"},
		"a decision":          {365 * 24 * time.Hour, "export"},
	} {
		t.Run(name, func(t *testing.T) {
			s, r, id := typed(t)
			if c.kept > 0 {
				s.decided(t, id, s.Clock.Now().Add(c.kept))
				s.Clock.Advance(time.Second)
			}
			s.Work()
			file := s.Load(r.ID)
			if got := s.LastMail(); got.Kind != c.answer || got.To != "anna@example.org" || file.Request.State != request.Fulfilled {
				t.Fatalf("%+v, %s", got, file.Request.State)
			}
			if c.answer == "export" && export.Of(file)[0].Subject != id {
				t.Errorf("the export is of %q", export.Of(file)[0].Subject)
			}
		})
	}
}

// H01, T01: if more than the request is stored under a typed address, the answer has the address that is on record, too, and goes there: to the
// spelling to which the link went.
func TestPromise_H01_MoreUnderATypedAddress(t *testing.T) {
	s, first, id := typed(t)
	s.Work()
	second := s.FileAndMail("ANNA@example.org")
	if link := s.LastMail(); link.Kind != "link" || link.To != "anna@example.org" {
		t.Fatalf("%+v", link)
	}
	s.confirm(t, second)
	s.Work()
	if file := s.Load(second.ID); s.LastMail().Kind != "export" || s.LastMail().To != "anna@example.org" || export.Of(file)[0].Subject != id {
		t.Errorf("%+v, %+v", s.LastMail(), export.Of(file))
	}
	if file := s.Load(first.ID); len(export.Of(file)) != 0 || file.Request.State != request.Fulfilled {
		t.Errorf("%+v", file)
	}
}

// F23: while the decisions behind a typed address cannot be read, nothing is answered.
func TestFault_F23_DecisionsThatCannotBeRead(t *testing.T) {
	s, r, _ := typed(t)
	table := s.Consents.Table
	broken := s.Consents.Store
	broken.Table = "no-such-table"
	s.Opening.Consents = &broken
	if err := s.Fulfilment.Run(t.Context(), r.ID); err == nil || s.LastMail().Kind != "link" || s.Load(r.ID).Request.State != request.Open {
		t.Errorf("%v, %+v", err, s.LastMail())
	}
	broken.Table = table
	s.Pass(time.Hour)
	if s.LastMail().Kind != "nothing" {
		t.Errorf("after the repair: %+v", s.LastMail())
	}
}
