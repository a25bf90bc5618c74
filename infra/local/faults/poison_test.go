package faults

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// poisoned returns headers with which a caller tries to make the service mail links to the caller's own host.
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

// mask removes from a mail what differs between people: links, times, the address, and the order of lines, since what came in one second is listed
// in another order than what came in two.
func mask(text string) string {
	lines := strings.Split(number.ReplaceAllString(linkOf.ReplaceAllString(text, "LINK $1$3"), "N"), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// subscribe asks for marketing mail by address.
func (r *rig) subscribe(email string, header map[string]string) {
	r.t.Helper()
	r.expect(http.StatusAccepted, "consent", "POST", "/v1/consents", `{"subject":{"email":"`+email+`"},"decisions":{"marketing_email":"granted"},"policyVersion":"`+
		policy.VersionInForce(time.Now())+`","language":"en","surface":"preferences"}`, header)
}

// mailAll makes the service write every kind of mail to a known person and to a stranger, by calls with the header. It returns the
// answer to the decision call, whose URL other systems put into their mails.
func (r *rig) mailAll(i int, header map[string]string) string {
	r.t.Helper()
	anna, stranger := job{rig: r, email: fmt.Sprintf("anna%d@example.org", i)}, job{rig: r, email: fmt.Sprintf("stranger%d@example.org", i)}
	r.known(anna.email, "canary of "+anna.email)
	r.subscribe(anna.email, header)
	for _, j := range []job{anna, stranger} {
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"`+j.email+`","details":"canary"}`, header)
	}
	r.run("fulfil")
	var session map[string]string
	var request string
	for _, j := range []job{anna, stranger} {
		l := r.links(j.email, "me")[0]
		var b browser
		opened := r.http("request", "POST", "/v1/links/"+l.id+"/open", `{"token":"`+l.secret+`"}`, header)
		if err := json.Unmarshal([]byte(opened.body), &b.me); err != nil || len(opened.cookies) != 1 {
			r.t.Fatal(opened.status, err)
		}
		value, _, _ := strings.Cut(opened.cookies[0], ";")
		b.cookie = with(header, map[string]string{"cookie": value})
		r.presses(b, "request", "consent")
		if j == anna {
			session, request = b.cookie, b.me.waiting("request")
		}
	}
	r.run("fulfil")
	r.run("export")
	r.expect(http.StatusAccepted, "request", "POST", "/v1/requests/"+request+"/exports", "", session)
	r.expect(http.StatusAccepted, "request", "POST", "/v1/links", "{}", session)
	r.expect(http.StatusAccepted, "request", "POST", "/v1/links", `{"email":"`+stranger.email+`"}`, header)
	r.run("fulfil")
	r.run("export")
	return r.expect(http.StatusOK, "ingest", "POST", "/v1/decisions", `{"subject":{"email":"`+anna.email+`"},"purpose":"marketing_email"}`, with(header, r.machine("decisions.read")))
}

// run fires a schedule, which must succeed: that of fulfil twice, since what a person sets off makes the mail of a mailbox due.
func (r *rig) run(function string) {
	r.t.Helper()
	times := 1
	if function == "fulfil" {
		times = 2
	}
	for range times {
		if err := r.schedule(function); err != nil {
			r.t.Error(err)
		}
	}
}

// with merges headers.
func with(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, headers := range all {
		maps.Copy(out, headers)
	}
	return out
}

// T13, T04, T12: calls with forged Host and forwarding headers lead to mails that differ only in their secrets. The mails link only
// to the configured origin and contain nothing from the data subject's records. The same is true of the one URL that the company's
// systems get for their own mails.
func TestThreat_T13_ThirtyHeaders(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	headers := poisoned()
	if len(headers) != 30 {
		t.Fatalf("%d headers", len(headers))
	}
	headers = soak.Sample(headers, 7)
	var decisions []string
	for i, header := range headers {
		decisions = append(decisions, r.mailAll(i, header))
	}
	published, err := json.Marshal(policy.Newest()) // which names the authorities' pages
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
	// Both people get a link, a receipt and a new link. One of them gets an export twice, and the other reads that nothing is stored.
	n := len(headers)
	if got := slices.Sorted(maps.Values(kinds)); !slices.Equal(got, []int{n, n, n, n, n, 2 * n, 2 * n}) {
		t.Errorf("mails that are alike: %v", got)
		for text := range kinds {
			t.Log(text)
		}
	}
	for _, decision := range decisions {
		if !strings.Contains(decision, `"unsubscribe":"`+serviceOrigin+"/v1/unsubscribe/") || strings.Contains(decision, "evil") {
			t.Error("the decision call leads elsewhere")
		}
	}
	r.noSecretIsKept()
}
