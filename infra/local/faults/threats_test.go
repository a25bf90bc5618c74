package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// poisoned are headers with which a caller would have this service mail links to a host of its own.
func poisoned() []map[string]string {
	var all []map[string]string
	for _, name := range []string{"host", "x-forwarded-host", "x-forwarded-server", "x-host", "x-original-host", "x-http-host-override", "forwarded", "x-original-url",
		"x-rewrite-url", "x-forwarded-proto", "x-forwarded-scheme", "x-forwarded-port", "x-forwarded-prefix", "referer", "via"} {
		for _, value := range []string{"evil.example", "privacy.example.com@evil.example:443"} {
			if name == "forwarded" {
				value = "host=" + value + ";proto=http"
			}
			all = append(all, map[string]string{name: value})
		}
	}
	return all
}

var (
	number = regexp.MustCompile(`[0-9]+`)
	anyURL = regexp.MustCompile(`https?://[^\s"'<>]+`)
)

// mask takes out of a mail what differs between people: links, times, the address.
func mask(text string) string {
	return number.ReplaceAllString(linkOf.ReplaceAllString(text, "LINK $1"), "N")
}

// T13, T04, T12: whatever Host and forwarding headers come with the calls that lead to mails, the mails are the same but for
// their secrets, lead only to the configured origin, and hold nothing of the data subject's records.
func TestThreat_T13_ThirtyHeaders(t *testing.T) {
	r := newRig(t)
	headers := poisoned()
	if len(headers) != 30 {
		t.Fatalf("%d headers", len(headers))
	}
	for i, header := range headers {
		j := job{rig: r, email: fmt.Sprintf("anna%d@example.org", i)}
		r.known(j.email, "canary of "+j.email)
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"`+j.email+`","details":"canary"}`, header)
		r.expect(http.StatusAccepted, "consent", "POST", "/v1/consents", `{"subject":{"email":"c`+j.email+`"},"decisions":{"marketing_email":"granted"},"policyVersion":"`+
			policy.CurrentVersion+`","language":"en","surface":"preferences"}`, header)
		j.wakeAll("fulfil")
		for _, l := range r.links(j.email, "verify") {
			r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+l.id+"/verify", `{"token":"`+l.secret+`"}`, header)
		}
		j.wakeAll("fulfil")
		j.wakeAll("export")
	}
	if err := r.schedule("fulfil"); err != nil {
		t.Fatal(err)
	}
	published, err := json.Marshal(policy.Current()) // which names the authorities' pages
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, m := range r.box.All() {
		kinds[mask(m.Subject+m.Text)]++
		all := m.Subject + m.Text + m.HTML + fmt.Sprint(m.Headers, m.From)
		if strings.Contains(all, "canary") || strings.Contains(all, "evil.example") {
			t.Error("a mail holds personal data, or what a caller made up")
		}
		for _, url := range anyURL.FindAllString(m.Text+" "+m.HTML+" "+m.Headers["List-Unsubscribe"], -1) {
			if !strings.HasPrefix(url, serviceOrigin+"/") && !strings.Contains(string(published), `"`+url+`"`) {
				t.Errorf("a mail links to %s", anyURL.FindString(url)[:min(len(url), 40)])
			}
		}
	}
	if len(kinds) != 3 {
		t.Errorf("%d different mails, want a challenge, a confirmation and an answer", len(kinds))
	}
	for text, n := range kinds {
		if n != len(headers) {
			t.Errorf("%d of %d mails are alike:\n%s", n, len(headers), text)
		}
	}
	r.noSecretIsKept()
}

// T10: whatever a scanner GETs of any link, and however often, every link still does its one thing when its button is pressed.
func TestThreat_T10_ScannersOfEveryLink(t *testing.T) {
	r := newRig(t)
	anna, berta := job{rig: r, email: "anna@example.org"}, job{rig: r, email: "berta@example.org"}
	r.known(anna.email, "canary of "+anna.email)
	anna.run(func() bool { return false })
	berta.file()
	berta.wakeAll("fulfil")
	r.expect(http.StatusAccepted, "consent", "POST", "/v1/consents", `{"subject":{"email":"clara@example.org"},"decisions":{"marketing_email":"granted"},"policyVersion":"`+
		policy.CurrentVersion+`","language":"en","surface":"preferences"}`, nil)
	if err := r.schedule("fulfil"); err != nil {
		t.Fatal(err)
	}
	paths := map[string][]string{
		"verify": {"/v1/requests/%s/verify"}, "requests": {"/v1/requests/%s", "/v1/requests/%s/withdraw", "/v1/requests/%s/exports"}, "exports": {"/v1/downloads"},
		"confirm": {"/v1/consents/confirm/%s"}, "preferences": {"/v1/preferences/%s", "/v1/preferences/%s/withdraw"},
	}
	for kind, of := range paths {
		for _, email := range []string{anna.email, berta.email, "clara@example.org"} {
			for _, l := range r.links(email, kind) {
				for i := range 50 {
					path := strings.Replace(of[i%len(of)], "%s", l.id, 1)
					function := map[bool]string{true: "download", false: "request"}[kind == "exports"]
					r.http(function, []string{"GET", "HEAD"}[i%2], path, `{"export":"`+l.id+`","token":"`+l.secret+`"}`, bearer(l.secret))
				}
			}
		}
	}
	verify, status, confirm := r.links(berta.email, "verify")[0], r.links(berta.email, "requests")[0], r.links("clara@example.org", "confirm")[0]
	r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+verify.id+"/verify", `{"token":"`+verify.secret+`"}`, nil)
	r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+status.id+"/withdraw", "", bearer(status.secret))
	r.expect(http.StatusCreated, "request", "POST", "/v1/consents/confirm/"+confirm.id, `{"token":"`+confirm.secret+`"}`, nil)
	export := r.links(anna.email, "exports")[0]
	if file := r.files(anna.email)[0]; len(file.Exports) != 1 || len(file.Exports[0].Downloads) != 0 || r.fetch(export) == nil {
		t.Errorf("%+v", file.Exports)
	}
}
