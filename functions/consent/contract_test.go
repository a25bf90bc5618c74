package main

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

func TestMain(m *testing.M) { os.Exit(openapitest.Main(m, "consent")) }

// outrun is a log in which another writer is always faster.
type outrun struct{ newest consent.Record }

func (o outrun) Newest(context.Context, string) (consent.Record, error) { return o.newest, nil }
func (outrun) Append(context.Context, consent.Record) error             { return consent.ErrTaken }
func (outrun) Has(context.Context, string, string, int, int) (bool, error) {
	return false, nil
}

func TestRefusalsOfEachRoute(t *testing.T) {
	s, visitor := newRig(t), uuid.NewString()
	for _, path := range []string{"/v1/consents", "/v1/consents/" + visitor + "/withdraw"} {
		openapitest.Refusals(t, s, "POST", path, 64<<10)
	}
	grant := decide(visitor, `"testimonials":"granted"`)
	withdraw := "/v1/consents/" + visitor + "/withdraw"
	for _, c := range []struct {
		path, body, name, value string
		status                  int
	}{
		{"/v1/consents", grant, "If-Match", "W/x", 412},
		{"/v1/consents", grant, "If-None-Match", `"1"`, 412},
		{withdraw, "", "If-Match", "W/x", 412},
		{withdraw, "", "Idempotency-Key", strings.Repeat("k", 256), 400},
		{"/v1/consents/x/withdraw", "", "Accept", "*/*", 404},
	} {
		if status, answer, _ := s.call(t, "POST", c.path, c.body, c.name, c.value); status != c.status {
			t.Errorf("%s with %s: %d %v", c.path, c.name, status, answer)
		}
	}
	if status, _, _ := s.call(t, "POST", "/v1/consents", grant, "Idempotency-Key", strings.Repeat("k", 255)); status != 201 {
		t.Errorf("the longest key: %d", status)
	}
	for _, c := range []struct {
		version    int
		path, body string
		status     int
		signal     string
		wait       string
	}{
		{1000, "/v1/consents", grant, 429, "", ""}, {7, "/v1/consents", grant, 409, "", ""},
		{7, "/v1/consents", grant, 503, "1", "60"}, {7, "/v1/consents", strings.Replace(grant, "granted", "denied", 1), 503, "", "60"}, {7, withdraw, "", 503, "", "60"},
	} {
		if s.within = time.Minute; c.status == 503 { // the other calls must not fail for lack of time
			s.within = 700 * time.Millisecond
		}
		newest := consent.Record{Version: c.version, ExpiresAt: time.Now().Add(time.Hour)}
		s.Handler = openapitest.Wrap(t, routes(handler{visitors: &consent.Recorder{Log: outrun{newest}, Policy: policy.ForConsents(), Now: time.Now}}, origin))
		if status, answer, header := s.call(t, "POST", c.path, c.body, "Sec-GPC", c.signal); status != c.status || header.Get("Retry-After") != c.wait {
			t.Errorf("%s: %d %v", c.path, status, answer)
		}
	}
}
