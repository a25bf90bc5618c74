package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// fake stands in for the service behind the pages. It answers as the API does, and records what it was sent.
type fake struct {
	origin  string // of the pages
	storage string // of the exports
	sealed  []byte // the object that a download answers with

	mu    sync.Mutex
	calls []string // method, path and body
	urls  []string // everything that the browser asked for, each with its referrer
	state string   // of the request

	mailbox  owner
	deletion *deletion           // what becomes of the deletion that a request asks for, or nil
	consents map[string]string   // purpose to state
	change   func([]byte) []byte // changes every answer, or nil
	status   int                 // the status of every answer, or 0 for the usual one
	delayed  bool                // whether what needs no proof does not take effect at once
	gone     bool                // whether every connection closes without an answer
}

// serve starts the centre with a fake service behind it.
func serve(t testing.TB) *fake { return serveSite(t, newSite(t)) }

// serveSite is like serve, with pages other than those of the policy in force.
func serveSite(t testing.TB, s site) *fake { return serveAt(t, s, testNow) }

// serveAt is like serveSite, at another time.
func serveAt(t testing.TB, s site, now func() time.Time) *fake {
	t.Helper()
	f := &fake{state: "fulfilled", mailbox: newOwner(), consents: newConsents()}
	storage := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", f.origin)
		_, _ = w.Write(f.sealed)
	}))
	t.Cleanup(storage.Close)
	f.storage = storage.URL
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/", f.answer)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.urls = append(f.urls, r.URL.String()+" "+r.Referer())
		f.mu.Unlock()
		mux.ServeHTTP(w, r)
	}))
	server.Start()
	t.Cleanup(server.Close)
	f.origin = server.URL
	pages := routes(s, now, f.origin, f.storage)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if link, ok := links.Restored(r.URL.Path); ok { // the policy function's
			http.Redirect(w, r, link, http.StatusFound)
			return
		}
		pages.ServeHTTP(w, r)
	})
	mux.HandleFunc("/blank", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Type", "text/html") })
	mux.HandleFunc("/missing.html", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "../policy/missing.html") })
	return f
}

func (f *fake) answer(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.gone {
		panic(http.ErrAbortHandler)
	}
	f.calls = append(f.calls, r.Method+" "+r.URL.Path+" "+string(body))
	respond := func(w http.ResponseWriter, status int, answer string) {
		if f.change != nil {
			answer = string(f.change([]byte(answer)))
		}
		respond(w, cmp.Or(f.status, status), answer)
	}
	if web.IsForm(r) {
		f.answerForm(w, r, string(body))
		return
	}
	if status, answer, ok := f.ofDeletion(r, body); ok {
		respond(w, status, answer)
		return
	}
	if status, answer, ok := f.ofMailbox(w, r, body); ok {
		respond(w, status, answer)
		return
	}
	switch what := r.URL.Path[strings.LastIndex(r.URL.Path, "/"):]; {
	case r.URL.Path == "/v1/requests" && strings.Contains(string(body), `"email":"nobody"`):
		respond(w, 422, `{"title":"Unprocessable Entity","status":422,"errors":[{"pointer":"/email","detail":"must look like name@example.com"}]}`)
	case r.URL.Path == "/v1/requests":
		status, answer := f.file(body)
		respond(w, status, answer)
	case strings.Contains(string(body), "wrong") || r.Header.Get("Authorization") == "Bearer wrong":
		respond(w, 404, `{"title":"Not Found","status":404,"detail":"No such request."}`)
	case what == "/downloads":
		answer, _ := json.Marshal(map[string]any{"url": f.storage + "/exports/random", "bytes": len(f.sealed), "expiresAt": "2026-11-30T10:00:00Z"})
		respond(w, 200, string(answer))
	case what == "/withdraw":
		f.state = "withdrawn"
		respond(w, 200, `{}`)
	default:
		respond(w, 200, strings.Replace(testStatus, "STATE", f.state, 1))
	}
}

// file answers a request: at once if nothing has to prove it and no doubt stops it, or with the state in which it waits.
func (f *fake) file(body []byte) (int, string) {
	var sent struct {
		Right    privacy.Right
		Purposes []string
	}
	_ = json.Unmarshal(body, &sent)
	state := stateOf(sent.Right, sent.Purposes)
	answer := map[string]any{"id": testID, "right": sent.Right, "state": state}
	status := http.StatusAccepted
	switch {
	case state != "fulfilled":
	case f.delayed:
		answer["state"] = "open"
	default:
		status = http.StatusOK
		if sent.Right == privacy.AutomatedDecisions {
			answer["statement"] = statement
		}
	}
	text, _ := json.Marshal(answer)
	return status, string(text)
}

// statement is the answer about automated decisions.
const statement = "No machine alone decides anything about you. " + naughty

// stateOf returns the state of a request that was filed: what protects a person needs no proof.
func stateOf(right privacy.Right, purposes []string) string {
	marketing := right == privacy.Objection && !slices.ContainsFunc(purposes, func(id string) bool {
		p, _ := policy.Newest().Purpose(privacy.Purpose(id))
		return !p.DirectMarketing
	})
	switch {
	case right == privacy.OptOut, right == privacy.AutomatedDecisions, marketing:
		return "fulfilled"
	case right == privacy.Complaint:
		return "open"
	default:
		return "verifying"
	}
}

// answerForm answers a plain form as the service does: an address without a dot in its domain is wrong.
func (f *fake) answerForm(w http.ResponseWriter, r *http.Request, body string) {
	o := links.Origin(f.origin)
	sent, _ := url.ParseQuery(body)
	right := privacy.Right(sent.Get("right"))
	switch err := web.FromOwnPage(r, f.origin); {
	case err != nil:
		web.Problem(w, err)
	case f.status != 0:
		web.SeeOther(w, o.RequestProblem(links.RefusalOf(fault.New(map[int]fault.Kind{429: fault.TooMany, 503: fault.Unavailable}[f.status], "d")).Of(right)))
	case strings.HasSuffix(sent.Get("email"), "@nowhere"):
		web.SeeOther(w, o.RequestProblem(links.RefusalOf(fault.At("/email", "d")).Of(right)))
	default:
		if state := stateOf(right, sent["purposes"]); state == "fulfilled" {
			web.SeeOther(w, o.RequestDone(right))
		} else {
			web.SeeOther(w, o.RequestSent(right, state))
		}
	}
}

// spoil changes every answer from now on, and its status unless that is 0.
func (f *fake) spoil(status int, change func([]byte) []byte) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.change, f.gone = status, change, false
}

// hangUp closes every connection without an answer from now on, until spoil is called.
func (f *fake) hangUp() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gone = true
}

// setDown makes the service unreachable, or reachable again.
func (f *fake) setDown(down bool) {
	if down {
		f.spoil(http.StatusServiceUnavailable, func([]byte) []byte { return []byte(`{}`) })
	} else {
		f.spoil(0, nil)
	}
}

func (f *fake) consent() string {
	decisions := map[string]any{}
	for purpose, state := range f.consents {
		decision := map[string]string{"state": state, "decidedAt": "2026-11-23T10:00:00Z", "expiresAt": "2027-05-23T10:00:00Z"}
		if right, off := f.mailbox.because[purpose]; off {
			decision["state"], decision["because"] = "denied", right
		}
		decisions[purpose] = decision
	}
	answer, _ := json.Marshal(map[string]any{"id": "a", "version": 1, "policyVersion": "2026-11-02", "recordedAt": "2026-11-23T10:00:00Z", "gpc": true, "decisions": decisions})
	return string(answer)
}

func respond(w http.ResponseWriter, status int, body string) {
	kind := "application/json"
	if status >= 400 {
		kind = "application/problem+json"
	}
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// sent returns the recorded calls that would change something.
func (f *fake) sent() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var posts []string
	for _, c := range f.calls {
		if !strings.HasPrefix(c, "GET ") {
			posts = append(posts, c)
		}
	}
	return posts
}

const testClocks = `[{"law":"policy","kind":"answer","startsAt":"2026-11-23T10:00:00Z","dueAt":"2026-12-23T23:59:59Z","binding":true},
{"law":"eu","kind":"answer","startsAt":"2026-11-23T10:00:00Z","dueAt":"2026-12-23T23:59:59Z","binding":false},
{"law":"california","kind":"acknowledge","startsAt":"2026-11-23T10:00:00Z","dueAt":"2026-12-08T23:59:59Z","binding":false}]`

const testStatus = `{"id":"` + testID + `","right":"access","state":"STATE","receivedAt":"2026-11-23T10:00:00Z","dueAt":"2026-12-23T23:59:59Z","timeZone":"Europe/London","policyVersion":"2026-11-02","hasDetails":true,
"clocks":` + testClocks + `,"events":[{"at":"2026-11-23T10:00:00Z","kind":"received"},{"at":"2026-11-23T10:01:00Z","kind":"verified"},{"at":"2026-11-23T10:02:00Z","kind":"answered"}],
"exports":[{"export":"` + testID + `.1","state":"sent","createdAt":"2026-11-23T10:02:00Z","expiresAt":"2026-11-30T10:02:00Z","usesLeft":9}]}`

// naughty is text that becomes markup if a page does not escape it (threat T17).
const naughty = `<img src=x onerror="document.body.id='broken'"><script>document.body.id='broken'</script>`

// naughtyJSON is the same as a JSON string.
const naughtyJSON = `"<img src=x onerror=\"document.body.id='broken'\"><script>document.body.id='broken'</script>"`

const testManifest = `{"version":1,"right":"access","createdAt":"2026-11-23T10:02:00Z","policyVersion":"2026-11-02",
"controller":{"name":"HelpDesk Expert Ltd.","site":"https://www.helpdeskexpert.com","email":"hello@helpdeskexpert.com","phone":"+1 (800) 555-0199","privacyEmail":"privacy@helpdeskexpert.com"},
"categories":[{"category":"identity","title":"Identity data","count":2,"files":["data/identity.json","data/identity.csv"],"fields":[{"name":"jobTitle","title":"Job title","type":"string"},{"name":"firstName","title":"First name","type":"string"}]},
{"category":"communication","title":"Communication data","count":1204,"files":[],"fields":[]}],
"record":[{"name":"source","title":"Source","type":"string","words":{"referral_partner":"A referral partner"}}],"purposes":[],
"documents":[{"file":"requests.json","title":"Requests made with your address","text":"Every request.","count":1,"date":"receivedAt","fields":[{"name":"state","title":"State","type":"string","words":{"fulfilled":"answered"}},
{"name":"details","title":"What you wrote","type":"string"},{"name":"history","title":"What happened","type":"objects","fields":[{"name":"at","title":"When","type":"time"}]}]}],
"sources":["direct"],"files":[{"name":"data/identity.json","bytes":2,"sha256":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"},
{"name":"requests.json","bytes":2,"sha256":"4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"}]}`

const testRequests = `[{"id":"` + testID + `","right":"access","state":"fulfilled","confirmed":true,"details":` + naughtyJSON + `,"hasDetails":true,"policyVersion":"2026-11-02",
"receivedAt":"2026-11-23T10:00:00Z","history":[{"at":"2026-11-23T10:01:00Z","kind":"verified"}],"exports":[]}]`

const testRecords = `[{"id":"1","source":"direct","occurredAt":"2026-05-04T09:00:00Z","data":{"firstName":"Anna","lastName":` + naughtyJSON + `,"jobTitle":"Head of Support"}},
{"id":"2","source":"referral_partner","occurredAt":"2026-06-05T09:00:00Z","data":{"firstName":"Анна","lines":[{"quantity":1,"unitPrice":"9.99"}],"interests":["billing"]}}]`

// seal makes an export with the manifest and the padding. It returns the sealed file, the ZIP inside it, and the identity that opens it.
func seal(t testing.TB, manifest string, padding int) (sealed, plain []byte, identity string) {
	t.Helper()
	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for name, text := range map[string]string{"data/identity.json": testRecords, "requests.json": testRequests, "manifest.json": manifest} {
		file, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(file, text)
	}
	file, err := z.CreateHeader(&zip.FileHeader{Name: "data/padding.csv", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write(make([]byte, padding))
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	sealed, identity = lock(t, packed.Bytes())
	return sealed, packed.Bytes(), identity
}

// unpack returns a file of a ZIP.
func unpack(t testing.TB, packed []byte, name string) []byte {
	t.Helper()
	archive, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		t.Fatal(err)
	}
	file, err := archive.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	body, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// lock seals a file to a fresh identity.
func lock(t testing.TB, plain []byte) (sealed []byte, identity string) {
	t.Helper()
	key, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, key.Recipient())
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(plain)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), key.String()
}
