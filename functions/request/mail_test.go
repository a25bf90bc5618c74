package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// T32, T02: what a mail says is shown only to whoever has opened a link of the mailbox it came from, only while it waits, and only if the sender is vouched
// for. Nobody else reads it by any route.
func TestThreat_T32_AMailIsShownToItsSenderOnly(t *testing.T) {
	s := newRig(t)
	const canary = "Please delete my account, said the canary."
	anna, berta := s.fresh(t, "anna@example.org"), s.fresh(t, "berta@example.org")
	unsure := servicetest.Vouched
	unsure.DMARC = inbound.Fail
	reads := func(p person) string { return s.as(p, "GET", "/v1/me", "").Body.String() }
	id := s.Writes(inbound.Message{From: "anna@example.org", Text: canary}, unsure)
	if text := reads(anna); strings.Contains(text, "canary") || !strings.Contains(text, `"hidden":true`) || strings.Contains(text, "suggested") {
		t.Errorf("a mail for which nothing vouches: %s", text)
	}
	s.Writes(inbound.Message{From: "Anna@example.org", Text: "And more, said the sure canary."}, servicetest.Vouched)
	text := reads(anna)
	if !strings.Contains(text, "sure canary") || strings.Contains(text, "delete my account") || strings.Contains(text, "suggested") {
		t.Errorf("beside one for which somebody vouches: %s", text)
	}
	s.Writes(inbound.Message{From: "anna@example.org", Text: canary}, servicetest.Vouched)
	if text := reads(anna); !strings.Contains(text, "delete my account") || !strings.Contains(text, `"suggested":"erasure"`) {
		t.Errorf("once it came again, vouched for: %s", text)
	}
	for name, text := range map[string]string{
		"another mailbox": reads(berta), "no session": s.send("GET", "/v1/me", "", "192.0.2.1").Body.String(), "a wrong session": s.send("GET", "/v1/me", "", "192.0.2.1", "Cookie", cookie+"=x.y").Body.String(),
		"the status": s.send("GET", "/v1/requests/"+id, "", "192.0.2.1", "Authorization", "Bearer x").Body.String(),
	} {
		if strings.Contains(text, "canary") || strings.Contains(text, id) {
			t.Errorf("%s: %s", name, text)
		}
	}
	for path, body := range map[string]string{"/v1/requests/" + id + "/confirm": `{"right":"question"}`, "/v1/pending/" + id + "/discard": ""} {
		if w := s.as(berta, "POST", path, body, "Content-Type", "application/json"); w.Code != http.StatusNotFound || strings.Contains(w.Body.String(), "canary") {
			t.Errorf("%s by another mailbox: %d %s", path, w.Code, w.Body)
		}
	}
	w := s.as(anna, "POST", "/v1/requests/"+id+"/confirm", `{"right":"question"}`, "Content-Type", "application/json")
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), "canary") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var me meSeen
	if text := reads(anna); strings.Contains(text, "canary") || json.Unmarshal([]byte(text), &me) != nil || len(me.Pending) != 0 || len(me.Requests) != 1 {
		t.Errorf("once it is confirmed: %s", text)
	}
	if r := s.Load(id).Request; r.Right != privacy.Question || len(r.Messages) != 2 {
		t.Errorf("%+v", r)
	}
}
