package request_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func TestWithdrawal(t *testing.T) {
	s := newRig(t)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.FileAndMail("anna@example.org")
	if _, err := s.Requester.Withdraw(t.Context(), r.ID, status(r.ID)); err != nil {
		t.Fatal(err)
	}
	if err := s.confirm(r.ID, s.LastMail()); fault.KindOf(err) != fault.NotFound {
		t.Errorf("confirming what was withdrawn: %v", err)
	}
	s.Clock.Advance(linkLife)
	s.Work()
	if got := s.Load(r.ID).Request; got.State != request.Withdrawn || got.ExpiresAt().IsZero() || len(s.Mails) != 1 {
		t.Errorf("%+v", got)
	}
}

// T15: control characters are refused in every field that could reach a mail, by the field's name alone.
func TestThreat_T15_HeaderInjection(t *testing.T) {
	s := newRig(t)
	for _, bad := range []string{"a@example.org\r\nBcc: b@example.org", "a\x00@example.org", "a@exam\u202eple.org", "Anna <a@example.org>", "a@example.org, b@example.org", "a@localhost"} {
		_, err := s.Requester.File(t.Context(), request.Filing{Right: privacy.Access, Email: bad})
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Unacceptable || f.Fields[0].Pointer != "/email" || strings.Contains(err.Error(), bad) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
