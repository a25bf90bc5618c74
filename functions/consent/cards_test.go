package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// T28: an address or a language with a card number is refused. The answer names the field, and the number is neither stored nor repeated.
func TestThreat_T28_ConsentsWithCardNumbersAreRefused(t *testing.T) {
	s := newRig(t)
	const news = `"marketing_email":"granted"`
	for _, email := range []string{
		"4111111111111111@example.org", "4111-1111-1111-1111@example.org", "anna.4111.1111.1111.1111.12.27@example.org", "visa4111111111111111@example.org", "４１１１１１１１１１１１１１１１@example.org",
	} {
		status, answer, _ := s.call(t, "POST", "/v1/consents", decideByAddress(email, news))
		if status != http.StatusUnprocessableEntity || named(answer) != "/subject/email" || strings.Contains(fmt.Sprint(answer), "111") ||
			!strings.Contains(fmt.Sprint(answer), "must not contain a card number") {
			t.Errorf("%s: %d %v", email, status, answer)
		}
	}
	for _, language := range []string{"en-41111111-11111111", "4111-1111-1111-1111"} {
		for _, body := range []string{decideByAddress("anna@example.org", news), decide(uuid.NewString(), news)} {
			status, answer, _ := s.call(t, "POST", "/v1/consents", strings.Replace(body, `"en"`, `"`+language+`"`, 1))
			if status != http.StatusUnprocessableEntity || named(answer) != "/language" || strings.Contains(fmt.Sprint(answer), "111") {
				t.Errorf("%s: %d %v", language, status, answer)
			}
		}
	}
	for _, logical := range []string{"RequestsTable", "ConsentsTable"} {
		if n := s.Count(logical); n != 0 {
			t.Errorf("%s holds %d items", logical, n)
		}
	}
}
