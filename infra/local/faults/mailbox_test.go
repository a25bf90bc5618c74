package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// answered is a person whose request was answered with an export, and who sees the request's id.
func (r *rig) answered(email string) (id string) {
	r.t.Helper()
	j := job{rig: r, email: email}
	r.known(email, "canary of "+email)
	j.run(func() bool { return false })
	return r.files(email)[0].Request.ID
}

// T30: whoever gets hold of an old status link asks for twenty-five exports. None is made, and no mail leaves: the link only shows the state. The
// address on record is none of what it shows.
func TestThreat_T30_AnOldStatusLinkMakesNoExport(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const email = "anna@example.org"
	r.answered(email)
	status, mails := r.links(email, "requests")[0], len(r.box.All())
	for i := range 25 {
		headers := bearer(status.secret)
		if i%2 > 0 { // the token in the place of a session
			headers = map[string]string{"cookie": "__Host-me=" + status.secret}
		}
		if got := r.http("request", "POST", "/v1/requests/"+status.id+"/exports", "", headers); got.status != http.StatusUnauthorized {
			t.Errorf("export %d: %d %s", i, got.status, got.body)
		}
		for _, path := range []string{"/v1/requests/" + status.id + "/confirm", "/v1/pending/" + status.id + "/discard", "/v1/links/end"} {
			if got := r.http("request", "POST", path, "", headers); got.status != http.StatusUnauthorized {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
	}
	r.settle()
	file := r.files(email)[0]
	if n := len(r.box.All()); n != mails || len(export.Of(file)) != 1 || file.Request.State != request.Fulfilled {
		t.Errorf("%d mails more, %d exports, the request is %s", n-mails, len(export.Of(file)), file.Request.State)
	}
	shown := r.expect(http.StatusOK, "request", "GET", "/v1/requests/"+status.id, "", bearer(status.secret))
	if !strings.Contains(shown, `"fulfilled"`) || strings.Contains(shown, "@") {
		t.Errorf("the link shows %s", shown)
	}
}

// T31: a link that was opened before, at once or five times, opens the mailbox to look, to refuse and to withdraw. It confirms no request, gives no
// consent and makes no export, and the sixth opening opens nothing.
func TestThreat_T31_AUsedLinkOnlyLooksAndRefuses(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const email = "anna@example.org"
	answered := r.answered(email)
	r.tomorrow()
	for _, right := range []string{"access", "portability"} {
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"`+right+`","email":"`+email+`"}`, nil)
	}
	r.subscribe(email, nil)
	r.run("fulfil")
	links := r.links(email, "me")
	l, mails := links[len(links)-1], len(r.box.All())

	openings := make(chan *browser, 30)
	var all sync.WaitGroup
	for range cap(openings) { // the owner and whoever the mail was forwarded to, all at once
		all.Go(func() { openings <- r.open(l) })
	}
	all.Wait()
	close(openings)
	var fresh, used []browser
	for b := range openings {
		switch {
		case b == nil:
		case b.me.Fresh:
			fresh = append(fresh, *b)
		default:
			used = append(used, *b)
		}
	}
	if len(fresh) != 1 || len(used) != 4 {
		t.Fatalf("%d first openings and %d others", len(fresh), len(used))
	}
	for _, b := range used {
		if len(b.me.Pending) != 3 || len(b.me.Requests) != 1 {
			t.Errorf("a used link shows %+v", b.me)
		}
		acts := map[string]string{"/v1/requests/" + answered + "/exports": "", "/v1/pending/" + b.me.waiting("consent") + "/confirm": "",
			"/v1/preferences": `{"decisions":{"marketing_email":"granted"}}`}
		for _, waiting := range b.me.Pending {
			if waiting.Kind == "request" {
				acts["/v1/requests/"+waiting.ID+"/confirm"] = ""
			}
		}
		for path, body := range acts {
			if got := r.http("request", "POST", path, body, b.cookie); got.status != http.StatusForbidden {
				t.Errorf("%s by a used link: %d %s", path, got.status, got.body)
			}
		}
	}
	r.settle()
	if n := len(r.box.All()); n != mails || r.versions("e#") != 0 || len(r.files(email)) != 3 {
		t.Errorf("%d mails more, %d consents on record", n-mails, r.versions("e#"))
	}
	b, waits := used[0], r.sees(used[0])
	r.expect(http.StatusCreated, "request", "POST", "/v1/preferences", `{"decisions":{"marketing_email":"denied"}}`, b.cookie)
	r.expect(http.StatusOK, "request", "POST", "/v1/pending/"+waits.Pending[0].ID+"/discard", "", b.cookie)
	r.expect(http.StatusOK, "request", "POST", "/v1/pending/"+waits.Pending[1].ID+"/discard", "", b.cookie)
	// The first opening still confirms what is left, since its session lasts an hour.
	left := r.sees(fresh[0])
	if len(left.Pending) != 1 {
		t.Fatalf("%+v", left.Pending)
	}
	r.presses(browser{fresh[0].cookie, left}, "request", "consent")
	if after := r.sees(fresh[0]); len(after.Pending) != 0 {
		t.Errorf("after the button %+v waits", after.Pending)
	}
}

// T32: a stranger files a thousand requests, each with a text and an address of another spelling. The owner sees six lines, the last filings as
// repetitions, and no word of the stranger's: neither on the page nor in a mail. One press ends each line.
func TestThreat_T32_AThousandFilingsOfAStranger(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	const canary = "kanarienvogel"
	filings := soak.Pick(120, 1000)
	var sent bytes.Buffer
	var mu sync.Mutex
	r.proxy.Decide = func(c Call) Fault {
		if c.Service == "ses" {
			mu.Lock()
			defer mu.Unlock()
			sent.Write(c.Body)
		}
		return None
	}
	for i := range filings {
		body := fmt.Sprintf(`{"right":"access","email":"Anna@Example.org","details":"%s %d"}`, canary, i)
		if i%2 > 0 {
			body = fmt.Sprintf(`{"right":"access","email":"anna@example.org","details":"%s %d"}`, canary, i)
		}
		r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", body, nil)
		if i%50 == 0 {
			r.run("fulfil")
		}
	}
	r.settle()
	mails := r.box.All()
	if n := len(mails); n == 0 || n > 3 {
		t.Fatalf("%d mails", n)
	}
	opened := r.opening(linksIn(mails[len(mails)-1].Text)[0])
	shown := opened.body
	value, _, _ := strings.Cut(opened.cookies[0], ";")
	b := browser{cookie: map[string]string{"cookie": value}}
	if err := json.Unmarshal([]byte(opened.body), &b.me); err != nil {
		t.Fatal(err)
	}
	repeats := 0
	for _, waiting := range b.me.Pending {
		repeats += waiting.Repeats
	}
	if len(b.me.Pending) != 6 || len(b.me.Requests) != 0 || len(b.me.Pending)+repeats != filings {
		t.Errorf("%d lines wait with %d repetitions, and %d others are shown", len(b.me.Pending), repeats, len(b.me.Requests))
	}
	for i, waiting := range b.me.Pending {
		got := r.http("request", "POST", "/v1/pending/"+waiting.ID+"/discard", "", b.cookie)
		if got.status != http.StatusOK {
			t.Errorf("line %d: %d", i, got.status)
		}
		shown += got.body
	}
	shown += r.expect(http.StatusOK, "request", "GET", "/v1/me", "", b.cookie)
	r.settle()
	if left := r.sees(b); len(left.Pending) != 0 {
		t.Errorf("%d lines are left", len(left.Pending))
	}
	mu.Lock()
	defer mu.Unlock()
	for name, text := range map[string]string{"the page": shown, "a mail": sent.String(), "the log": r.log.String()} {
		if strings.Contains(strings.ToLower(text), canary) || text == "" && name != "the log" {
			t.Errorf("%s has a word of the stranger's, or nothing", name)
		}
	}
}

// T11, T23: whether a mailbox exists, and why its link opens nothing, shows neither in the answer nor in the calls that it takes.
func TestThreat_T11_EveryLinkThatOpensNothingLooksTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.person("anna@example.org")
	r.answered("berta@example.org")
	links := r.links("anna@example.org", "me")
	ended := r.opens("berta@example.org")
	r.expect(http.StatusOK, "request", "POST", "/v1/links/end", "", ended.cookie)
	berta := r.links("berta@example.org", "me")
	used := links[0]
	for range 5 {
		r.open(used)
	}
	same := ""
	for name, l := range map[string]link{"of nobody": {"me", mailbox("nobody@example.org"), links[1].secret}, "used up": used, "ended": berta[len(berta)-1],
		"with another's token": {"me", mailbox("anna@example.org"), berta[0].secret}, "with a token of another use": {"me", mailbox("anna@example.org"), r.links("anna@example.org", "requests")[0].secret}} {
		r.proxy.Reset()
		got := r.opening(l)
		if same == "" {
			same = got.body
		}
		if calls := fmt.Sprint(r.proxy.Calls()); got.status != http.StatusNotFound || got.body != same || len(got.cookies) != 0 || calls != "[request dynamodb GetItem 1]" {
			t.Errorf("a link %s: %d %s with %s", name, got.status, got.body, calls)
		}
	}
	r.noSecretIsKept()
}

// T12: the secrets of links and of sessions are in no answer, no table and no log, whatever a person does with them, and wherever a caller puts them
// by mistake.
func TestThreat_T12_TheSecretsOfAMailboxAreKeptNowhere(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.person("anna@example.org")
	l := r.links("anna@example.org", "me")[1]
	opened := r.opening(l)
	value, _, _ := strings.Cut(opened.cookies[0], ";")
	cookie, secret := map[string]string{"cookie": value}, value[strings.LastIndexByte(value, '.')+1:]
	var b browser
	if err := json.Unmarshal([]byte(opened.body), &b.me); err != nil {
		t.Fatal(err)
	}
	id := b.me.Requests[0].ID
	bodies := opened.body
	for _, call := range []struct{ method, path, body string }{
		{"GET", "/v1/me", ""}, {"GET", "/v1/preferences", ""}, {"POST", "/v1/requests/" + b.me.waiting("request") + "/confirm", ""},
		{"POST", "/v1/pending/" + b.me.waiting("consent") + "/confirm", ""}, {"POST", "/v1/preferences", `{"decisions":{"marketing_email":"denied"}}`},
		{"POST", "/v1/requests/" + id + "/exports", ""}, {"POST", "/v1/links", "{}"},
		// In the wrong place, each is refused.
		{"POST", "/v1/links/" + l.secret + "/open", `{"token":"` + l.id + `"}`}, {"POST", "/v1/links/" + secret + "/open", `{"token":"` + secret + `"}`},
		{"POST", "/v1/links", `{"email":"` + l.secret + `"}`}, {"POST", "/v1/links", `{"token":"` + l.secret + `"}`}, {"POST", "/v1/preferences", `{"decisions":{"` + l.secret + `":"denied"}}`},
		{"POST", "/v1/requests/" + l.secret + "/confirm", ""}, {"POST", "/v1/pending/" + secret + "/discard", ""},
	} {
		got := r.http("request", call.method, call.path, call.body, cookie)
		if right := !strings.Contains(call.path+call.body, l.secret) && !strings.Contains(call.path, secret); right != (got.status/100 == 2) {
			t.Errorf("%s %.20s: %d", call.method, call.path, got.status)
		}
		if !strings.Contains(call.body, l.secret) { // a refusal may repeat what stands in the call's own body
			bodies += got.body
		}
	}
	r.http("request", "GET", "/v1/me", "", bearer(l.secret))
	r.settle()
	bodies += r.http("request", "POST", "/v1/links/end", "", cookie).body
	for name, canary := range map[string]string{"token of the link": l.secret, "proof of the session": secret} {
		if len(canary) != 43 || strings.Contains(bodies, canary) {
			t.Errorf("an answer has the %s", name)
		}
	}
	r.noSecretIsKept()
	if !strings.Contains(dump(r.scan("RequestsTable")), mailbox("anna@example.org")) || len(r.sealed) == 0 {
		t.Error("the tables have no mailbox, so that the absence of its secrets shows nothing")
	}
}
