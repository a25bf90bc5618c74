package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// canaries are data about the person, in words that appear nowhere else. The last three are the addresses of the test's people.
var canaries = []string{"Kanarina", "Gelbfeder", "Zwitscherin", "+442079460018", "Volierenbau", "INV-77110", "Hirsekolben", "Sitzstange", "Morgenlied", "4.77.0.113", "dachkammer",
	"pippa", "berthold", "clarissa"}

// tellAll puts canaries into every category that a person's export includes.
func (r *rig) tellAll(email string) {
	r.t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	for category, data := range map[privacy.Category]map[string]any{
		privacy.Identity:    {"firstName": "Kanarina", "lastName": "Gelbfeder", "jobTitle": "Zwitscherin"},
		privacy.Contact:     {"email": email, "phone": "+442079460018", "company": "Volierenbau"},
		privacy.Transaction: {"invoiceNumber": "INV-77110", "issuedAt": now, "currency": "GBP", "amount": "9.00", "status": "paid", "description": "Hirsekolben", "lines": []any{map[string]any{"description": "Sitzstange", "quantity": 1, "unitPrice": "9.00"}}},
		privacy.Communication: {"channel": "live_chat", "startedAt": now, "endedAt": now, "agent": "A.",
			"messages": []any{map[string]any{"at": now, "from": "subject", "name": "Kanarina", "text": "Morgenlied"}}},
		privacy.SecurityLog: {"at": now, "event": "login", "ip": "4.77.0.113", "userAgent": "x", "sessionId": "s"},
	} {
		text, err := json.Marshal(data)
		if err != nil {
			r.t.Fatal(err)
		}
		if got := r.put(email, record.Record{Category: category, ID: "one", Source: privacy.Direct, OccurredAt: now, Data: text}); got != record.Stored {
			r.t.Fatalf("%s is %s", category, got)
		}
	}
}

// T04: every kind of mail, as it is sent to SES, contains no data about its person, has no attachment, and names the address only
// as the recipient. The answers themselves do contain the data.
func TestThreat_T04_NoMailOfTheWholeJobHoldsPersonalData(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	var mu sync.Mutex
	var sent [][]byte
	r.proxy.Decide = func(c Call) Fault {
		mu.Lock()
		defer mu.Unlock()
		if c.Service == "ses" {
			sent = append(sent, c.Body)
		}
		return None
	}
	known, unknown := job{rig: r, email: "pippa@example.org"}, job{rig: r, email: "berthold@example.org"}
	r.tellAll(known.email)
	for _, j := range []job{known, unknown} {
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"`+j.email+`","details":"Behind the dachkammer"}`, nil)
		j.wakeAll("fulfil")
		j.confirm()
		j.wakeAll("fulfil")
		j.wakeAll("export")
	}
	renewal{known}.run(func() bool { return false })
	r.expect(http.StatusAccepted, "consent", "POST", "/v1/consents", `{"subject":{"email":"clarissa@example.org"},"decisions":{"marketing_email":"granted"},"policyVersion":"`+
		policy.VersionInForce(time.Now())+`","language":"en","surface":"form"}`, nil)
	r.run("fulfil")
	subjects := map[string]int{}
	for i, m := range r.box.All() {
		subjects[m.Subject[:20]]++
		discreet(t, sent[i])
	}
	if want := "map[Please confirm your :3 The answer to your r:1 Your data is ready (:2 Your link to your pr:1 Your request for a c:2]"; fmt.Sprint(subjects) != want || len(sent) != 9 {
		t.Errorf("%d mails: %v, want %s", len(sent), subjects, want)
	}
	exports := r.links(known.email, "exports")
	content := r.fetch(exports[len(exports)-1])
	for _, canary := range canaries[:10] {
		if !holds(t, content, canary) {
			t.Errorf("the export lacks %s, so that its absence from mails shows nothing", canary)
		}
	}
}

// discreet checks an SES call, all of it except the recipient.
func discreet(t *testing.T, body []byte) {
	t.Helper()
	var call struct {
		Destination map[string][]string
		Content     map[string]struct{ Attachments []any }
	}
	if err := json.Unmarshal(body, &call); err != nil {
		t.Fatal(err)
	}
	to := call.Destination["ToAddresses"]
	if len(call.Destination) != 1 || len(to) != 1 {
		t.Fatalf("a mail goes to %v", call.Destination)
	}
	if simple, ok := call.Content["Simple"]; !ok || len(call.Content) != 1 || len(simple.Attachments) > 0 {
		t.Errorf("a mail is more than its parts: %s", body)
	}
	rest := strings.ToLower(strings.Replace(string(body), to[0], "", 1))
	for _, canary := range canaries {
		if strings.Contains(rest, strings.ToLower(canary)) {
			t.Errorf("a mail holds %s: %s", canary, rest)
		}
	}
}
