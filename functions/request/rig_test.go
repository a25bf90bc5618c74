package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// rules is what the policy in force says about consents.
var rules = policy.ForConsents().InForce(time.Now())

// Figures of the published policy.
const (
	linkLife    = 7 * 24 * time.Hour
	againLife   = 24 * time.Hour
	sessionLife = time.Hour
)

// rig is the handler on the test service. Each exchange is checked against the contract.
type rig struct {
	*servicetest.Rig
	http.Handler
	bare   http.Handler  // its exchanges are not checked against the contract, but its cookies are
	within time.Duration // the time limit of a call, if it has one
}

func newRig(t testing.TB) *rig {
	s := &rig{Rig: servicetest.New(t)}
	s.serve(t, s.handler())
	return s
}

// serve puts a handler into the rig.
func (s *rig) serve(t testing.TB, h handler) {
	s.bare = cookies(t, routes(h, append(servicetest.Websites, servicetest.Origin)...))
	s.Handler = openapitest.Wrap(t, s.bare)
}

func (s *rig) handler() handler {
	s.Requester.Tell = told(s.ByAddress.Tell)
	return handler{
		requester: s.Requester, steps: steps(s.Requests, s.Addresses, s.Clock.Now), browsers: &consent.Recorder{Log: &s.Consents.Store, Policy: s.ByAddress.Recorder.Policy, Now: s.Clock.Now}, changes: s.Holder, links: s.Links, behind: s.Behind, consents: s.ByAddress, clients: limit.Clients{Counter: s.Limits, PerMinute: 60},
		clientKey: servicetest.Clients, origin: servicetest.Origin, now: s.Clock.Now,
	}
}

// cookies checks every cookie that h sets, in all tests of the package. Only this origin and only its server see it, and no other site can have it
// sent (promise G02).
func cookies(t testing.TB, h http.Handler) http.Handler {
	flags := regexp.MustCompile(`^__Host-me=([A-Za-z0-9_.-]+; Path=/; Max-Age=3600|; Path=/; Max-Age=0); HttpOnly; Secure; SameSite=Strict$`)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.ServeHTTP(w, r)
		set := w.Header().Values("Set-Cookie")
		if len(set) > 1 || len(set) == 1 && !flags.MatchString(set[0]) {
			t.Errorf("%s %s sets %q", r.Method, r.URL.Path, set)
		}
	})
}

// send sends a request from the client's address and returns the answer.
func (s *rig) send(method, path, body, client string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = client
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return s.do(s, r, headers...)
}

// do sends a request with the headers to h and returns the answer.
func (s *rig) do(h http.Handler, r *http.Request, headers ...string) *httptest.ResponseRecorder {
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if s.within > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), s.within)
		defer cancel()
		r = r.WithContext(ctx)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// file files a request and returns its id.
func (s *rig) file(email string) string {
	s.T.Helper()
	w := s.send("POST", "/v1/requests", filing(email), "192.0.2.1")
	var filed struct{ ID string }
	if err := json.Unmarshal(w.Body.Bytes(), &filed); err != nil || w.Code != http.StatusAccepted {
		s.T.Fatalf("%d %s", w.Code, w.Body)
	}
	return filed.ID
}

func filing(email string) string { return `{"right":"access","email":"` + email + `"}` }

// mailed puts a request behind its mailbox and returns the mail with the link to it.
func (s *rig) mailed(id string) servicetest.Mail {
	s.T.Helper()
	email := s.Load(id).Request.Email
	s.Fulfil(id)
	s.Post(email)
	m := s.LastMail()
	if m.Kind != "link" || !strings.EqualFold(m.To, email) {
		s.T.Fatalf("the newest mail is a mail of kind %s", m.Kind)
	}
	return m
}

// waiting files a request and puts it behind its mailbox, without a mail.
func (s *rig) waiting(f request.Filing) string {
	s.T.Helper()
	id := s.File(f).ID
	s.Fulfil(id)
	return id
}

// verified files a request and confirms it.
func (s *rig) verified(email string) string {
	s.T.Helper()
	id := s.file(email)
	s.Prove(id)
	return id
}

// bearer makes a call with the token of a status link.
func (s *rig) bearer(method, path string, token subject.Token) (int, string) {
	w := s.send(method, path, "", "192.0.2.1", "Authorization", "Bearer "+string(token))
	return w.Code, w.Body.String()
}

// exported puts the address of a verified request on record and answers the request with an export.
func (s *rig) exported(id string) {
	s.T.Helper()
	s.Known(s.Load(id).Request.Email)
	s.Fulfil(id)
	if mailed, err := s.Delivery.Run(s.T.Context(), id, 1); !mailed || err != nil {
		s.T.Fatal(mailed, err)
	}
}

func tokenBody(token subject.Token) string { return `{"token":"` + string(token) + `"}` }

// status returns the token of a request's status link.
func status(id string) subject.Token { return request.StatusToken(servicetest.Tokens, id) }
