package faults

import (
	"encoding/json"
	"maps"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// oneClick is the only route that a page of any origin may call, because web mailers do (RFC 8058). Its token alone authorizes the
// call, and can do only one thing.
const oneClick = "POST /v1/unsubscribe/{token}"

var parameter = regexp.MustCompile(`\{\w+\}`)

// routed returns every route of template.yaml with its function's name.
func routed(t *testing.T) map[string]string {
	t.Helper()
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range template.Functions {
		for _, route := range f.Routes {
			all[route.Key] = f.Name
		}
	}
	return all
}

// foreign returns headers of calls from foreign pages, which may change nothing here.
func foreign() (all []map[string]string) {
	for _, origin := range []string{"null", "file://", "https://evil.example", "https://privacy.example.com.evil.example", "https://evil.privacy.example.com",
		"http://privacy.example.com", "https://privacy.example.com:444", "https://privacy.example.com/", "HTTPS://PRIVACY.EXAMPLE.COM", "https://privacy.example.com, null"} {
		for _, site := range []string{"", "cross-site", "same-site", "same-origin", "none"} {
			all = append(all, map[string]string{"origin": origin, "sec-fetch-site": site})
		}
	}
	for _, site := range []string{"cross-site", "same-site", "none"} { // sent by a browser that hides the origin
		all = append(all, map[string]string{"sec-fetch-site": site})
	}
	return all
}

// T20: on every route that changes something, a call from a page of another site is refused before anything is read or written. The
// routes of the company's systems refuse all pages, even those of this service.
func TestThreat_T20_EveryRouteThatChangesSomething(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	own := []map[string]string{{"origin": serviceOrigin, "sec-fetch-site": "same-origin"}}
	for _, website := range strings.Split(websiteOrigins, ",") {
		own = append(own, map[string]string{"origin": website, "sec-fetch-site": "cross-site"})
	}
	changing := 0
	for key, function := range routed(t) {
		method, path, _ := strings.Cut(key, " ")
		if method == http.MethodGet || key == "$default" {
			continue
		}
		changing++
		r.proxy.Reset()
		refused := func(headers map[string]string, kind string) bool {
			headers = maps.Clone(headers)
			headers["content-type"] = kind
			return r.http(function, method, parameter.ReplaceAllString(path, uuid.NewString()), `{"token":"x"}`, headers).status == http.StatusForbidden
		}
		for _, headers := range foreign() {
			for _, kind := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
				if refused(headers, kind) == (key == oneClick) {
					t.Errorf("%s as %s with %v", key, kind, headers)
				}
			}
		}
		if calls := r.proxy.Calls(); len(calls) != 0 {
			t.Errorf("%s: calls for pages of other sites: %q", key, calls)
		}
		for i, headers := range own { // the first is the service's own page, the only one that uses sessions
			if refused(headers, "application/json") != (slices.Contains([]string{"ingest", "identity", "control"}, function) || i > 0 && sessions[key] != "") {
				t.Errorf("%s with %v", key, headers)
			}
		}
		if refused(map[string]string{}, "application/json") {
			t.Errorf("%s is refused to a caller that is not a browser", key)
		}
	}
	if changing < 13 {
		t.Errorf("only %d routes change something: this test looks in the wrong place", changing)
	}
}

// guarded are the routes that need an id and a secret, with the kind of link that has both.
var guarded = map[string]string{
	"POST /v1/links/{id}/open":          "me",
	"GET /v1/requests/{id}":             "requests",
	"POST /v1/requests/{id}/withdraw":   "requests", // or a session
	"GET /v1/requests/{id}/plan":        "requests", // likewise
	"GET /v1/requests/{id}/certificate": "requests", // likewise
	"POST /v1/downloads":                "exports",  // its id is in the body
	oneClick:                            "unsubscribe",
}

// sessions are the routes that need the session of a mailbox, with what their id stands for: a request or a consent that waits, or a request
// that was answered.
var sessions = map[string]string{
	"GET /v1/me":                     "nothing",
	"GET /v1/preferences":            "nothing",
	"POST /v1/preferences":           "nothing",
	"POST /v1/links/end":             "nothing",
	"POST /v1/requests/{id}/confirm": "request",
	"POST /v1/requests/{id}/exports": "answered",
	"POST /v1/pending/{id}/confirm":  "consent",
	"POST /v1/pending/{id}/discard":  "waiting",
}

// unguarded are the other routes with a path parameter, and why they need no secret.
var unguarded = map[string]string{
	"GET /v1/consents/{visitor}":                    "the id is random and is itself the secret",
	"POST /v1/consents/{visitor}/withdraw":          "the id is random and is itself the secret",
	"GET /v1/consents/{visitor}/receipts/{version}": "the id is random and is itself the secret",
	"GET /v1/policy/versions/{version}":             "published",
	"GET /policy/versions/{version}":                "published",
	"GET /policy/changes/{version}":                 "published",
	"PUT /v1/records/{category}/{id}":               "names what is sent in, by the token of a system",
	"POST /v1/records/{category}/{id}/retract":      "the same",
	"POST /v1/erasures/{id}/acknowledge":            "names an erasure that the calling system was told of, by its token",
	"PUT /v1/subjects/{id}":                         "names a data subject of the calling system, by its token",
	"GET /v1/notices/{version}":                     "names what is published, and needs the token of a system",
	"POST /v1/notices/{version}/pause":              "the same",
	"POST /v1/notices/{version}/resume":             "the same",
	"POST /v1/notices/{version}/cancel":             "the same",
	"POST /v1/notices/{version}/retry":              "the same",
	"GET /assets/{file}":                            "public",
	"GET /requests/{id}":                            "the same bytes for every id, which functions/centre tests",
	"GET /exports/{id}":                             "the same",
}

// use calls a guarded route with the id and the secret of a link.
func (r *rig) use(function, key string, l link) answer {
	method, path, _ := strings.Cut(key, " ")
	path = strings.Replace(path, "{id}", l.id, 1)
	switch guarded[key] {
	case "me":
		return r.http(function, method, path, `{"token":"`+l.secret+`"}`, nil)
	case "exports":
		return r.http(function, method, path, `{"export":"`+l.id+`","token":"`+l.secret+`"}`, nil)
	case "unsubscribe":
		path = strings.Replace(path, "{token}", l.id+"."+l.secret, 1)
		return r.http(function, method, path, "List-Unsubscribe=One-Click", map[string]string{"content-type": "application/x-www-form-urlencoded"})
	default:
		return r.http(function, method, path, "", bearer(l.secret))
	}
}

// person gives somebody a link of every kind, and returns those that were not used.
func (r *rig) person(email string) (all []link) {
	answered := job{rig: r, email: email}
	r.known(email, "canary of "+email)
	answered.run(func() bool { return false })
	r.expect(http.StatusAccepted, "request", "POST", "/v1/requests", `{"right":"access","email":"`+email+`"}`, nil)
	r.subscribe(email, nil)
	r.run("fulfil")
	for _, kind := range []string{"me", "requests", "exports"} {
		for _, l := range slices.Compact(r.links(email, kind)) {
			l.secret, _, _ = strings.Cut(l.secret, ".") // an export's identity never leaves the browser
			all = append(all, l)
		}
	}
	for _, m := range r.mails(email) {
		if found := unsubscribeAddress.FindStringSubmatch(m.Headers["List-Unsubscribe"]); found != nil {
			id, secret, _ := strings.Cut(strings.TrimPrefix(found[1], "/v1/unsubscribe/"), ".")
			all = append(all, link{"unsubscribe", id, secret})
		}
	}
	return all
}

// T23, T06: on every route that needs an id and a secret, one of the two is another person's, belongs to another kind of link, or is invented.
// The answer always has the same bytes, and nothing is used up.
func TestThreat_T23_EveryRouteWithAnID(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	routes := routed(t)
	for key := range routes {
		if parameter.MatchString(key) && guarded[key] == "" && sessions[key] == "" && unguarded[key] == "" {
			t.Errorf("%s has an id that no test tries", key)
		}
	}
	links := append(r.person("anna@example.org"), r.person("berta@example.org")...)
	ids := []string{uuid.NewString(), strings.ToUpper(links[0].id), "0", links[0].id + ".1", strings.Repeat("9", 300), strings.Repeat("A", 43)}
	secrets := []string{string(subject.NewToken()), "x"}
	for _, l := range links {
		ids, secrets = append(ids, l.id), append(secrets, l.secret)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	for key, kind := range guarded {
		same := ""
		for _, id := range ids {
			for _, secret := range secrets {
				l := link{kind, id, secret}
				if slices.Contains(links, l) {
					continue // the kind that the route is for
				}
				got := r.use(routes[key], key, l)
				if same == "" {
					same = got.body
				}
				if got.status != http.StatusNotFound || got.body != same {
					t.Errorf("%s with a foreign id or secret: %d %s, otherwise %s", key, got.status, got.body, same)
				}
			}
		}
	}
	r.allWork(links)
}

// T23, T06, T11: with the session of one mailbox, what waits behind another, and what another was answered, looks like what does not exist. Without
// a session, or with one that was made up, every answer is the same too. So is it once somebody has ended all sessions.
func TestThreat_T23_EveryRouteWithASession(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	routes := routed(t)
	for _, email := range []string{"anna@example.org", "berta@example.org"} {
		r.person(email)
	}
	anna, berta := r.opens("anna@example.org"), r.opens("berta@example.org")
	ids := map[string]string{"request": berta.me.waiting("request"), "consent": berta.me.waiting("consent"), "answered": berta.me.Requests[0].ID, "none": uuid.NewString(), "no id": "0"}
	call := func(key, id string, cookie map[string]string) answer {
		method, path, _ := strings.Cut(key, " ")
		body := ""
		if key == "POST /v1/preferences" {
			body = `{"decisions":{"marketing_email":"denied"}}`
		}
		return r.http(routes[key], method, strings.Replace(path, "{id}", id, 1), body, cookie)
	}
	value := strings.TrimPrefix(anna.cookie["cookie"], "__Host-me=")
	parts, others := strings.Split(value, "."), strings.Split(strings.TrimPrefix(berta.cookie["cookie"], "__Host-me="), ".")
	forged := []string{"", "x", value + "x", value[:len(value)-2], "." + value, strings.ToUpper(value),
		strings.Join([]string{others[0], parts[1], parts[2], parts[3]}, "."),    // another's mailbox
		strings.Join([]string{parts[0], "0", parts[2], parts[3]}, "."),          // another opening
		strings.Join([]string{parts[0], parts[1], "9999999999", parts[3]}, "."), // without end
		strings.Join([]string{parts[0], parts[1], parts[2], others[3]}, "."),    // another's proof
		strings.Join([]string{parts[0], parts[1], "0" + parts[2], parts[3]}, ".") + ".",
	}
	refused := ""
	for key, kind := range sessions {
		for _, value := range forged {
			got := call(key, ids["none"], map[string]string{"cookie": "__Host-me=" + value})
			if refused == "" {
				refused = got.body
			}
			if got.status != http.StatusUnauthorized || got.body != refused {
				t.Errorf("%s with a forged session: %d %s", key, got.status, got.body)
			}
		}
		if got := call(key, ids["none"], nil); got.status != http.StatusUnauthorized || got.body != refused {
			t.Errorf("%s without a session: %d %s", key, got.status, got.body)
		}
		if got := call(key, ids["none"], with(anna.cookie, map[string]string{"origin": strings.Split(websiteOrigins, ",")[0]})); got.status != http.StatusForbidden {
			t.Errorf("%s from a website: %d", key, got.status)
		}
		if kind == "nothing" {
			continue
		}
		same := ""
		for name, id := range ids {
			got := call(key, id, anna.cookie)
			if same == "" {
				same = got.body
			}
			if got.status != http.StatusNotFound || got.body != same {
				t.Errorf("%s with %s of another: %d %s, otherwise %s", key, name, got.status, got.body, same)
			}
		}
	}
	for name, id := range ids {
		if got := r.http("request", "POST", "/v1/requests/"+id+"/withdraw", "", anna.cookie); got.status != http.StatusNotFound {
			t.Errorf("withdrawing %s of another: %d", name, got.status)
		}
	}
	seen := r.sees(berta)
	if len(seen.Pending) != 2 || len(seen.Requests) != 1 || seen.Requests[0].State != "fulfilled" {
		t.Errorf("Berta sees %+v", seen)
	}
	for key, id := range map[string]string{"POST /v1/requests/{id}/exports": ids["answered"], "POST /v1/requests/{id}/confirm": ids["request"], "POST /v1/pending/{id}/discard": ids["consent"]} {
		if got := call(key, id, berta.cookie); got.status/100 != 2 {
			t.Errorf("%s by its owner: %d %s", key, got.status, got.body)
		}
	}
	ended := r.http("request", "POST", "/v1/links/end", "", anna.cookie)
	if ended.status != http.StatusOK || len(ended.cookies) != 1 || !strings.Contains(ended.cookies[0], "Max-Age=0") {
		t.Errorf("ending all: %+v", ended)
	}
	for key := range sessions {
		if got := call(key, ids["none"], anna.cookie); got.status != http.StatusUnauthorized || got.body != refused {
			t.Errorf("%s after the end: %d %s", key, got.status, got.body)
		}
	}
	for _, l := range r.links("anna@example.org", "me") {
		if r.open(l) != nil {
			t.Error("a link opens the mailbox after the end of all")
		}
	}
}

// allWork presses the button of every link that is still unused.
func (r *rig) allWork(links []link) {
	r.t.Helper()
	worked := map[string]int{}
	for _, key := range slices.Sorted(maps.Keys(guarded)) {
		for _, l := range links {
			if l.kind != guarded[key] || strings.HasSuffix(key, "/withdraw") {
				continue
			}
			if got := r.use(routed(r.t)[key], key, l); got.status >= 200 && got.status < 300 && json.Valid([]byte(got.body)) {
				worked[key]++
			}
		}
	}
	for key, want := range map[string]int{"POST /v1/links/{id}/open": 4, "GET /v1/requests/{id}": 2, "POST /v1/downloads": 2, oneClick: 2} {
		if worked[key] != want {
			r.t.Errorf("%d of %d links work at %s", worked[key], want, key)
		}
	}
}
