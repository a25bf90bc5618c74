package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// A person has at most ten ids, and at most ten people share an address. A record that would make more known is refused, and waiting does not help.
func TestElevenIDsAndElevenPeople(t *testing.T) {
	s := newRig(t)
	put := func(id, email string) (int, string) {
		return s.call(t, "PUT", "/v1/records/identity/"+id, "application/json",
			`{"subject":{"id":"`+id+`","email":"`+email+`"},"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":`+name+`}`)
	}
	const anna, family = "anna@example.org", "family@example.org"
	for i := range subject.Most {
		client, id, email := fmt.Sprint("system", i), "7", anna
		line, err := s.Intake.Check(client, record.Draft{Category: "identity", ID: fmt.Sprint("of-", i), Source: "direct", OccurredAt: "2026-11-01T00:00:00Z",
			Subject: &record.Named{ID: &id, Email: &email}, Data: []byte(name)})
		if err != nil {
			t.Fatal(err)
		}
		var result intake.Result
		if result, err = s.Intake.TakeOne(t.Context(), line); err != nil || result.Outcome != record.Stored {
			t.Fatal(result, err)
		}
		if code, answer := put(fmt.Sprint("child-", i), family); code != http.StatusOK {
			t.Fatal(code, answer)
		}
	}
	for email, want := range map[string]string{anna: "at most 10 ids", family: "share an address"} {
		if code, answer := put("eleventh", email); code != http.StatusTooManyRequests || !strings.Contains(answer, want) || strings.Contains(answer, "@") {
			t.Errorf("%s: %d %s", email, code, answer)
		}
	}
}
