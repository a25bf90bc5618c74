package main

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// secretOfMe is the fragment of a link to a mailbox's page.
const secretOfMe = "#bWFpbGJveA.dG9rZW4tdG9rZW4tdG9rZW4"

// items of the mailbox that the fake answers with.
const (
	waitingAccess, waitingPortability, waitingConsent, waitingDenial = testID, "0190f4e2-0000-7000-8000-000000000002", "0190f4e2-0000-7000-8000-000000000003", "0190f4e2-0000-7000-8000-000000000004"
	optedOut, restricted                                             = "0190f4e2-0000-7000-8000-000000000007", "0190f4e2-0000-7000-8000-000000000008"
	reported, objected                                               = "0190f4e2-0000-7000-8000-00000000000a", "0190f4e2-0000-7000-8000-00000000000b"
	answered, gathering                                              = "0190f4e2-0000-7000-8000-000000000005", "0190f4e2-0000-7000-8000-000000000006"
)

// owner is what the page of a mailbox shows and changes.
type owner struct {
	openings int               // of the link
	over     bool              // whether the session has ended
	refuses  bool              // whether the service finds the session too old, whatever the page believes
	anyID    bool              // whether an id that nothing has stands for the first thing
	because  map[string]string // purpose to the right of the request because of which it is off
	doubt    string            // why nothing may be shown by the address, or empty
	Pending  []map[string]any
	Requests []map[string]any
}

// thing is something that waits.
func thing(id, kind string, repeats int, more map[string]any) map[string]any {
	more["id"], more["kind"], more["repeats"], more["receivedAt"] = id, kind, repeats, "2026-11-23T10:00:00Z"
	return more
}

func newOwner() owner {
	filed := func(id, right, state string, renewable bool) map[string]any {
		return map[string]any{"id": id, "right": right, "state": state, "renewable": renewable, "receivedAt": "2026-11-20T10:00:00Z", "dueAt": "2026-12-20T23:59:59Z", "timeZone": "Europe/London"}
	}
	due := func(right string) map[string]any {
		return map[string]any{"right": right, "dueAt": "2026-12-23T23:59:59Z", "timeZone": "Europe/London"}
	}
	return owner{
		Pending: []map[string]any{
			thing(waitingAccess, "request", 0, due("access")),
			thing(waitingPortability, "request", 2, due("portability")),
			thing(waitingConsent, "consent", 1, map[string]any{"decisions": map[string]string{"testimonials": "granted"}}),
			thing(waitingDenial, "consent", 0, map[string]any{"decisions": map[string]string{"marketing_email": "denied"}}),
		},
		Requests: []map[string]any{filed(gathering, "portability", "fulfilling", false), filed(answered, "access", "fulfilled", true)},
	}
}

func newConsents() map[string]string {
	return map[string]string{"marketing_email": "granted", "testimonials": "denied", "analytics_cookies": "expired", "marketing_cookies": "denied"}
}

// cookie is the value of the session. It is another one for each fake, because a browser shares cookies between the ports of a host.
func (f *fake) cookie() string { return f.origin[strings.LastIndex(f.origin, ":")+1:] }

// ofMailbox reports whether the call is about a mailbox, and returns its status and answer. It sets and clears the cookie.
func (f *fake) ofMailbox(w http.ResponseWriter, r *http.Request, body []byte) (status int, answer string, ok bool) {
	m, parts := &f.mailbox, strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/v1/"), "/")
	cookie, err := r.Cookie("__Host-me")
	session := err == nil && cookie.Value == f.cookie() && !m.over
	set := func(value string, age int) {
		http.SetCookie(w, &http.Cookie{Name: "__Host-me", Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: age})
	}
	var sent struct {
		Email     *string
		Token     string
		Decisions map[string]string
	}
	_ = json.Unmarshal(body, &sent)
	route := r.Method + " " + parts[0] + "/" + cmp.Or(strings.Join(parts[min(2, len(parts)):], "/"), strings.Join(parts[1:], "/"))
	switch {
	case route == "POST links/" && sent.Email != nil && !strings.Contains(*sent.Email, "@"):
		return 422, `{"title":"Unprocessable Entity","status":422,"errors":[{"pointer":"/email","detail":"must look like name@example.com"}]}`, true
	case route == "POST links/" && sent.Email != nil:
		return 202, `{"state":"accepted"}`, true
	case route == "POST links/open" && (sent.Token == "wrong" || parts[1] == "wrong"):
		return 404, `{"title":"Not Found","status":404,"detail":"No such link."}`, true
	case route == "POST links/open":
		m.openings++
		m.over = false
		set(f.cookie(), 3600)
		return 200, f.me(), true
	case r.Header.Get("Authorization") != "" || !slices.Contains([]string{"links", "me", "pending", "preferences", "requests"}, parts[0]) || route == "POST requests/" || route == "GET requests/"+testID:
		return 0, "", false
	case !session:
		return 401, `{"title":"Unauthorized","status":401,"detail":"This needs an open link from one of our emails."}`, true
	case route == "POST links/":
		return 202, `{"state":"accepted"}`, true
	case route == "POST links/end":
		m.over = true
		set("", -1)
		return 200, `{"state":"ended"}`, true
	case route == "GET me/":
		return 200, f.me(), true
	case route == "POST preferences/":
		return f.decide(sent.Decisions)
	}
	return f.act(route, parts[len(parts)-min(2, len(parts))], body)
}

// me is the answer that opens the page, and shows it again.
func (f *fake) me() string {
	shown := map[string]any{"fresh": f.mailbox.openings == 1, "endsAt": "2026-11-28T13:00:00Z",
		"pending": f.mailbox.Pending, "requests": f.mailbox.Requests, "preferences": json.RawMessage(f.consent())}
	if f.mailbox.doubt != "" {
		shown["doubt"], shown["preferences"], shown["requests"] = f.mailbox.doubt, nil, []any{}
	}
	answer, _ := json.Marshal(shown)
	return string(answer)
}

const tooOld = `{"title":"Forbidden","status":403,"detail":"This needs the first opening of a link."}`

// decide records decisions about purposes.
func (f *fake) decide(decisions map[string]string) (int, string, bool) {
	for purpose, state := range decisions {
		if state == "granted" && f.mailbox.doubt != "" && f.mailbox.doubt != "detached" {
			return 409, `{"title":"Conflict","status":409,"type":"urn:problem:shared","detail":"Nobody can agree to anything by this address."}`, true
		}
		if state == "granted" && (f.mailbox.openings != 1 || f.mailbox.refuses) {
			return 403, tooOld, true
		}
		f.consents[purpose] = state
	}
	return 201, f.consent(), true
}

// act carries out a press on a card.
func (f *fake) act(route, id string, body []byte) (int, string, bool) {
	m := &f.mailbox
	where := func(list []map[string]any) int {
		i := slices.IndexFunc(list, func(item map[string]any) bool { return item["id"] == id })
		if i < 0 && m.anyID && len(list) > 0 {
			return 0
		}
		return i
	}
	waits, filed := where(m.Pending), where(m.Requests)
	old := m.openings != 1 || m.refuses
	switch {
	case route == "POST pending/discard" && waits >= 0:
		m.Pending = slices.Delete(m.Pending, waits, waits+1)
		return 200, `{"id":"` + id + `","state":"discarded"}`, true
	case route == "POST pending/confirm" && waits >= 0 && m.Pending[waits]["kind"] == "change":
		m.Pending = slices.Delete(m.Pending, waits, waits+1)
		return 200, `{"id":"` + id + `","state":"accepted"}`, true
	case route == "POST pending/confirm" && waits >= 0:
		decisions := m.Pending[waits]["decisions"].(map[string]string)
		status, answer, ok := f.decide(decisions)
		if status == 201 {
			m.Pending = slices.Delete(m.Pending, waits, waits+1)
		}
		return status, answer, ok
	case route == "POST requests/confirm" && waits >= 0 && m.Pending[waits]["right"] == "question":
		return f.chooses(waits, old, body)
	case route == "POST requests/confirm" && waits >= 0:
		if old {
			return 403, tooOld, true
		}
		right, _ := m.Pending[waits]["right"].(string)
		m.Pending = slices.Delete(m.Pending, waits, waits+1)
		summary := map[string]any{"id": id, "right": right, "state": "open", "receivedAt": "2026-11-23T10:00:00Z", "dueAt": "2026-12-23T23:59:59Z", "timeZone": "Europe/London"}
		m.Requests = slices.Insert(m.Requests, 0, summary)
		answer, _ := json.Marshal(summary)
		return 200, strings.TrimSuffix(string(answer), "}") + `,"clocks":` + testClocks + `}`, true
	case route == "POST requests/withdraw" && filed >= 0 && m.Requests[filed]["inForce"] == true && old:
		return 403, tooOld, true
	case route == "POST requests/withdraw" && filed >= 0:
		delete(m.Requests[filed], "inForce")
		m.Requests[filed]["state"], m.because = "withdrawn", nil
		return 200, `{}`, true
	case route == "POST requests/exports" && filed >= 0:
		if old {
			return 403, tooOld, true
		}
		m.Requests[filed]["renewable"] = false
		return 202, `{}`, true
	}
	return 404, `{"title":"Not Found","status":404,"detail":"No such request."}`, true
}

// filed returns a request that was confirmed.
func filed(id, right, state string, more map[string]any) map[string]any {
	more["id"], more["right"], more["state"], more["receivedAt"] = id, right, state, "2026-11-20T10:00:00Z"
	more["dueAt"], more["timeZone"] = "2026-12-20T23:59:59Z", "Europe/London"
	return more
}

// limit makes the mailbox one with an opt-out and a restriction in force, and with requests that the team decided or takes longer for.
func (f *fake) limit() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mailbox.because = map[string]string{"marketing_cookies": "opt_out", "marketing_email": "objection"}
	f.mailbox.Requests = []map[string]any{
		filed(optedOut, "opt_out", "fulfilled", map[string]any{"inForce": true}),
		filed(restricted, "restriction", "open", map[string]any{"inForce": true, "waitingFor": "team"}),
		filed(reported, "child_erasure", "open", map[string]any{"inForce": true, "waitingFor": "team"}),
		filed(objected, "objection", "fulfilled", map[string]any{"inForce": true, "outcome": map[string]any{"result": "partly_done", "reason": "We must secure the service.", "decidedAt": "2026-11-24T10:00:00Z", "stands": []string{"quality_assurance"}}}),
		filed(answered, "erasure", "fulfilled", map[string]any{"outcome": map[string]any{"result": "partly_done", "reason": "We must keep the invoices.\n" + naughty, "decidedAt": "2026-11-24T10:00:00Z"}}),
		filed(gathering, "rectification", "open", map[string]any{"waitingFor": "team", "extension": map[string]any{"reason": "We are asking the hotel.", "decidedAt": "2026-11-25T10:00:00Z"}}),
	}
}

// endSession ends the session, as if its time were over.
func (f *fake) endSession() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mailbox.over = true
}

// age makes the service find the session too old to grant anything.
func (f *fake) age() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mailbox.refuses = true
}

// wait makes something wait before all else, and puts the address in doubt unless that is empty.
func (f *fake) wait(doubt string, more ...map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mailbox.doubt, f.mailbox.Pending = doubt, append(append([]map[string]any{}, more...), f.mailbox.Pending...)
}

// again makes the next opening of the link a later one.
func (f *fake) again() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mailbox.openings = 1
}

// restart forgets what was pressed.
func (f *fake) restart() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.mailbox, f.consents = newOwner(), newConsents()
}
