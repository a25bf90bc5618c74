package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// rules is what the policy in force says about consents.
var rules = policy.ForConsents().InForce(time.Now())

// Figures of the published policy.
const (
	linkLife        = 7 * 24 * time.Hour
	preferencesLife = time.Hour
)

// rig is the handler on the test service. Each exchange is checked against the contract.
type rig struct {
	*servicetest.Rig
	http.Handler
	bare   http.Handler  // not checked against the contract
	within time.Duration // the time limit of a call, if it has one
}

func newRig(t testing.TB) *rig {
	s := &rig{Rig: servicetest.New(t)}
	s.bare = routes(s.handler(), append(servicetest.Websites, servicetest.Origin)...)
	s.Handler = openapitest.Wrap(t, s.bare)
	return s
}

func (s *rig) handler() handler {
	return handler{requester: s.Requester, consents: s.ByAddress, clients: limit.Clients{Counter: s.Limits.Store, PerMinute: 60}, clientKey: servicetest.Clients, origin: servicetest.Origin, now: s.Clock.Now}
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

// mailed mails the challenge of a request and returns the tokens in it.
func (s *rig) mailed(id string) (verify, status subject.Token) {
	s.T.Helper()
	s.Fulfil(id)
	m := s.LastMail()
	if m.Kind != "challenge" || m.About != id {
		s.T.Fatalf("the newest mail is a mail of kind %s about %s", m.Kind, m.About)
	}
	return m.Token, m.Status
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

func verification(token subject.Token) string { return `{"token":"` + string(token) + `"}` }
