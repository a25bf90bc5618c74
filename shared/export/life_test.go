package export_test

import (
	"io"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func TestFromFilingToExport(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "Anna@Example.org"
	r := s.FileAndMail("ANNA@example.org")
	if link := s.LastMail(); link.Kind != "link" {
		t.Fatalf("%+v", link)
	}
	s.confirm(t, r)
	s.Work()
	mail := s.LastMail()
	if mail.Kind != "export" || mail.To != "Anna@Example.org" {
		t.Fatalf("answer %+v", mail)
	}
	file, err := s.Requester.Status(t.Context(), r.ID, mail.Status)
	if err != nil || file.Request.State != request.Fulfilled || len(export.Of(file)) != 1 {
		t.Fatalf("%v %+v", err, file)
	}
	for i := range export.Uses {
		if _, err := export.Redeem(t.Context(), s.Requests, s.Requester.Tokens, mail.About, mail.Token, s.Clock.Now()); err != nil {
			t.Fatalf("use %d: %v", i+1, err)
		}
	}
	if _, err := export.Redeem(t.Context(), s.Requests, s.Requester.Tokens, mail.About, mail.Token, s.Clock.Now()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an eleventh use: %v", err)
	}
}

// F20: if the seal or the bucket fails, nothing is mailed and no object is left. The same attempt is tried again.
func TestFault_F20_AFailedExportIsMadeAgain(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.FileAndMail("anna@example.org")
	s.Once["seal"] = io.ErrUnexpectedEOF
	s.confirm(t, r)
	s.Work()
	if s.LastMail().Kind != "link" || len(s.Objects) != 0 {
		t.Fatalf("mails %d, objects %d", len(s.Mails), len(s.Objects))
	}
	s.Clock.Advance(2 * time.Minute)
	s.Work()
	file := s.Load(r.ID)
	if s.LastMail().Kind != "export" || len(s.Objects) != 1 || len(export.Of(file)) != 1 || export.Of(file)[0].State != export.Sent {
		t.Errorf("%+v", export.Of(file))
	}
}

// F04: a mail whose answer is lost may have arrived. So its object stays, and its link works beside the newer one.
func TestFault_F04_AnExportThatMayHaveBeenMailedKeepsItsObject(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.FileAndMail("anna@example.org")
	s.confirm(t, r)
	s.Once["mail"] = io.ErrUnexpectedEOF
	s.Work()
	first := s.LastMail()
	s.Clock.Advance(2 * time.Minute)
	s.Work()
	second := s.LastMail()
	if first.About == second.About || len(s.Objects) != 2 {
		t.Fatalf("links %s and %s, %d objects", first.About, second.About, len(s.Objects))
	}
	for _, mail := range []servicetest.Mail{first, second} {
		if _, err := export.Redeem(t.Context(), s.Requests, s.Requester.Tokens, mail.About, mail.Token, s.Clock.Now()); err != nil {
			t.Errorf("%s: %v", mail.About, err)
		}
	}
}
