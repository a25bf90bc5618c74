package servicetest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// A request is filed, proved and answered. Its mails go to the spelling on record, and a bundle that fails leaves no mail.
func TestARequestIsAnsweredByMail(t *testing.T) {
	r := servicetest.New(t)
	r.Known("Anna@example.org")
	id := r.File(request.Filing{Right: privacy.Access, Email: "anna@example.org"}).ID
	r.Fulfil(id)
	r.Post("anna@example.org")
	link := r.LastMail()
	proof, _ := r.Open(link)
	if _, err := r.Requester.Confirm(t.Context(), id, proof); err != nil || link.Kind != "link" || link.To != "Anna@example.org" || len(link.Waiting) != 1 || link.Waiting[0].ID != id {
		t.Fatalf("%+v, %v", link, err)
	}
	r.Fulfil(id)
	lost := errors.New("the answer is lost")
	r.Fails = func(operation string) error {
		if operation == "discard" {
			return nil
		}
		return lost
	}
	if mailed, err := r.Delivery.Run(t.Context(), id, 1); mailed || !errors.Is(err, lost) || len(r.Objects) != 0 || len(r.Mails) != 1 {
		t.Fatalf("a bundle that fails: %t, %v, %d objects, %d mails", mailed, err, len(r.Objects), len(r.Mails))
	}
	r.Fails = nil
	r.Clock.Set(export.Of(r.Load(id))[0].NextAt)
	if mailed, err := r.Delivery.Run(t.Context(), id, 1); !mailed || err != nil || len(r.Objects) != 1 {
		t.Fatal(mailed, err, len(r.Objects))
	}
	mailed := r.LastMail()
	if _, err := export.Redeem(t.Context(), r.Requests, servicetest.Tokens, mailed.About, mailed.Token, r.Clock.Now()); err != nil || mailed.To != "Anna@example.org" {
		t.Errorf("%+v, %v", mailed, err)
	}
}

// A consent by address is recorded when its button is pressed. The wire counts the calls that this takes.
func TestAConsentIsConfirmedByMail(t *testing.T) {
	r := servicetest.New(t)
	id, err := r.ByAddress.Ask(t.Context(), "", consent.Act{Who: consent.Who{Email: "anna@example.org"}, Operation: "once", PolicyVersion: policy.VersionInForce(time.Now()), Language: "en",
		Surface: "form", Decisions: map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Admission.Run(t.Context(), id); err != nil || r.Count("ConsentsTable") != 0 {
		t.Fatal(err, r.Scan("ConsentsTable"))
	}
	r.Post("anna@example.org")
	proof, box := r.Open(r.LastMail())
	r.Wire.Take()
	if _, err := r.ByAddress.Confirm(t.Context(), id, box, proof, false); err != nil || r.Count("ConsentsTable") != 1 {
		t.Errorf("%v, %d records", err, r.Count("ConsentsTable"))
	}
	if calls := r.Wire.Take(); calls["Scan"] != 0 || len(calls) == 0 {
		t.Errorf("the calls of the press are %v", calls)
	}
}
