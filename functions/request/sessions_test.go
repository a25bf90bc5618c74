package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

type route struct{ method, path, body string }

// sessionRoutes are the routes that need a session. id is that of a request or of a consent.
func sessionRoutes(id string) []route {
	return append(idRoutes(id), []route{
		{"GET", "/v1/me", ""}, {"GET", "/v1/preferences", ""}, {"POST", "/v1/preferences", `{"decisions":{"testimonials":"denied"}}`}, {"POST", "/v1/links", "{}"}, {"POST", "/v1/links/end", ""},
	}...)
}

// idRoutes are those that name a request or a consent.
func idRoutes(id string) []route {
	return []route{
		{"POST", "/v1/requests/" + id + "/confirm", ""}, {"POST", "/v1/requests/" + id + "/withdraw", ""}, {"POST", "/v1/requests/" + id + "/exports", ""},
		{"POST", "/v1/pending/" + id + "/confirm", ""}, {"POST", "/v1/pending/" + id + "/discard", ""},
	}
}

// stored returns the versions of everything that waits or is decided, so that a test sees whether anything changed.
func (s *rig) versions(t *testing.T, ids ...string) (all string) {
	t.Helper()
	for _, id := range ids {
		if c, found, err := s.Confirmations.Load(t.Context(), id); err != nil {
			t.Fatal(err)
		} else if found {
			all += fmt.Sprintf("%s=%d ", id, c.Version)
			continue
		}
		all += fmt.Sprintf("%s=%d ", id, s.Load(id).Request.Version)
	}
	return all
}

// T11: a session ends after an hour, to the second, and so does its cookie.
func TestThreat_T11_LifeOfASession(t *testing.T) { enginetest.BothTTLs(t, lifeOfASession) }

func lifeOfASession(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	m := s.mailed(id)
	p := person{session: s.enter(t, m.About, m.Token)}
	if ends := s.me(t, p).EndsAt; !ends.Equal(s.Clock.Now().Add(sessionLife)) {
		t.Errorf("it ends at %s", ends)
	}
	s.Clock.Advance(sessionLife - time.Second)
	if seen := s.me(t, p); len(seen.Pending) != 1 {
		t.Errorf("a second before its end: %+v", seen)
	}
	s.Clock.Advance(time.Second)
	for _, r := range sessionRoutes(id) {
		if w := s.as(p, r.method, r.path, r.body); w.Code != http.StatusUnauthorized {
			t.Errorf("%s %s at its end: %d", r.method, r.path, w.Code)
		}
	}
	if s.Load(id).Request.State != request.Verifying {
		t.Error("something changed")
	}
}

// T11: a session whose value is changed in any byte is none.
func TestThreat_T11_ATamperedSession(t *testing.T) {
	s := newRig(t)
	p, other := s.later(t, "anna@example.org"), s.fresh(t, "ben@example.org")
	tampered := []string{"", "x", "...", p.session + ".", "." + p.session, p.session + "=", strings.Repeat(p.session, 3)}
	for i := range p.session {
		for _, b := range []byte("AB2.-") {
			changed := []byte(p.session)
			if changed[i] == b {
				continue
			}
			changed[i] = b
			tampered = append(tampered, string(changed))
		}
		tampered = append(tampered, p.session[:i]+p.session[i+1:], p.session[:i], p.session[:i]+"0"+p.session[i:], p.session[:i]+"+"+p.session[i:])
	}
	parts, others := strings.Split(p.session, "."), strings.Split(other.session, ".")
	for i := range parts { // a part of another session
		if parts[i] == others[i] {
			continue
		}
		mixed := append([]string{}, parts...)
		mixed[i] = others[i]
		tampered = append(tampered, strings.Join(mixed, "."))
	}
	for _, value := range tampered {
		if value == p.session {
			continue
		}
		if w := s.as(person{session: value}, "GET", "/v1/me", ""); w.Code != http.StatusUnauthorized {
			t.Errorf("%q: %d", value, w.Code)
		}
	}
	if s.me(t, p).Fresh {
		t.Error("a later opening is fresh")
	}
}

// POST /v1/links/end ends every link and every session of the mailbox, and no other's. They stay ended when somebody asks for a new link. What
// waits goes on waiting.
func TestThreat_T31_EndingEverything(t *testing.T) { enginetest.BothTTLs(t, endingEverything) }

func endingEverything(t *testing.T) {
	s := newRig(t)
	id := s.waiting(request.Filing{Right: privacy.Access, Email: "anna@example.org"})
	first, second, other := s.fresh(t, "anna@example.org"), s.later(t, "anna@example.org"), s.fresh(t, "ben@example.org")
	box, _, token := s.link(t, "anna@example.org")
	w := s.as(second, "POST", "/v1/links/end", "")
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Set-Cookie"), "__Host-me=; Path=/; Max-Age=0;") {
		t.Fatalf("%d %q", w.Code, w.Header().Get("Set-Cookie"))
	}
	ended := func(when string) {
		t.Helper()
		for _, p := range []person{first, second} {
			for _, r := range sessionRoutes(id) {
				if w := s.as(p, r.method, r.path, r.body); w.Code != http.StatusUnauthorized {
					t.Errorf("%s %s %s: %d", r.method, r.path, when, w.Code)
				}
			}
		}
		if w := s.tryLink(box, token); w.Code != http.StatusNotFound {
			t.Errorf("a link %s: %d", when, w.Code)
		}
	}
	ended("after it")
	s.Clock.Advance(time.Minute)
	if w := s.send("POST", "/v1/links", `{"email":"anna@example.org"}`, "192.0.2.1"); w.Code != http.StatusAccepted {
		t.Fatal(w.Code)
	}
	s.post(t)
	m := s.LastMail()
	again := person{session: s.enter(t, m.About, m.Token)}
	ended("after a new link was opened")
	if pending, _ := s.me(t, again).ids(); len(pending) != 1 || pending[0] != id {
		t.Errorf("%v waits", pending)
	}
	s.me(t, other)
}

// T23: what is behind another mailbox is not there, whichever route names it, and the answer is that to an unknown id.
func TestThreat_T23_OtherMailboxes(t *testing.T) {
	s := newRig(t)
	waiting, answered := s.waiting(request.Filing{Right: privacy.Access, Email: "ben@example.org", Details: "text"}), s.verified("ben@example.org")
	s.exported(answered)
	unproved := s.file("ben@example.org")
	decision := s.ask(t, "ben@example.org", mailGranted)
	p := s.fresh(t, "anna@example.org")
	before := s.versions(t, waiting, answered, unproved, decision)
	unknown := map[string]string{}
	for i, r := range idRoutes(uuid.NewString()) {
		unknown[fmt.Sprint(i)] = s.as(p, r.method, r.path, r.body).Body.String()
	}
	for _, id := range []string{waiting, answered, unproved, decision, strings.ToUpper(waiting), "{" + waiting + "}", "0", answered + ".1", strings.Repeat("9", 300)} {
		for i, r := range idRoutes(id) {
			if w := s.as(p, r.method, r.path, r.body); w.Code != http.StatusNotFound || w.Body.String() != unknown[fmt.Sprint(i)] {
				t.Errorf("%s %s: %d %s", r.method, r.path, w.Code, w.Body)
			}
		}
	}
	if pending, requests := s.me(t, p).ids(); len(pending)+len(requests) != 0 {
		t.Errorf("%v, %v", pending, requests)
	}
	if after := s.versions(t, waiting, answered, unproved, decision); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// T20: with a session, only our own pages may call, not even those of a website in WEBSITE_ORIGINS. Nothing changes, and nothing is read.
func TestThreat_T20_SessionsOfOtherOrigins(t *testing.T) {
	s := newRig(t)
	id := s.waiting(request.Filing{Right: privacy.Access, Email: "anna@example.org"})
	decision := s.ask(t, "anna@example.org", mailGranted)
	p := s.fresh(t, "anna@example.org")
	before := s.versions(t, id, decision)
	s.Wire.Take()
	for _, origin := range append([]string{"null", "file://", "https://evil.example", "https://evil.privacy.example.com", "http://privacy.example.com", "https://privacy.example.com:444", "HTTPS://PRIVACY.EXAMPLE.COM"}, servicetest.Websites...) {
		for _, r := range append(sessionRoutes(id), idRoutes(decision)...) {
			if w := s.as(p, r.method, r.path, r.body, "Origin", origin, "Sec-Fetch-Site", "same-site"); w.Code != http.StatusForbidden || sessionIn(w) != "" {
				t.Errorf("%s %s from %s: %d", r.method, r.path, origin, w.Code)
			}
		}
	}
	if calls := s.Wire.Take(); len(calls) != 0 {
		t.Errorf("calls to DynamoDB: %v", calls)
	}
	if after := s.versions(t, id, decision); after != before {
		t.Errorf("%s became %s", before, after)
	}
	for _, origin := range []string{"", servicetest.Origin} {
		if w := s.as(p, "GET", "/v1/me", "", "Origin", origin); w.Code != http.StatusOK {
			t.Errorf("from %q: %d", origin, w.Code)
		}
		if status, _ := s.decide(t, p, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied}, "Origin", origin); status != http.StatusCreated {
			t.Errorf("deciding from %q: %d", origin, status)
		}
	}
}
