package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// T15: a call that leads to a mail cannot put a control character into any field that the mail uses. The call is refused and no
// work is due. What a person adds to a request may have several lines; it reaches no mail (see T13).
func TestThreat_T15_NoControlCharacterIsTakenIn(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	for _, call := range []struct {
		function, path, body string
		texts                []string // in the place of each §
	}{
		{"request", "/v1/requests", `{"right":§,"email":§,"jurisdiction":§,"language":§,"details":"two\nlines"}`, []string{"access", "anna@example.org", "eu", "en-GB"}},
		{"request", "/v1/links", `{"email":§}`, []string{"anna@example.org"}},
		{"consent", "/v1/consents", `{"subject":{"email":§},"decisions":{§:§},"policyVersion":§,"language":§,"surface":§}`,
			[]string{"anna@example.org", "marketing_email", "granted", policy.VersionInForce(time.Now()), "en-GB", "form"}},
	} {
		before := len(r.due())
		for field, text := range call.texts {
			for code := range rune(0x80) {
				if code >= 0x20 && code < 0x7f {
					continue
				}
				for _, at := range []int{0, len(text) / 2, len(text)} {
					spoilt := append([]string{}, call.texts...)
					spoilt[field] = text[:at] + string(code) + text[at:]
					if got := r.http(call.function, "POST", call.path, fill(call.body, spoilt), nil); got.status != http.StatusUnprocessableEntity {
						t.Errorf("%s: %U in %q: %d", call.path, code, text, got.status)
					}
				}
			}
		}
		if due := len(r.due()) - before; due != 0 {
			t.Fatalf("%s: %d mails are due", call.path, due)
		}
		r.expect(http.StatusAccepted, call.function, "POST", call.path, fill(call.body, call.texts), nil)
		r.run("fulfil")
	}
	if mails := len(r.box.All()); mails != 3 {
		t.Errorf("%d mails; the three calls without such characters lead to one each", mails)
	}
}

// T21: whatever address a client claims, in whatever header a proxy might write, all its calls count against one limit. While they
// are made, two minutes may begin, and each allows sixty calls.
func TestThreat_T21_ForgedHeadersShareABucket(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const calls, perMinute = 150, 60
	answers := map[int]int{}
	for i := range calls {
		forged := map[string]string{}
		for _, name := range []string{"x-forwarded-for", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "fastly-client-ip", "x-cluster-client-ip", "x-envoy-external-address"} {
			forged[name] = fmt.Sprintf("198.51.100.%d", i)
		}
		forged["forwarded"] = fmt.Sprintf("for=198.51.100.%d;by=203.0.113.43", i)
		answers[r.http("request", "POST", "/v1/requests", `{"right":"access","email":"anna@example.org"}`, forged).status]++
	}
	if taken := answers[http.StatusAccepted]; taken < perMinute || taken > 2*perMinute || answers[http.StatusTooManyRequests] != calls-taken {
		t.Errorf("answers %v", answers)
	}
}

// fill replaces the marks by texts, as JSON.
func fill(body string, texts []string) string {
	for _, text := range texts {
		quoted, _ := json.Marshal(text)
		body = strings.Replace(body, "§", string(quoted), 1)
	}
	return body
}
