package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// disguised lists ways to write one card number in a text.
var disguised = []string{
	"4111 1111 1111 1111 12/27", "4111 1111 1111 1111 123", "Order 12 4111 1111 1111 1111", "Visa-4111 1111 1111 1111", "Visa4111111111111111", "4111.1111.1111.1111",
	"4111/1111/1111/1111", "4111,1111,1111,1111", "4111  1111  1111  1111", "4111\u00a01111\u00a01111\u00a01111", "4111\n1111\n1111\n1111", "４１１１１１１１１１１１１１１１",
	"٤١١١ ١١١١ ١١١١ ١١١١", "4111\u200b1111\u200b1111\u200b1111", "411111111111.1111", "6759 6498 2643 8453", "2200-0000-0000-0004",
}

// T28: a record with a card number in any text is refused, alone and as a line. The answer names the field, and the number is neither stored
// nor repeated.
func TestThreat_T28_RecordsWithCardNumbersAreRefused(t *testing.T) {
	s := newRig(t)
	for i, text := range disguised {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		spoken := strings.Replace(talk, `"Hello"`, string(quoted), 1)
		email := fmt.Sprintf("anna%d@example.org", i)
		body := `{"subject":{"email":"` + email + `"},"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":` + spoken + `}`
		code, answer := s.call(t, "PUT", "/v1/records/communication/one", "application/json", body)
		if code != http.StatusUnprocessableEntity || !strings.Contains(answer, `{"pointer":"/data/messages/0/text","detail":"must not contain a card number"}`) || strings.Contains(answer, "1111") {
			t.Errorf("%+q: %d %s", text, code, answer)
		}
		lines := s.lines(t, ndjson("communication", "one", email, "2026-11-01T00:00:00Z", spoken)+
			ndjson("transaction", "two", email, "2026-11-01T00:00:00Z", strings.Replace(bought, `"Seats"`, string(quoted), 1)))
		for n, pointer := range []string{"/data/messages/0/text", "/data/description"} {
			if said := fmt.Sprint(lines[n].Error); lines[n].Error == nil || !strings.Contains(said, pointer) || strings.Contains(said, "1111") {
				t.Errorf("line %d with %+q: %s", n, text, said)
			}
		}
		if stored := s.stored(t, email); len(stored) > 0 {
			t.Errorf("%+q: %d records are stored", text, len(stored))
		}
	}
}

// T28: a card number in an id, an amount or an address is refused in the same way.
func TestThreat_T28_IDsAmountsAndAddressesHoldNoCardNumber(t *testing.T) {
	s := newRig(t)
	for _, c := range []struct{ id, email, category, data, pointer string }{
		{"4111-1111-1111-1111", anna, "identity", name, "/id"},
		{"visa.4111.1111.1111.1111_12", anna, "identity", name, "/id"},
		{"one", "4111111111111111@example.org", "identity", name, "/subject/email"},
		{"one", "anna+4111-1111-1111-1111@example.org", "identity", name, "/subject/email"},
		{"one", anna, "contact", strings.Replace(examples[privacy.Contact], "anna@", "anna.4111.1111.1111.1111@", 1), "/data/email"},
		{"one", anna, "contact", strings.Replace(examples[privacy.Contact], "+4915112345678", "4111 1111 1111 1111", 1), "/data/phone"},
		{"one", anna, "transaction", strings.Replace(bought, `"10.50"`, `"411111111111.1111"`, 1), "/data/amount"},
		{"one", anna, "transaction", strings.Replace(bought, `"quantity":3`, `"quantity":4111111111111111`, 1), "/data/lines/0/quantity"},
	} {
		for _, code := range []func() (int, string){
			func() (int, string) {
				body := `{"subject":{"email":"` + c.email + `"},"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":` + c.data + `}`
				return s.call(t, "PUT", "/v1/records/"+c.category+"/"+c.id, "application/json", body)
			},
			func() (int, string) {
				lines := s.lines(t, ndjson(c.category, c.id, c.email, "2026-11-01T00:00:00Z", c.data))
				said, _ := json.Marshal(lines[0].Error)
				return http.StatusUnprocessableEntity, string(said)
			},
		} {
			status, answer := code()
			if status != http.StatusUnprocessableEntity || !strings.Contains(answer, `"pointer":"`+c.pointer+`","detail":"must not contain a card number"`) || strings.Contains(answer, "1111") {
				t.Errorf("%s: %d %s", c.pointer, status, answer)
			}
		}
		if stored := s.stored(t, c.email); len(stored) > 0 {
			t.Errorf("%s: %d records are stored", c.pointer, len(stored))
		}
	}
}
