package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// deleting is the id of the request for a deletion.
const deleting = "0190f4e2-0000-7000-8000-000000000009"

// certificate stands for the signed text that proves a deletion.
const certificate = "eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmVk"

// deletion is what the service answers about a deletion.
type deletion struct {
	state    string // of its plan; missing while it is made
	hash     string
	hours    int
	erasesAt time.Time
	items    []map[string]any
}

// planned returns a deletion whose plan waits.
func planned() *deletion {
	kept := func(kind, title, ground, law, reason string, more map[string]any) map[string]any {
		more["kind"], more["title"], more["outcome"], more["ground"], more["law"], more["reason"] = kind, title, "withheld", ground, law, reason
		return more
	}
	erased := func(kind, title string, count any) map[string]any {
		item := map[string]any{"kind": kind, "title": title, "outcome": "erased"}
		if count != nil {
			item["count"] = count
		}
		return item
	}
	return &deletion{state: "planned", hash: "first", hours: 72, erasesAt: testNow().Add(71*time.Hour + 30*time.Minute), items: []map[string]any{
		erased("identity", "Identity data", 1), erased("contact", "Contact data", 2), erased("communication", "Communication data", 1204), erased("marketing", "Marketing data", 0), erased("mailbox_link", "Links that show an email address is yours", 1),
		kept("transaction", "Transaction data", "legal_obligation", "GDPR Art. 17(3)(b)", "Tax law makes us keep every invoice for its whole period.", map[string]any{"count": 14, "until": "2033-10-02T00:00:00Z", "drops": []string{"cardLast4"}}),
		kept("account", "Account data", "necessary", "GDPR Art. 17(1)(a)", "While your contract runs we need your account.", map[string]any{"count": 1, "whileContract": true}),
		kept("request", "Requests and their answers", "claims", "GDPR Art. 17(3)(e), CCPA §7101", "It proves what you asked for and what we did.", map[string]any{"count": 3}),
		kept("service_log", "Security & access logs", "necessary", "GDPR Art. 17(1)(a)", naughty, map[string]any{}),
		kept("client_counter", "Counters against flooding", "necessary", "GDPR Art. 17(1)(a)", "Nobody can tell whose it is.", map[string]any{}),
	}}
}

// erase makes the mailbox one with a request for a deletion alone.
func (f *fake) erase(d *deletion, right, state, waitingFor string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deletion, f.mailbox.Pending = d, []map[string]any{}
	f.mailbox.Requests = []map[string]any{filed(deleting, right, state, map[string]any{"waitingFor": waitingFor})}
}

// become changes the deletion.
func (f *fake) become(change func(*deletion)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f.deletion)
}

// ofDeletion reports whether the call is about a deletion, and returns its status and answer.
func (f *fake) ofDeletion(r *http.Request, body []byte) (status int, answer string, ok bool) {
	d := f.deletion
	what, found := strings.CutPrefix(r.URL.Path, "/v1/requests/"+deleting)
	if !found || d == nil {
		return 0, "", false
	}
	switch r.Method + " " + what {
	case "GET /plan":
		if f.mailbox.over && r.Header.Get("Authorization") == "" {
			return 401, `{"status":401}`, true
		}
		if d.state == "" {
			return 200, `{"state":"planning","items":[],"coolingOffHours":0}`, true
		}
		plan := map[string]any{"hash": d.hash, "state": d.state, "items": d.items, "coolingOffHours": d.hours}
		if d.state == "cooling" {
			plan["erasesAt"] = d.erasesAt
		}
		text, _ := json.Marshal(plan)
		return 200, string(text), true
	case "GET /certificate":
		return 200, certificate, true
	case "POST /confirm":
		if !strings.Contains(string(body), `"plan":"`+d.hash+`"`) {
			return 409, `{"status":409,"detail":"The plan has changed since you saw it. Read it again.","errors":[{"pointer":"/plan","detail":"is not the hash of the plan as it is now"}]}`, true
		}
		d.state = "cooling"
		return 200, `{}`, true
	case "GET ":
		text := strings.NewReplacer(testID, deleting, `"access"`, `"erasure"`, `"STATE"`, `"`+f.state+`"`, `"kind":"answered"`, `"kind":"`+map[string]string{"planned": "planned", "cooling": "agreed"}[d.state]+`"`).Replace(testStatus)
		before, _, _ := strings.Cut(text, `"exports":[`)
		return 200, before + `"exports":[]}`, true
	default:
		return 0, "", false
	}
}
