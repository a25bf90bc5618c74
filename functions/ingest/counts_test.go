package main

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
)

// visits returns the body of a count with one member of its data changed.
func visits(member string, value any) string {
	data := map[string]any{"day": "2026-11-20", "page": "/pricing", "country": "DE", "browser": "Firefox 131.0", "referrerHost": "www.google.de", "count": 1}
	data[member] = value
	if member == "searchTerm" || strings.HasPrefix(fmt.Sprint(value), "/blog/") {
		data["count"] = 10
	}
	body, _ := json.Marshal(map[string]any{"source": "automatic", "occurredAt": "2026-11-21T00:00:00Z", "data": data})
	return string(body)
}

// countsStored returns every stored count with its keys, each as one text.
func (s *rig) countsStored(t *testing.T) (all []string) {
	t.Helper()
	for _, item := range s.Scan("RecordsTable") {
		data := dynamo.Blob(item, "data")
		if item["packed"] != nil {
			var err error
			if data, err = io.ReadAll(flate.NewReader(bytes.NewReader(data))); err != nil {
				t.Fatal(err)
			}
		}
		all = append(all, strings.Join([]string{dynamo.Text(item, "PK"), dynamo.Text(item, "SK"), dynamo.Text(item, "due"), string(data)}, " "))
	}
	return all
}

// TestThreat_T29_CountsThatPointAtAPerson sends counts that a careless or curious system could send, alone and as lines. Their fields contain a
// page of one customer, a query, a session, a telephone number, an address, or a future day.
func TestThreat_T29_CountsThatPointAtAPerson(t *testing.T) {
	const session = "d96e02a3-9fbf-4224-9b20-58bcd2a6d8cd"
	s := newRig(t)
	for _, attack := range []struct {
		member string
		value  any
	}{
		{"page", "/account/anna-schmidt/invoices"}, {"page", "/pricing?q=anna+schmidt"}, {"page", "/pricing%3Fq=anna"}, {"page", "/pricing#anna"}, {"page", "//anna.example/pricing"}, {"page", "/blog/../anna"},
		{"page", "/blog/anna@example.org"}, {"page", "/blog/anna%2540example.org"}, {"page", "/blog/" + session}, {"page", "/blog/+4915112345678"}, {"page", "/blog/203.0.113.77"},
		{"searchTerm", "anna@example.org"}, {"searchTerm", "０１５１ １２３４５６７８"}, {"searchTerm", "203-0-113-77"}, {"searchTerm", session},
		{"referrerHost", "203.0.113.77"}, {"referrerHost", "anna:secret@example.org"}, {"referrerHost", "annas-macbook.local"}, {"referrerHost", "anna"}, {"referrerHost", "example.org:443"}, {"referrerHost", session + ".example.org"}, {"referrerHost", "https://www.google.de/?q=anna"},
		{"browser", "Firefox 131.0 anna"}, {"browser", session}, {"browser", "2001:db8::77"}, {"device", "annas phone"}, {"device", session},
		{"day", "2027-02-01"}, {"day", "2026-11-25"}, {"count", 0}, {"count", 4915112345678}, {"secondsOnPage", 4915112345678}, {"visitor", session},
	} {
		body := visits(attack.member, attack.value)
		code, answer := s.call(t, "PUT", "/v1/records/analytics/x", "application/json", body)
		if code != 422 || named(answer) != "/data/"+attack.member {
			t.Errorf("%s: %d %s", body, code, answer)
		}
		line := s.lines(t, `{"category":"analytics","id":"x",`+body[1:])[0]
		if line.Error == nil || len(line.Error.Errors) != 1 || line.Error.Errors[0].Pointer != "/data/"+attack.member || line.Error.Retryable {
			t.Errorf("%s: %+v", body, line)
		}
		said := answer + fmt.Sprint(line.Error)
		for _, canary := range []string{"anna", "schmidt", session, "4915112345678", "203", "１５１"} {
			if strings.Contains(said, canary) {
				t.Errorf("%s: the answer repeats what was sent: %s", body, said)
			}
		}
	}
	rare := visits("page", "/blog/anna-schmidt")
	if code, answer := s.call(t, "PUT", "/v1/records/analytics/x", "application/json", strings.Replace(rare, `"count":10`, `"count":9`, 1)); code != 422 || !strings.Contains(answer, "is accepted only with a count of 10 or more") {
		t.Errorf("a rare page: %d %s", code, answer)
	}
	if stored := s.countsStored(t); len(stored) > 0 {
		t.Errorf("stored: %q", stored)
	}
}

// TestThreat_T29_WhatIsStoredOfACount sends the same counts several times, in different spellings and under ids that name somebody.
func TestThreat_T29_WhatIsStoredOfACount(t *testing.T) {
	const head = `{"browser":"Firefox 131","count":1,"country":"DE","day":"2026-11-20","page":"/pricing","referrerHost":"`
	for _, c := range []struct{ member, value, want string }{
		{"referrerHost", "anna-schmidt.example.org", head + `other"}`},
		{"referrerHost", "anna-schmidt.linkedin.com", head + `linkedin.com"}`},
		{"page", "/%70ricing/", head + `google.de"}`},
		{"browser", "Firefox 131.0.1", head + `google.de"}`},
		{"day", "2026-11-24", strings.Replace(head, "11-20", "11-24", 1) + `google.de"}`},
		{"page", "/blog/%C3%BCber-uns", strings.NewReplacer("/pricing", "/blog/über-uns", `"count":1`, `"count":10`).Replace(head) + `google.de"}`},
		{"searchTerm", "help desk", strings.Replace(head, `"count":1`, `"count":10`, 1) + `google.de","searchTerm":"help desk"}`},
	} {
		s := newRig(t)
		body := visits(c.member, c.value)
		if code, answer := s.call(t, "PUT", "/v1/records/analytics/anna-schmidt", "application/json", body); code != 200 || !strings.Contains(answer, `"outcome":"stored"`) {
			t.Errorf("%s: %d %s", body, code, answer)
		}
		for _, a := range s.lines(t, strings.Repeat(`{"category":"analytics","id":"anna-schmidt",`+body[1:]+"\n", 2)) {
			if a.Outcome != "unchanged" {
				t.Errorf("%s: again: %+v", body, a)
			}
		}
		stored := s.countsStored(t)
		if len(stored) != 1 || !strings.HasSuffix(stored[0], " "+c.want) || strings.Contains(stored[0], "anna") {
			t.Errorf("%s: stored %q, not %s", body, stored, c.want)
		}
	}
}

// A count is kept for the period of the policy. A later correction with the same id replaces it.
func TestACountIsCorrected(t *testing.T) {
	s := newRig(t)
	for i, count := range []int{40, 41} {
		body := strings.Replace(visits("count", count), "2026-11-21", time.Date(2026, 11, 21+i, 0, 0, 0, 0, time.UTC).Format(time.DateOnly), 1)
		if code, answer := s.call(t, "PUT", "/v1/records/analytics/pricing-DE", "application/json", body); code != 200 || !strings.Contains(answer, `"outcome":"stored","expiresAt":"2029-01-20T00:00:00Z"`) {
			t.Errorf("%d %s", code, answer)
		}
	}
	if stored := s.countsStored(t); len(stored) != 1 || !strings.Contains(stored[0], `"count":41`) {
		t.Errorf("stored: %q", stored)
	}
}
