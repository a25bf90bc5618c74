package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func TestMain(m *testing.M) { os.Exit(openapitest.Main(m, "request")) }

// A register, a store of confirmations, a store of mailboxes and a log in which another writer is always faster.
type (
	busyRegister      struct{ request.Register }
	busyConfirmations struct{ mailbox.Confirmations }
	busyMailboxes     struct{ mailbox.Mailboxes }
	outrun            struct{ newest consent.Record }
)

func (busyRegister) Save(_ context.Context, file request.File, _ ...request.Item) (request.File, error) {
	return file, request.ErrChanged
}
func (busyConfirmations) Save(_ context.Context, c mailbox.Confirmation) (mailbox.Confirmation, error) {
	return c, mailbox.ErrChanged
}
func (busyMailboxes) Save(_ context.Context, m mailbox.Mailbox) (mailbox.Mailbox, error) {
	return m, mailbox.ErrChanged
}
func (o outrun) Newest(context.Context, string) (consent.Record, error) { return o.newest, nil }
func (outrun) Append(context.Context, consent.Record) error             { return consent.ErrTaken }
func (outrun) Has(context.Context, string, string, int, int) (bool, error) {
	return false, nil
}

func TestRefusalsOfRequests(t *testing.T) {
	s := newRig(t)
	openapitest.Refusals(t, s, "POST", "/v1/requests", 64<<10)
	waiting, answered := s.file("a@example.org"), s.verified("b@example.org")
	s.mailed(waiting)
	s.exported(answered)
	if w := s.send("POST", "/v1/requests/"+waiting+"/withdraw", "", "192.0.2.1", "Authorization", "Bearer "+string(status(waiting)), "Origin", "null"); w.Code != http.StatusForbidden {
		t.Errorf("a foreign origin: %d", w.Code)
	}
	a, b := s.fresh(t, "a@example.org"), s.fresh(t, "b@example.org")
	s.Requester.Register = busyRegister{s.Requests}
	for path, who := range map[string]person{"requests/" + waiting + "/confirm": a, "requests/" + waiting + "/withdraw": a, "pending/" + waiting + "/discard": a, "requests/" + answered + "/exports": b} {
		if w := s.as(who, "POST", "/v1/"+path, ""); w.Code != http.StatusConflict {
			t.Errorf("%s, while the file moves at every try: %d %s", path, w.Code, w.Body)
		}
	}
	if code, body := s.bearer("POST", "/v1/requests/"+waiting+"/withdraw", status(waiting)); code != http.StatusConflict {
		t.Errorf("withdrawing, while the file moves at every try: %d %s", code, body)
	}
}

func TestRefusalsOfLinks(t *testing.T) {
	s := newRig(t)
	id, _, token := s.link(t, "anna@example.org")
	openapitest.Refusals(t, s, "POST", "/v1/links", 64<<10)
	openapitest.Refusals(t, s, "POST", "/v1/links/"+id+"/open", 64<<10)
	p := s.fresh(t, "anna@example.org")
	s.Links.Mailboxes = busyMailboxes{s.Mailboxes}
	for name, w := range map[string]*httptest.ResponseRecorder{"open": s.tryLink(id, token), "end": s.as(p, "POST", "/v1/links/end", ""), "ask": s.as(p, "POST", "/v1/links", "{}")} {
		if w.Code != http.StatusConflict || sessionIn(w) != "" {
			t.Errorf("%s, while the mailbox moves at every try: %d %s", name, w.Code, w.Body)
		}
	}
}

// A member with the contract's greatest length is accepted. One with a character more is refused.
func TestLengthsOfAFiling(t *testing.T) {
	s := newRig(t)
	address := strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("b", 59)+".", 3) + "example"
	for _, c := range []struct{ name, longest, more string }{
		{"details", strings.Repeat("€", 2000), "€"},
		{"language", strings.Repeat("e", 35), "e"},
		{"email", address + strings.Repeat("x", 254-len(address)), "x"},
	} {
		for more, want := range map[string]int{"": http.StatusAccepted, c.more: http.StatusUnprocessableEntity} {
			filing := map[string]string{"right": "access", "email": "a@example.org"}
			filing[c.name] = c.longest + more
			body, _ := json.Marshal(filing)
			if w := s.send("POST", "/v1/requests", string(body), "192.0.2.1"); w.Code != want {
				t.Errorf("%s of %d bytes: %d %s", c.name, len(filing[c.name]), w.Code, w.Body)
			}
		}
	}
}

func TestRefusalsOfConsents(t *testing.T) {
	s := newRig(t)
	p := s.fresh(t, "anna@example.org")
	session := []string{"Cookie", cookie + "=" + p.session}
	openapitest.Refusals(t, s, "POST", "/v1/preferences", 64<<10, session...)
	denied := map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied}
	for _, c := range []struct {
		name, value string
		status      int
	}{{"If-Match", `"7"`, 412}, {"If-Match", `7`, 412}, {"If-None-Match", `"7"`, 412}, {"Idempotency-Key", strings.Repeat("k", 256), 400}} {
		if status, answer := s.decide(t, p, denied, c.name, c.value); status != c.status {
			t.Errorf("%s: %d %v", c.name, status, answer)
		}
	}
	if status, answer := s.decide(t, p, denied, "If-None-Match", "*"); status != 201 || answer["version"] != 1.0 {
		t.Errorf("the first decision: %d %v", status, answer)
	}
	if status, _ := s.decide(t, p, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}, "If-None-Match", "*"); status != 412 {
		t.Errorf("a first decision that is none: %d", status)
	}
	w := s.as(p, "GET", "/v1/preferences", "")
	if status, answer := s.decide(t, p, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}, "If-Match", w.Header().Get("ETag"), "Idempotency-Key", "k"); status != 201 || answer["version"] != 2.0 {
		t.Errorf("after what was read: %d %v", status, answer)
	}
	if status, _ := s.unsubscribe(t, p.unsubscribe, oneClick, "Idempotency-Key", strings.Repeat("k", 256)); status != 400 {
		t.Errorf("a long key: %d", status)
	}
	if status, _ := s.unsubscribe(t, p.unsubscribe, strings.Repeat("k", 65<<10)); status != 413 {
		t.Errorf("a long form: %d", status)
	}
}

// with returns a rig like s, on another log and another store of confirmations.
func (s *rig) with(t *testing.T, log consent.Log, waiting mailbox.Confirmations) *rig {
	recorder := *s.ByAddress.Recorder
	recorder.Log = log
	h := s.handler()
	h.consents = &mailbox.Consents{Recorder: &recorder, Confirmations: waiting, Persons: s.Subjects, States: s.Subjects, Tokens: s.ByAddress.Tokens, Tell: s.ByAddress.Tell}
	other := &rig{Rig: s.Rig, within: 700 * time.Millisecond}
	other.serve(t, h)
	return other
}

// A caller who loses every race, or who has decided too often, is told so.
func TestConsentsThatOthersDecide(t *testing.T) {
	s := newRig(t)
	p, id := s.fresh(t, "anna@example.org"), s.ask(t, "anna@example.org", mailGranted)
	const patient = time.Minute // enough time, so that a grant is refused only for its tries or its versions
	full := s.with(t, outrun{consent.Record{Version: 1000, ExpiresAt: s.Clock.Now().Add(time.Hour)}}, s.ByAddress.Confirmations)
	full.within = patient
	if status, answer := full.confirm(t, id, p); status != http.StatusTooManyRequests {
		t.Errorf("a grant after 1,000 versions: %d %v", status, answer)
	}
	late := s.with(t, outrun{}, s.ByAddress.Confirmations)
	brief := late.within
	late.within = patient
	if status, answer := late.confirm(t, id, p); status != http.StatusConflict {
		t.Errorf("confirming: %d %v", status, answer)
	}
	if status, answer := late.decide(t, p, mailGranted); status != http.StatusConflict {
		t.Errorf("granting: %d %v", status, answer)
	}
	late.within = brief
	if status, answer := late.confirm(t, id, p, "Sec-GPC", "1"); status != http.StatusServiceUnavailable {
		t.Errorf("confirming with the privacy signal: %d %v", status, answer)
	}
	if status, answer := late.decide(t, p, everything()); status != http.StatusServiceUnavailable {
		t.Errorf("withdrawing: %d %v", status, answer)
	}
	if status, answer := late.unsubscribe(t, p.unsubscribe, oneClick); status != http.StatusServiceUnavailable {
		t.Errorf("unsubscribing: %d %v", status, answer)
	}
	pressed := s.with(t, s.ByAddress.Recorder.Log, busyConfirmations{s.ByAddress.Confirmations})
	pressed.within = patient
	if status, answer := pressed.confirm(t, id, p); status != http.StatusConflict {
		t.Errorf("a button that others press too: %d %v", status, answer)
	}
	if w := pressed.as(p, "POST", "/v1/pending/"+id+"/discard", ""); w.Code != http.StatusConflict {
		t.Errorf("a consent that others press while it is discarded: %d %s", w.Code, w.Body)
	}
	pressed.within = brief
	if status, answer := pressed.confirm(t, id, p, "Sec-GPC", "1"); status != http.StatusServiceUnavailable {
		t.Errorf("a button that others press too, with the privacy signal: %d %v", status, answer)
	}
}
