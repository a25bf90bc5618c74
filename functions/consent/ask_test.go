package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// newAsking returns a rig and a meter that counts its calls of DynamoDB.
func newAsking(t testing.TB) (*rig, *enginetest.Meter) {
	s, m := newRig(t), &enginetest.Meter{}
	s.Confirmations.Client, s.Consents.Client = m.Client(s.Client), m.Client(s.Client)
	return s, m
}

func decideByAddress(email, decisions string) string {
	return strings.Replace(decide("", decisions), `"visitor":""`, `"email":"`+email+`"`, 1)
}

// C02: a consent by address is stored to be mailed, and has no effect until it is confirmed.
func TestPromise_C02_ConsentByAddressWaitsForItsMail(t *testing.T) {
	s := newRig(t)
	s.client = "2001:db8::1"
	status, answer, _ := s.call(t, "POST", "/v1/consents", decideByAddress("Änna@Bücher.example", `"marketing_email":"granted"`), "Sec-GPC", "1", "If-Match", `"7"`, "X-Forwarded-For", "203.0.113.9")
	id, _ := answer["id"].(string)
	if status != http.StatusAccepted || answer["state"] != "confirming" {
		t.Fatalf("asking answered %d %v", status, answer)
	}
	c, found, err := s.Confirmations.Load(t.Context(), id)
	if err != nil || !found || c.Email != "Änna@Bücher.example" || !c.NextAt.Equal(s.Clock.Now()) || !c.ConfirmedAt.IsZero() {
		t.Errorf("the waiting consent: %+v, %t, %v", c, found, err)
	}
	if c.Client != servicetest.Clients.Client("2001:db8::2") || strings.Contains(c.Client, "2001") { // only the HMAC of the /64 is stored (threats T09, T21)
		t.Errorf("the client is kept as %q", c.Client)
	}
	if c.Act.Decisions[privacy.MarketingEmail] != consent.Granted || c.Act.Decisions[privacy.MarketingCookies] != consent.Denied || !c.Act.GPC {
		t.Errorf("the act is %+v", c.Act)
	}
	if n := s.Count("ConsentsTable"); n != 0 {
		t.Errorf("%d consents are on record", n)
	}
}

// A repeated act gives the same confirmation. An act that differs in any part gives another one.
func TestTheSameActByAddressIsOneConfirmation(t *testing.T) {
	s := newRig(t)
	const news, both = `"marketing_email":"granted"`, `"marketing_email":"granted","testimonials":"granted"`
	ids := map[string]string{}
	for _, c := range []struct{ act, key, client, email, decisions string }{
		{"an act", "k", "192.0.2.1", "anna@example.org", news}, {"an act", "k", "192.0.2.1", "anna@example.org", news},
		{"another key", "l", "192.0.2.1", "anna@example.org", news}, {"another client", "k", "192.0.2.2", "anna@example.org", news},
		{"another address", "k", "192.0.2.1", "berta@example.org", news}, {"another spelling", "k", "192.0.2.1", "Anna@example.org", news},
		{"other decisions", "k", "192.0.2.1", "anna@example.org", both}, {"another key", "l", "192.0.2.1", "anna@example.org", news},
		{"no key", "", "192.0.2.1", "anna@example.org", news}, {"no key again", "", "192.0.2.1", "anna@example.org", news}, {"an act", "k", "192.0.2.1", "anna@example.org", news},
	} {
		s.client = c.client
		status, answer, _ := s.call(t, "POST", "/v1/consents", decideByAddress(c.email, c.decisions), "Idempotency-Key", c.key)
		id, _ := answer["id"].(string)
		if before, repeated := ids[c.act]; status != http.StatusAccepted || repeated && before != id {
			t.Errorf("%s: %d, %s after %s", c.act, status, id, before)
		}
		if parsed, err := uuid.Parse(id); err != nil || parsed.Version() != 8 || parsed.Variant() != uuid.RFC4122 || parsed.String() != id {
			t.Errorf("%s: %s is no UUID of version 8 (RFC 9562)", c.act, id)
		}
		ids[c.act] = id
	}
	distinct := map[string]bool{}
	for _, id := range ids {
		distinct[id] = true
	}
	if n := s.Count("RequestsTable"); len(distinct) != 8 || n != 8 {
		t.Errorf("eight acts have %d ids, and %d wait", len(distinct), n)
	}
}

// T14: neither the answer nor the calls of DynamoDB depend on the address. There is one write and no read.
func TestThreat_T14_AskingByAddressTellsNothing(t *testing.T) {
	s, m := newAsking(t)
	for range 3 { // from the second time on, the address is stored already
		m.Take()
		status, answer, header := s.call(t, "POST", "/v1/consents", decideByAddress("anna@example.org", `"marketing_email":"granted"`))
		if status != http.StatusAccepted || len(answer) != 2 || header.Get("ETag") != "" {
			t.Errorf("%d %v", status, answer)
		}
		if calls, _, reads := m.Take(); calls != 1 || reads != 0 {
			t.Errorf("%d calls, %.1f read units", calls, reads)
		}
	}
}

// T15: text that is not a bare address is refused before a mail is sent.
func TestThreat_T15_ImplausibleAddressesAreRefused(t *testing.T) {
	s, m := newAsking(t)
	for _, email := range []string{
		"anna", "@example.org", "anna@example", "anna@a@example.org", `anna\r\nBcc: x@example.org`, `anna\u0000@example.org`, `Anna <anna@example.org>`,
		"a,b@example.org", "anna@exa mple.org", `\u202eanna@example.org`, strings.Repeat("a", 250) + "@example.org",
	} {
		status, answer, _ := s.call(t, "POST", "/v1/consents", decideByAddress(email, `"marketing_email":"granted"`))
		if errors, _ := answer["errors"].([]any); status != http.StatusUnprocessableEntity || len(errors) != 1 || errors[0].(map[string]any)["pointer"] != "/subject/email" {
			t.Errorf("%q: %d %v", email, status, answer)
		}
	}
	both := strings.Replace(decide(uuid.NewString(), `"testimonials":"granted"`), `"visitor"`, `"email":"anna@example.org","visitor"`, 1)
	for body, pointer := range map[string]string{
		both: "/subject",
		decideByAddress("anna@example.org", `"billing":"granted"`): "/decisions/billing",
		decideByAddress("anna@example.org", ""):                    "/decisions",
	} {
		status, answer, _ := s.call(t, "POST", "/v1/consents", body)
		if errors, _ := answer["errors"].([]any); status != http.StatusUnprocessableEntity || len(errors) != 1 || errors[0].(map[string]any)["pointer"] != pointer {
			t.Errorf("%s: %d %v", pointer, status, answer)
		}
	}
	if n, _, _ := m.Take(); n != 0 {
		t.Errorf("a refusal cost %d calls", n)
	}
}

// I01: nothing is stored about somebody under 16 who gives an address, either.
func TestPromise_I01_Under16ByAddressIsNotStored(t *testing.T) {
	s, m := newAsking(t)
	body := strings.Replace(decideByAddress("kid@example.org", `"marketing_email":"granted"`), `"language"`, `"under16":true,"language"`, 1)
	status, answer, _ := s.call(t, "POST", "/v1/consents", body)
	if status != http.StatusOK || stateOf(t, answer, "marketing_email") != "denied" {
		t.Errorf("%d %v", status, answer)
	}
	if n, _, _ := m.Take(); n != 0 {
		t.Errorf("%d calls for somebody under 16", n)
	}
}
