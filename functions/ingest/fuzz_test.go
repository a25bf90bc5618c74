package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	anna   = "anna@example.org"
	bearer = "Bearer of the test"
	bought = `{"invoiceNumber":"HDX-1","issuedAt":"2026-01-01T00:00:00Z","currency":"EUR","amount":"10.50","status":"paid","description":"Seats","lines":[{"description":"Seat","quantity":3,"unitPrice":"3.50"}],"cardLast4":"4242"}`
	talk   = `{"channel":"live_chat","startedAt":"2026-01-01T00:00:00Z","endedAt":"2026-01-01T00:10:00Z","agent":"agent-1","messages":[{"at":"2026-01-01T00:00:00Z","from":"subject","name":"Anna","text":"Hello"}]}`
	list   = `{"list":"offers","subscribedAt":"2026-11-01T00:00:00Z","interests":["chat"]}`
)

// examples has a valid record of each category.
var examples = map[privacy.Category]string{
	privacy.Identity: name, privacy.Contact: `{"email":"anna@example.org","phone":"+4915112345678","company":"Berg GmbH"}`, privacy.Account: running,
	privacy.Preference:  `{"supportChannel":"live_chat","serviceTier":"team","language":"de"}`,
	privacy.Transaction: bought, privacy.Communication: talk, privacy.Marketing: list, privacy.SecurityLog: login,
	privacy.Analytics: `{"day":"2026-11-20","page":"/","country":"DE","browser":"Firefox 131.0","referrerHost":"example.com","searchTerm":"helpdesk","count":40}`,
}

// newFuzzed returns a rig on tables that live as long as the fuzzing. Each exchange is checked against the contract.
func newFuzzed(f *testing.F) *rig {
	s := newRig(f)
	s.Handler = s.routes(open{})
	return s
}

// somebodyNew replaces the address in a body by a new one, about which nothing is stored.
func somebodyNew(body string) (string, string) {
	email := uuid.NewString() + "@example.org"
	return strings.ReplaceAll(body, anna, email), email
}

// sentRecord is a body as another decoder reads it.
type sentRecord struct {
	Category, ID       string
	Subject            *struct{ Email string }
	Source, OccurredAt string
	Data               json.RawMessage
}

// holds expects the record to be stored as it was sent, byte for byte in canonical form.
func (s *rig) holds(t *testing.T, sent sentRecord) {
	t.Helper()
	if sent.Subject == nil {
		return // counts have no data subject, so they cannot be read by address
	}
	data, err := record.Canonical(sent.Data)
	if err != nil {
		t.Fatal(err)
	}
	at, err := time.Parse(time.RFC3339, sent.OccurredAt)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range s.stored(t, sent.Subject.Email) {
		if string(r.Category) == sent.Category && r.ID == sent.ID {
			if !bytes.Equal(r.Data, data) || !r.OccurredAt.Equal(at) || string(r.Source) != sent.Source {
				t.Errorf("sent %s at %s, stored %s at %s", data, at, r.Data, r.OccurredAt)
			}
			return
		}
	}
	t.Errorf("%s/%s was accepted and is not stored", sent.Category, sent.ID)
}

// One record has any path and body. An accepted record is stored as it was sent, and expires if its category's period starts in the record. Of
// a refused record nothing is stored.
func FuzzOne(f *testing.F) {
	right := map[string]bool{}
	for category, data := range examples {
		body := `{"subject":{"email":"` + anna + `"},"source":"direct","occurredAt":"2026-11-01T00:00:00.5+01:00","data":` + data + `}`
		if !category.HasSubject() {
			body = strings.Replace(body, `"subject":{"email":"`+anna+`"},`, "", 1)
		}
		right[string(category)+body] = true
		f.Add(string(category), "a.B_~-1", body)
	}
	f.Add("transaction", "0", strings.Replace(`{"subject":{"email":"`+anna+`"},"source":"direct","occurredAt":"2026-11-01T00:00:00Z","data":`+bought+`}`, "2026-01-01", "0001-01-01", 1))
	f.Add("identity", "4111111111111111", `{"subject":{"email":"a@b"},"source":"","occurredAt":"","data":{"firstName":1e3}}`)
	f.Add("health", "a b", `{"subject":null,"data":[],"data":{}}`)
	f.Add("..", "\x00", `{"subject":{"email":"`+anna+`","email":"x"}}`)
	s := newFuzzed(f)
	f.Fuzz(func(t *testing.T, category, id, sent string) {
		if category == "" || id == "" || strings.Contains(category+id, "/") {
			return // API Gateway has no such route
		}
		body, email := somebodyNew(sent)
		got := openapitest.Send(t, s.Handler, "PUT", "/v1/records/"+category+"/"+id, body, "content-type", "application/json", "authorization", bearer)
		if got.StatusCode != http.StatusOK {
			if right[category+sent] && id == "a.B_~-1" {
				t.Errorf("a valid record is answered %d %s", got.StatusCode, got.Body)
			}
			if len(s.stored(t, email)) > 0 {
				t.Errorf("refused with %d, and stored", got.StatusCode)
			}
			return
		}
		var answer struct {
			Outcome   record.Outcome
			ExpiresAt *time.Time
		}
		want := sentRecord{Category: category, ID: id}
		if json.Unmarshal([]byte(got.Body), &answer) != nil || json.Unmarshal([]byte(body), &want) != nil {
			t.Fatal(got.Body)
		}
		if answer.Outcome != record.Stored {
			return
		}
		s.holds(t, want)
		if c := privacy.Category(category); answer.ExpiresAt == nil && !c.IsAccountData() {
			t.Errorf("%s would be kept for ever", body)
		}
	})
}

// Each line that is not empty has one answer, in order. A record is stored if its answer says so.
func FuzzLines(f *testing.F) {
	f.Add(ndjson("identity", "self", anna, "2026-11-01T00:00:00Z", name) + "\n \r\n" + ndjson("security_log", "1", anna, "2026-11-20T00:00:00Z", login) + counts)
	f.Add(ndjson("account", "a", anna, "2026-11-02T00:00:00Z", running) + ndjson("contact", "self", anna, "2026-11-02T00:00:00Z", examples[privacy.Contact]) + "{}\r[1]")
	f.Add(ndjson("transaction", "1", anna, "2026-01-01T00:00:00Z", bought) + ndjson("transaction", "1", "bo@example.org", "1999-01-01T00:00:00Z", bought))
	f.Add("\xff\n{\"category\":\"identity\",\"category\":\"\"}\n\x00\nnull")
	s := newFuzzed(f)
	f.Fuzz(func(t *testing.T, sent string) {
		body, _ := somebodyNew(sent)
		got := openapitest.Send(t, s.Handler, "POST", "/v1/records", body, "content-type", "application/x-ndjson", "authorization", bearer)
		var answers []answer
		if err := json.Unmarshal([]byte(got.Body), &answers); err != nil || got.StatusCode != http.StatusOK {
			t.Fatalf("%d %.200s", got.StatusCode, got.Body)
		}
		newest := map[string]sentRecord{}
		for i, line := range strings.Split(body, "\n") {
			if strings.TrimSpace(line) == "" {
				continue
			}
			if len(answers) == 0 || answers[0].Line != i+1 || (answers[0].Error == nil) == (answers[0].Outcome == "") {
				t.Fatalf("line %d of %+q is answered %+v", i+1, body, answers)
			}
			var one sentRecord
			if answers[0].Outcome == record.Stored && json.Unmarshal([]byte(line), &one) == nil && one.Subject != nil {
				a, err := subject.ParseAddress(one.Subject.Email)
				if err != nil {
					t.Fatal(err)
				}
				newest[fmt.Sprint(a.Lookup, one.Category, one.ID)] = one
			}
			answers = answers[1:]
		}
		if len(answers) > 0 {
			t.Errorf("%d answers too many", len(answers))
		}
		for _, one := range newest {
			s.holds(t, one)
		}
	})
}

// Without a consent on record, the answer to a question is yes only if the basis is not consent. An accepted end of a contract is stored
// exactly as it was sent.
func FuzzAsk(f *testing.F) {
	f.Add(true, `{"subject":{"email":"`+anna+`"},"purpose":"marketing_email"}`)
	f.Add(true, `{"subject":{"visitor":"6f1f8a9e-6f0a-4f3b-9d5e-2b8a1c7d4e90"},"purpose":"analytics_cookies","under16":true}`)
	f.Add(true, `{"subject":{"visitor":"6F1F8A9E-6F0A-4F3B-9D5E-2B8A1C7D4E90"},"purpose":"live_chat"}`)
	f.Add(true, `{"subject":{},"purpose":"\u0000"}`)
	f.Add(false, `{"subject":{"email":"`+anna+`"},"endedAt":"2026-11-22T23:30:00.25-01:00"}`)
	f.Add(false, `{"subject":{"email":"Anna@EXAMPLE.org"},"endedAt":"2046-11-22T00:00:00Z"}`)
	f.Add(false, `{"endedAt":"0000-00-00T00:00:00Z"}`)
	s := newFuzzed(f)
	f.Fuzz(func(t *testing.T, question bool, sent string) {
		body, email := somebodyNew(sent)
		if question {
			got := openapitest.Send(t, s.Handler, "POST", "/v1/decisions", body, "content-type", "application/json", "authorization", bearer)
			var decision struct {
				Allowed       bool
				Basis, Reason string
			}
			_ = json.Unmarshal([]byte(got.Body), &decision)
			if got.StatusCode == http.StatusOK && decision.Allowed != (decision.Basis != "consent") {
				t.Errorf("%s is answered %s", body, got.Body)
			}
			return
		}
		s.put(t, "account", "a", email, "2026-11-01T00:00:00Z", running)
		got := openapitest.Send(t, s.Handler, "POST", "/v1/subjects/contract-end", body, "content-type", "application/json", "authorization", bearer)
		if got.StatusCode != http.StatusOK {
			if stored := s.stored(t, email); len(stored) != 1 || strings.Contains(string(stored[0].Data), "contractEndedAt") {
				t.Errorf("answered %d, and %d are stored", got.StatusCode, len(stored))
			}
			return
		}
		var end struct{ EndedAt time.Time }
		_ = json.Unmarshal([]byte(body), &end)
		for _, r := range s.stored(t, email) {
			if _, ended := r.Contract(); !ended.Equal(end.EndedAt) {
				t.Errorf("%s: the contract ended at %s", body, ended)
			}
		}
	})
}
