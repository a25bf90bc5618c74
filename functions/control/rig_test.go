package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

func TestMain(m *testing.M) { os.Exit(openapitest.Main(m, "control")) }

// open is an authorizer that admits every token. Package oidc tests the checks of tokens.
type open struct{}

func (open) Authorize(*http.Request, access.Rule) (access.Principal, error) {
	return access.Principal{Kind: access.Machine, ID: "privacy-desk"}, nil
}

// The versions of the tests. Only announced is one that the release has.
var announced = policy.Versions()[0].Version

const elsewhere = "2025-01-31" // of another release

// rig is the handler on real tables. Each exchange is checked against the contract.
type rig struct {
	*servicetest.Stores
	http.Handler
	campaigns *notices.Store
}

func newRig(t testing.TB) *rig {
	s := &rig{Stores: servicetest.NewStores(t)}
	s.campaigns = &notices.Store{Client: s.Client, Table: s.Tables.Name("NoticesTable"), Ledger: s.Tables.Name("LedgerTable"), Now: s.Clock.Now}
	s.Handler = openapitest.Wrap(t, s.routes(open{}))
	return s
}

func (s *rig) routes(auth web.Authorizer) http.Handler {
	return routes(handler{notice.Control{
		Register: s.campaigns, Recipients: s.campaigns, Published: policy.Versions().Has, Policy: policy.InForce, Now: s.Clock.Now,
	}}, auth)
}

// start stores a campaign of a version in a state.
func (s *rig) start(t testing.TB, version string, state notice.State) notice.Campaign {
	t.Helper()
	now := s.Clock.Now()
	c := notice.Campaign{
		Version: version, Kind: "significant", State: state, CreatedAt: now.Add(-time.Hour), AnnounceAt: now, Deadline: now.AddDate(0, 0, 7),
		EndsAt: now.AddDate(0, 0, 60), Expected: 41, Tally: notice.Tally{Calls: 3, Accepted: 5, Failed: 4, Waiting: 2, Unknown: 1},
		Lease: notice.Lease{Holder: "canary-holder", Until: now}, ExpiresAt: now.AddDate(3, 0, 0),
	}
	switch state {
	case notice.Scheduled, notice.Before:
	case notice.Following, notice.Finished:
		c.StartedAt, c.LastWalk = now, now
	case notice.Blocked:
		c.Reason = notice.Sandbox
	default:
		c.StartedAt = now
	}
	if err := s.campaigns.Create(t.Context(), []notice.Campaign{c}); err != nil {
		t.Fatal(err)
	}
	return c
}

// call calls a route and returns the status and the answer.
func (s *rig) call(t testing.TB, method, path, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer of the test")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// read calls a route that must answer 200, and decodes the answer strictly.
func read[T any](t testing.TB, s *rig, method, path string) (out T) {
	t.Helper()
	code, body := s.call(t, method, path, "")
	if code != http.StatusOK {
		t.Fatalf("%s %s: %d %s", method, path, code, body)
	}
	decoder := json.NewDecoder(strings.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}

// entries returns the audit entries, without what differs between two runs.
func (s *rig) entries() (all []map[string]string) {
	for _, item := range s.Scan("LedgerTable") {
		entry := map[string]string{}
		for _, name := range []string{"actorKind", "actor", "act", "about"} {
			entry[name] = dynamo.Text(item, name)
		}
		all = append(all, entry)
	}
	return all
}
