package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/request"
)

func TestMain(m *testing.M) { os.Exit(openapitest.Main(m, "request")) }

// A register, a store of confirmations and a log in which another writer is always faster.
type (
	busyRegister      struct{ request.Register }
	busyConfirmations struct{ mailbox.Confirmations }
	outrun            struct{ newest consent.Record }
)

func (busyRegister) Save(_ context.Context, file request.File, _ ...request.Item) (request.File, error) {
	return file, request.ErrChanged
}
func (busyConfirmations) Save(_ context.Context, c mailbox.Confirmation) (mailbox.Confirmation, error) {
	return c, mailbox.ErrChanged
}
func (o outrun) Newest(context.Context, string) (consent.Record, error) { return o.newest, nil }
func (outrun) Append(context.Context, consent.Record) error             { return consent.ErrTaken }
func (outrun) Has(context.Context, string, string, int, int) (bool, error) {
	return false, nil
}

func TestRefusalsOfRequests(t *testing.T) {
	s := newRig(t)
	id := s.file("a@example.org")
	verify, status := s.mailed(id)
	openapitest.Refusals(t, s, "POST", "/v1/requests", 64<<10)
	openapitest.Refusals(t, s, "POST", "/v1/requests/"+id+"/verify", 64<<10)
	for _, path := range []string{"/withdraw", "/exports"} {
		w := s.send("POST", "/v1/requests/"+id+path, "", "192.0.2.1", "Authorization", "Bearer "+string(status), "Origin", "null")
		if w.Code != http.StatusForbidden {
			t.Errorf("%s of a foreign origin: %d", path, w.Code)
		}
	}
	answered := s.file("b@example.org")
	proof, answeredStatus := s.mailed(answered)
	s.open("POST", "/v1/requests/"+answered+"/verify", proof)
	s.exported(answered)
	s.Requester.Register = busyRegister{s.Requests}
	for path, token := range map[string]string{id + "/verify": string(verify), id + "/withdraw": string(status), answered + "/exports": string(answeredStatus)} {
		body := ""
		if strings.HasSuffix(path, "verify") {
			body = `{"token":"` + token + `"}`
		}
		if w := s.send("POST", "/v1/requests/"+path, body, "192.0.2.1", "Authorization", "Bearer "+token); w.Code != http.StatusConflict {
			t.Errorf("%s, while the file moves at every try: %d %s", path, w.Code, w.Body)
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

func TestRefusalsOfConsentLinks(t *testing.T) {
	s := newRig(t)
	m := s.ask(t, "anna@example.org", mailGranted)
	token := []string{"Authorization", "Bearer " + string(m.Preferences)}
	openapitest.Refusals(t, s, "POST", "/v1/consents/confirm/"+m.About, 64<<10)
	openapitest.Refusals(t, s, "POST", "/v1/preferences/"+m.About+"/withdraw", 64<<10, token...)
	for _, c := range []struct {
		name, value string
		status      int
	}{{"If-Match", `"7"`, 412}, {"If-Match", `7`, 412}, {"If-None-Match", `"7"`, 412}, {"Idempotency-Key", strings.Repeat("k", 256), 400}} {
		if status, answer := s.call(t, s, "POST", "/v1/preferences/"+m.About+"/withdraw", "", append(token, c.name, c.value)...); status != c.status {
			t.Errorf("%s: %d %v", c.name, status, answer)
		}
	}
	if status, _ := s.unsubscribe(t, m.Unsubscribe, oneClick, "Idempotency-Key", strings.Repeat("k", 256)); status != 400 {
		t.Errorf("a long key: %d", status)
	}
	if status, _ := s.unsubscribe(t, m.Unsubscribe, strings.Repeat("k", 65<<10)); status != 413 {
		t.Errorf("a long form: %d", status)
	}
}

// with returns a rig like s, on another log and another store of confirmations.
func (s *rig) with(t *testing.T, log consent.Log, waiting mailbox.Confirmations) *rig {
	recorder := *s.ByAddress.Recorder
	recorder.Log = log
	h := s.handler()
	h.consents = &mailbox.Consents{Recorder: &recorder, Confirmations: waiting, Tokens: s.ByAddress.Tokens}
	return &rig{Rig: s.Rig, Handler: openapitest.Wrap(t, routes(h, servicetest.Origin)), within: 700 * time.Millisecond}
}

// A caller who loses every race, or who has decided too often, is told so.
func TestConsentLinksThatOthersUse(t *testing.T) {
	s := newRig(t)
	m := s.ask(t, "anna@example.org", mailGranted)
	const patient = time.Minute // enough time, so that a grant is refused only for its tries or its versions
	full := s.with(t, outrun{consent.Record{Version: 1000, ExpiresAt: s.Clock.Now().Add(time.Hour)}}, s.ByAddress.Confirmations)
	full.within = patient
	if status, answer := full.confirm(t, m.About, m.Token); status != http.StatusTooManyRequests {
		t.Errorf("a grant after 1,000 versions: %d %v", status, answer)
	}
	late := s.with(t, outrun{}, s.ByAddress.Confirmations)
	brief := late.within
	late.within = patient
	if status, answer := late.confirm(t, m.About, m.Token); status != http.StatusConflict {
		t.Errorf("confirming: %d %v", status, answer)
	}
	late.within = brief
	if status, answer := late.confirm(t, m.About, m.Token, "Sec-GPC", "1"); status != http.StatusServiceUnavailable {
		t.Errorf("confirming with the privacy signal: %d %v", status, answer)
	}
	if status, answer := late.withdraw(t, m.About, m.Preferences, ""); status != http.StatusServiceUnavailable {
		t.Errorf("withdrawing: %d %v", status, answer)
	}
	if status, answer := late.unsubscribe(t, m.Unsubscribe, oneClick); status != http.StatusServiceUnavailable {
		t.Errorf("unsubscribing: %d %v", status, answer)
	}
	pressed := s.with(t, s.ByAddress.Recorder.Log, busyConfirmations{s.ByAddress.Confirmations})
	pressed.within = patient
	if status, answer := pressed.confirm(t, m.About, m.Token); status != http.StatusConflict {
		t.Errorf("a button that others press too: %d %v", status, answer)
	}
	pressed.within = brief
	if status, answer := pressed.confirm(t, m.About, m.Token, "Sec-GPC", "1"); status != http.StatusServiceUnavailable {
		t.Errorf("a button that others press too, with the privacy signal: %d %v", status, answer)
	}
}
