package faults

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// me is what the holder of a mailbox sees.
type me struct {
	Fresh   bool
	EndsAt  time.Time
	Pending []struct {
		ID, Kind, Right string
		Decisions       map[string]string
		Repeats         int
	}
	Requests []struct {
		ID, State, Right string
		Renewable        bool
	}
	Preferences struct {
		Decisions map[string]struct{ State string }
	}
}

// waiting returns the id of the first thing of a kind that waits, or "".
func (m me) waiting(kind string) string {
	for _, waiting := range m.Pending {
		if waiting.Kind == kind {
			return waiting.ID
		}
	}
	return ""
}

// browser is what somebody has who opened a link: the cookie of the session, and what they saw.
type browser struct {
	cookie map[string]string // as a header
	me     me
}

// mailbox returns the id of the mailbox of an address.
func mailbox(email string) string {
	return aliasKey.Mailbox(subject.Address{Lookup: strings.ToLower(email)})
}

// mailboxKey returns the key of the item that has the links of a mailbox.
func mailboxKey(email string) (pk, sk string) {
	return queue.Key(work.Task{Kind: work.Mailbox, Ref: mailbox(email)})
}

// opening opens a link, and returns the answer.
func (r *rig) opening(l link) answer {
	return r.http("request", "POST", "/v1/links/"+l.id+"/open", `{"token":"`+l.secret+`"}`, nil)
}

// open opens a link, and again if there was no answer. It returns nil if the link opens nothing.
func (r *rig) open(l link) *browser {
	r.t.Helper()
	for range 2 {
		got := r.opening(l)
		if got.status == 0 {
			continue
		}
		if got.status != http.StatusOK || len(got.cookies) != 1 {
			return nil
		}
		value, _, _ := strings.Cut(got.cookies[0], ";")
		b := &browser{cookie: map[string]string{"cookie": value}}
		if err := json.Unmarshal([]byte(got.body), &b.me); err != nil {
			r.t.Fatal(err)
		}
		return b
	}
	return nil
}

// opens opens the newest link that was mailed to an address. If somebody has opened it before, whoever holds the session asks for a new one, as
// the page tells them to (threat T31).
func (r *rig) opens(email string) browser {
	r.t.Helper()
	for range 3 {
		links := r.links(email, "me")
		if len(links) == 0 {
			break
		}
		b := r.open(links[len(links)-1])
		if b == nil {
			break
		}
		if b.me.Fresh {
			return *b
		}
		for range 2 { // again if there was no answer
			if r.http("request", "POST", "/v1/links", "{}", b.cookie).status == http.StatusAccepted {
				break
			}
		}
		r.post(email)
	}
	r.t.Error("no link of a mailbox opens it for the first time")
	return browser{}
}

// post delivers the stream record of a mailbox, whose mails are due.
func (r *rig) post(email string) {
	pk, sk := mailboxKey(email)
	_ = r.wake("fulfil", pk, sk)
}

// again calls a route that a session opens, and again if there was no answer. It returns the last answer.
func (r *rig) again(b browser, method, path, body string) (got answer) {
	for range 2 {
		if got = r.http("request", method, path, body, b.cookie); got.status != 0 {
			break
		}
	}
	return got
}

// presses confirms everything of the given kinds that waits behind a mailbox, in the order in which it is shown.
func (r *rig) presses(b browser, kinds ...string) {
	r.t.Helper()
	for _, waiting := range b.me.Pending {
		path := map[string]string{"request": "/v1/requests/", "consent": "/v1/pending/"}[waiting.Kind] + waiting.ID + "/confirm"
		if slices.Contains(kinds, waiting.Kind) {
			r.again(b, "POST", path, "")
		}
	}
}

// sees reads the page of a mailbox again.
func (r *rig) sees(b browser) (seen me) {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.expect(http.StatusOK, "request", "GET", "/v1/me", "", b.cookie)), &seen); err != nil {
		r.t.Fatal(err)
	}
	return seen
}

// asksForLink asks for a link to a mailbox, and again if there was no answer, and has it mailed.
func (r *rig) asksForLink(email string) {
	for range 2 {
		if r.http("request", "POST", "/v1/links", `{"email":"`+email+`"}`, nil).status == http.StatusAccepted {
			break
		}
	}
	for _, key := range r.due() {
		if strings.HasSuffix(key[1], "LINK") {
			_ = r.wake("fulfil", key[0], key[1])
		}
	}
	r.post(email)
}

// flagged fails the test if a cookie lacks a flag that keeps it on this origin and away from scripts (promise G02). It remembers the value, which is
// a secret.
func (r *rig) flagged(cookie string) {
	value, rest, _ := strings.Cut(cookie, ";")
	flags := map[string]bool{}
	for flag := range strings.SplitSeq(rest, ";") {
		flags[strings.ToLower(strings.TrimSpace(flag))] = true
	}
	_, after, _ := strings.Cut(strings.ToLower(rest), "max-age=")
	life, err := strconv.Atoi(strings.SplitN(after, ";", 2)[0]) // seconds; an opening may have waited for a call, and 0 clears the cookie
	want := []string{"path=/", "httponly", "secure", "samesite=strict"}
	if missing := slices.DeleteFunc(want, func(flag string) bool { return flags[flag] }); len(missing) > 0 || err != nil || life < 0 || life > 3600 || len(flags) != 5 ||
		!strings.HasPrefix(value, "__Host-me=") {
		r.t.Errorf("a cookie %.10s has the flags %v", value, slices.Sorted(maps.Keys(flags)))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if secret := value[strings.LastIndexAny(value, ".=")+1:]; secret != "" { // the rest is the mailbox, a number and a time
		r.sealed = append(r.sealed, secret)
	}
}
