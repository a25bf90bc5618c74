package main

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// T28: a filing with a card number in the details, the address or the language is refused. The answer names the field, and the number is
// neither stored nor repeated.
func TestThreat_T28_FilingsWithCardNumbersAreRefused(t *testing.T) {
	s := newRig(t)
	for _, c := range []struct{ member, text, detail string }{
		{"details", "You charged 4111 1111 1111 1111 12/27 twice.", "must not contain a card number"},
		{"details", "my Visa-4111.1111.1111.1111, cvc 123", "must not contain a card number"},
		{"details", "4111\n1111\n1111\n1111", "must not contain a card number"},
		{"details", "４１１１ １１１１ １１１１ １１１１", "must not contain a card number"},
		{"email", "4111111111111111@example.org", "must not contain a card number"},
		{"email", "anna+4111-1111-1111-1111@example.org", "must not contain a card number"},
		{"language", "en-41111111-11111111", "must be a language tag such as en or pt-BR"},
		{"language", "4111-1111-1111-1111", "must be a language tag such as en or pt-BR"},
	} {
		filing := map[string]string{"right": "access", "email": "anna@example.org", "details": "Thank you.", "language": "en"}
		filing[c.member] = c.text
		body, err := json.Marshal(filing)
		if err != nil {
			t.Fatal(err)
		}
		w := s.send("POST", "/v1/requests", string(body), "192.0.2.1")
		var problem struct{ Errors []fault.Field }
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != http.StatusUnprocessableEntity {
			t.Fatalf("%+q: %d %s", c.text, w.Code, w.Body)
		}
		if want := (fault.Field{Pointer: "/" + c.member, Detail: c.detail}); !slices.Equal(problem.Errors, []fault.Field{want}) || strings.Contains(w.Body.String(), "111") {
			t.Errorf("%+q: %s", c.text, w.Body)
		}
	}
	if calls := s.Wire.Take(); calls["PutItem"]+calls["TransactWriteItems"] > 0 {
		t.Errorf("a refused filing was stored: %v", calls)
	}
	for _, details := range []string{"Invoice HDX-2021-87088 of 26.10.2026 - 11.03.2020", "IBAN DE89 3704 0044 0532 0130 00", "call me: 415-555-0132"} {
		body, err := json.Marshal(map[string]string{"right": "access", "email": "anna@example.org", "details": details})
		if err != nil {
			t.Fatal(err)
		}
		if w := s.send("POST", "/v1/requests", string(body), "192.0.2.1"); w.Code != http.StatusAccepted {
			t.Errorf("%q: %d %s", details, w.Code, w.Body)
		}
	}
}
