package story

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/helpdeskexpert/privacy/shared/pages/browsertest"
)

// known sends in a record of a person whom a system of the company's knows by an id and an address.
func (s *service) known(t *testing.T, id, email string) {
	t.Helper()
	body := map[string]any{
		"subject": map[string]string{"id": id, "email": email}, "source": "direct", "occurredAt": time.Now().UTC().AddDate(0, 0, -1).Format(time.RFC3339),
		"data": map[string]string{"firstName": "Story", "lastName": "Teller", "jobTitle": "Head of Stories"},
	}
	s.call(t, http.StatusOK, "PUT", "/v1/records/identity/"+id, s.token(t, "records.write"), body, nil)
}

// enter asks for a link to the page of the address and opens it, as the person does.
func (h hand) enter() {
	h.t.Helper()
	h.call(h.t, http.StatusAccepted, "POST", "/v1/links", nil, map[string]string{"email": h.email}, nil)
	h.open(h.link(h.t, 1, h.email, "/me#", nil))
	h.press("#open", "#view")
}

// TestStory_AnAddressThatWasAdded is what happens to a person to whose records a system adds a wrong address: the old address is told, and stops it on a
// phone. The new address is told, too. Once the change is stopped, its page closes, and what it asks for goes to the team. Somebody who opens an address
// that two people use, on a desktop, sees nothing of either, and refuses marketing mail for both.
// Threat: T05, T27, T33.
func TestStory_AnAddressThatWasAdded(t *testing.T) {
	s := start(t, t.TempDir())
	old := hand{s, t, browsertest.New(t), "old.story@example.org", "phone"}
	added := hand{s, t, browsertest.New(t), "new.story@example.org", "new"}
	browsertest.Look(t, old.ctx, 390, 844, "light")
	browsertest.Look(t, added.ctx, 390, 844, "dark")
	s.known(t, "crm-1", old.email)

	var done struct{ Addresses, Attached, Detached, Joined int }
	s.call(t, http.StatusOK, "PUT", "/v1/subjects/crm-1", s.token(t, "subjects.write"), map[string]any{"emails": []string{old.email, added.email}}, &done)
	if done.Addresses != 2 || done.Attached != 1 || done.Detached != 0 || done.Joined != 0 {
		t.Errorf("the system is answered %+v", done)
	}
	s.fire(t, "FulfilSchedule", nil) // mails leave with the next run, within a minute
	s.receipt(t, added.email, "One of our systems has added this email address to records that we keep about a person")
	added.enter()

	old.open(s.link(t, 1, old.email, "/me#", nil)) // nobody asked for it
	old.press("#open", "#pending [data-kind=change] .discard")
	old.says("#pending", "one of our systems added an email address to your records")
	old.picture("change")
	old.press("#pending .discard", "#pending .result")
	old.says("#pending .result", "Until then nothing is answered through the new address.")
	old.picture("stopped")
	s.receipt(t, old.email, "Stopped on")

	wait(t, "the page of the new address to close", 30*time.Second, func() bool {
		s.fire(t, "FulfilSchedule", nil)
		added.do(chromedp.Navigate(s.origin+"/me"), chromedp.Poll[chromedp.Void](`!document.getElementById("find").hidden || !document.getElementById("view").hidden`))
		return browsertest.Get(t, added.ctx, chromedp.Evaluate[bool](`!document.getElementById("find").hidden`))
	})
	s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "access", "email": added.email}, nil)
	added.open(s.link(t, 2, added.email, "/me#", nil))
	added.press("#open", "#pending .confirm")
	added.says("#view", "Our team is looking into this address")
	added.picture("frozen")
	added.press("#pending .confirm", "#pending .result")
	added.says("#pending .result", "Somebody from our team is looking at your request.")
	added.open(s.link(t, 1, added.email, "/requests/", nil)) // from the receipt
	added.says("#state", "With our team")
	added.picture("status")
	if got := s.links(t, added.email, "/exports/"); len(got) > 0 {
		t.Errorf("an export was mailed to an address that is frozen")
	}

	desk := hand{s, t, browsertest.New(t), "both.story@example.org", "desktop"}
	browsertest.Look(t, desk.ctx, 1280, 900, "dark")
	for _, id := range []string{"crm-2", "crm-3"} {
		s.known(t, id, desk.email)
	}
	desk.enter()
	desk.says("#view", "Several people use this address")
	desk.press(`#refusals [data-refuse=marketing_email] .refuse`, "#refusals .result")
	desk.says("#refusals .result", "Refused, for everybody who uses this address.")
	desk.picture("shared")
	if got := browsertest.Text(t, desk.ctx, "#view"); strings.Contains(got, "Your requests") || strings.Contains(got, "Your choices") {
		t.Errorf("the page of a shared address says %q", got)
	}
	s.receipt(t, desk.email, "Refused or withdrawn on")
	s.stop(t)
}
