package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// F02: the answer says why a record changes nothing, and what became of its address, for one record and for the line of a call alike.
func TestFault_F02_TheAnswerSaysWhy(t *testing.T) {
	const first, second, third = "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z"
	ended := strings.Replace(running, "}", `,"contractEndedAt":"2026-10-31T00:00:00Z"}`, 1)
	both, id := whom("7", "anna@example.org"), whom("7", "")
	for _, inLines := range []bool{false, true} {
		s := people(t)
		for _, c := range []struct {
			category, who, at, data string
			want                    said
		}{
			{"identity", both, second, name, said{Outcome: "stored"}},
			{"identity", id, second, name, said{Outcome: "unchanged", Reason: "same"}},
			{"identity", id, first, strings.Replace(name, "Anna", "Ann", 1), said{Outcome: "unchanged", Reason: "older"}},
			{"identity", whom("7", "new@example.org"), second, name, said{Outcome: "unchanged", Reason: "same", Address: "not_attached"}},
			{"identity", whom("7", "bo@example.org"), third, name, said{Outcome: "stored", Address: "of_another"}},
			{"account", id, second, ended, said{Outcome: "stored"}},
			{"account", id, second, running, said{Outcome: "unchanged", Reason: "ended"}},
			{"account", both, third, running, said{Outcome: "stored"}}, // a newer one, which does not know of the end
			{"account", whom("7", "family@example.org"), second, ended, said{Outcome: "unchanged", Reason: "older", Address: "of_another"}},
			{"security_log", whom("7", "old@example.org"), "2026-01-01T00:00:00Z", strings.Replace(login, "2026-11-20", "2026-01-01", 1), said{Outcome: "retention_over", Address: "not_attached"}},
		} {
			var got said
			if inLines {
				line := fmt.Sprintf(`{"category":%q,"id":"one","subject":%s,"source":"direct","occurredAt":%q,"data":%s}`, c.category, c.who, c.at, c.data)
				answers := s.lines(t, line)
				text, err := json.Marshal(answers[0])
				if err == nil {
					err = json.Unmarshal(text, &got)
				}
				if err != nil || len(answers) != 1 || answers[0].Error != nil {
					t.Fatalf("%s: %+v, %v", c.category, answers, err)
				}
			} else {
				got = s.sends(t, c.category, "one", c.who, c.at, c.data)
			}
			got.ExpiresAt = ""
			if got != c.want {
				t.Errorf("in lines %t: %s of %s at %s: %+v, not %+v", inLines, c.category, c.who, c.at, got, c.want)
			}
		}
	}
}

// F02: the lines of one call that name one person in several ways are filed under one person, in whatever order they are sent, and each has its answer.
func TestFault_F02_LinesOfOnePerson(t *testing.T) {
	s := newRig(t)
	s.logs(t, "0", whom("7", "anna@example.org"))
	var body strings.Builder
	for i, who := range []string{whom("", "Anna@example.org"), whom("7", "new@example.org"), whom("8", "new@example.org"), whom("7", ""), whom("7", "anna@example.org"), whom("9", "anna@example.org"), whom("", "anna@example.org")} {
		fmt.Fprintf(&body, `{"category":"security_log","id":"%d","subject":%s,"source":"direct","occurredAt":"2026-11-20T00:00:00Z","data":%s}`+"\n", i+1, who, login)
	}
	var got []string
	for _, a := range s.lines(t, body.String()) {
		text := fmt.Sprint(a.Line, " ", a.Outcome, a.Address)
		if a.Error != nil {
			text += fmt.Sprint(a.Error.Title, " ", a.Error.Retryable, " ", a.Error.Errors[0].Pointer)
		}
		got = append(got, text)
	}
	want := "1 stored, 2 storednot_attached, 3 stored, 4 stored, 5 stored, 6 stored, 7 stored"
	if strings.Join(got, ", ") != want {
		t.Errorf("%s\nnot %s", strings.Join(got, ", "), want)
	}
	id := s.alias(t, "crm", "7", "").Subject()
	if ids := strings.Join(s.of(t, id), ""); ids != "012457" || len(s.aliases(t)) != 3 {
		t.Errorf("%s, %v", ids, s.aliases(t))
	}
	a := s.lines(t, strings.Replace(ndjson("security_log", "8", "anna@example.org", "2026-11-20T00:00:00Z", login), "direct", "automatic", 1))[0]
	if a.Error == nil || a.Error.Title != "Conflict" || a.Error.Retryable || a.Error.Errors[0].Pointer != "/subject/id" {
		t.Errorf("a line of an address that is shared by now: %+v", a)
	}
}
