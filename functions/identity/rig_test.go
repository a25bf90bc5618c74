package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/work"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // tests make calls fail on purpose, and each would be logged
	os.Exit(openapitest.Main(m, "identity"))
}

// open is an authorizer that admits every token, of the client that a header names. Package oidc tests the checks of tokens.
type open struct{}

func (open) Authorize(r *http.Request, _ access.Rule) (access.Principal, error) {
	id := r.Header.Get("Test-Client")
	if id == "" {
		id = "crm"
	}
	return access.Principal{Kind: access.Machine, ID: id}, nil
}

// rig is the handler on real tables, with what the functions ingest, fulfil and request do about its acts. Each exchange is checked against the
// contract.
type rig struct {
	*servicetest.Rig
	http.Handler
	handler handler
	counts  counts
	seen    map[string]bool // audit entries of earlier acts
}

// counts is where metrics are written.
type counts struct {
	mu sync.Mutex
	bytes.Buffer
}

func (c *counts) Write(line []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Buffer.Write(line)
}

func newRig(t testing.TB) *rig {
	s := &rig{Rig: servicetest.New(t), seen: map[string]bool{}}
	s.handler = handler{
		acts: s.Identity, consents: s.ByAddress.Recorder, count: metric.Meter{Out: &s.counts, Stack: "test", Now: s.Clock.Now}.Count,
		consequences: &identity.Consequences{Identity: s.Identity, Changes: s.Changes.Changes, Cut: s.Cutter.Follow},
	}
	s.Handler = openapitest.Wrap(t, s.routes(open{}))
	return s
}

func (s *rig) routes(auth web.Authorizer) http.Handler { return routes(s.handler, auth) }

// work does what is due, as function fulfil does, until nothing is.
func (s *rig) work() {
	s.T.Helper()
	ctx := s.T.Context()
	for range 20 {
		due, err := s.Queue.Due(ctx, s.Clock.Now())
		if err != nil {
			s.T.Fatal(err)
		}
		if len(due) == 0 {
			return
		}
		for _, task := range due {
			switch id := privacy.SubjectID(task.Ref); task.Kind {
			case work.Identity:
				err = s.Changes.Run(ctx, task.Ref)
			case work.Mailbox:
				err = s.Posting.Run(ctx, task.Ref)
			case work.Consent:
				err = s.Consents.FinishStep(ctx, id, s.Intake.FollowConsent)
			case work.Walk:
				err = s.Intake.Walk(ctx, id)
			case work.Link:
				err = s.Posting.Take(ctx, task.Ref)
			default:
				s.T.Fatalf("nobody does %s here", task.Kind)
			}
			if err != nil {
				s.T.Fatalf("%s: %v", task.Kind, err)
			}
		}
	}
	s.T.Fatal("the work is never done")
}

// call calls a route and returns the status and the answer.
func (s *rig) call(t testing.TB, method, path, body string, header ...string) (int, string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer of the test")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// changed is the answer to a change of addresses.
type changed struct{ Addresses, Attached, Detached, Joined int }

// put states the addresses of an id, which must succeed.
func (s *rig) put(id string, join bool, emails ...string) changed {
	s.T.Helper()
	body, err := json.Marshal(map[string]any{"emails": append([]string{}, emails...), "join": join})
	if err != nil {
		s.T.Fatal(err)
	}
	return s.change("PUT", "/v1/subjects/"+id, string(body))
}

// change calls a route that must succeed.
func (s *rig) change(method, path, body string) (out changed) {
	s.T.Helper()
	code, answer := s.call(s.T, method, path, body)
	if code != http.StatusOK {
		s.T.Fatalf("%s %s: %d %s", method, path, code, answer)
	}
	if err := json.Unmarshal([]byte(answer), &out); err != nil {
		s.T.Fatal(err)
	}
	return out
}

// refused calls a route that must refuse, and checks that the answer repeats nothing of what was sent.
func (s *rig) refused(want int, method, path, body string) (kind string, pointers []string) {
	s.T.Helper()
	code, answer := s.call(s.T, method, path, body)
	var p struct {
		Type   string
		Errors []struct{ Pointer, Detail string }
	}
	if err := json.Unmarshal([]byte(answer), &p); err != nil || code != want {
		s.T.Fatalf("%s %s: %d %s, want %d", method, path, code, answer, want)
	}
	for _, e := range p.Errors {
		pointers = append(pointers, e.Pointer)
	}
	if strings.Contains(answer, "@") || strings.Contains(answer, "c-1") {
		s.T.Errorf("the answer repeats what was sent: %s", answer)
	}
	return strings.TrimPrefix(p.Type, "urn:problem:"), pointers
}

// named returns what a record names: the id of client crm and an address, of which one can be empty.
func (s *rig) named(id, email string) subject.Named {
	s.T.Helper()
	who := subject.Named{Client: "crm", ID: id}
	if email != "" {
		who.Address = s.Parse(email)
	}
	return who
}

// takes sends a record of somebody, as function ingest takes it in.
func (s *rig) takes(who subject.Named, category privacy.Category, id, data string) intake.Result {
	s.T.Helper()
	result, err := s.take(who, category, id, data)
	if err != nil {
		s.T.Fatal(err)
	}
	return result
}

func (s *rig) take(who subject.Named, category privacy.Category, id, data string) (intake.Result, error) {
	draft := record.Draft{Category: string(category), ID: id, Source: "direct", OccurredAt: s.Clock.Now().Add(-time.Hour).Format(time.RFC3339), Data: []byte(data)}
	draft.Subject = &record.Named{}
	if who.ID != "" {
		draft.Subject.ID = &who.ID
	}
	if who.Address.Spelling != "" {
		draft.Subject.Email = &who.Address.Spelling
	}
	line, err := s.Intake.Check(who.Client, draft)
	if err != nil {
		return intake.Result{}, err
	}
	return s.Intake.TakeOne(s.T.Context(), line)
}

// What records say.
const (
	name = `{"firstName":"Anna","lastName":"Berg","jobTitle":"Head of Support"}`
	list = `{"list":"offers","subscribedAt":"2026-11-01T00:00:00Z","interests":["chat"]}`
)

// knows makes somebody known by an id and addresses of client crm, and returns the data subject. The change of addresses is a year old.
func (s *rig) knows(id string, emails ...string) privacy.SubjectID {
	s.T.Helper()
	first := ""
	if len(emails) > 0 {
		first = emails[0]
	}
	s.takes(s.named(id, first), privacy.Identity, "self", name)
	if len(emails) > 1 {
		s.put(id, false, emails...)
		s.work()
		s.forget()
	}
	if id == "" {
		return s.behind(first)
	}
	return s.alias(servicetest.Aliases.IDAlias("crm", id)).Subject()
}

// forget forgets the mails, the metrics and the audit entries so far.
func (s *rig) forget() {
	s.T.Helper()
	s.Mails = nil
	s.counts.Reset()
	for _, item := range s.Scan("LedgerTable") {
		s.seen[dynamo.Text(item, dynamo.PK)+dynamo.Text(item, dynamo.SK)] = true
	}
}

// alias returns an alias as it is stored, or one without a data subject.
func (s *rig) alias(key string) subject.Alias {
	s.T.Helper()
	found, err := s.Subjects.Aliases(s.T.Context(), key)
	if err != nil {
		s.T.Fatal(err)
	}
	return found[key]
}

// behind returns the data subject behind an address, or "" if it stands for nobody, or for several.
func (s *rig) behind(email string) privacy.SubjectID {
	s.T.Helper()
	return s.alias(servicetest.Aliases.Alias(s.Parse(email))).Subject()
}

// acted checks that exactly these acts left an audit entry of client crm each, and that each was counted. Then it forgets them.
func (s *rig) acted(acts ...string) {
	s.T.Helper()
	left := map[string]int{}
	for _, item := range s.Scan("LedgerTable") {
		if s.seen[dynamo.Text(item, dynamo.PK)+dynamo.Text(item, dynamo.SK)] || !strings.HasPrefix(dynamo.Text(item, dynamo.PK), "audit#") {
			continue
		}
		if dynamo.Text(item, "actorKind") != "machine" || dynamo.Text(item, "actor") != "crm" || strings.ContainsAny(dynamo.Text(item, "about"), "@#") {
			s.T.Errorf("an entry of %s %s about %s", dynamo.Text(item, "actorKind"), dynamo.Text(item, "actor"), dynamo.Text(item, "about"))
		}
		left[dynamo.Text(item, "act")]++
	}
	for _, act := range acts {
		left[act]--
	}
	for act, n := range left {
		if n != 0 {
			s.T.Errorf("%s: %+d entries", act, n)
		}
	}
	if counted := strings.Count(s.counts.String(), `"IdentityActs":1`); counted != len(acts) {
		s.T.Errorf("%d acts were counted, want %d", counted, len(acts))
	}
	s.forget()
}

// decides records what a data subject decides about marketing mail.
func (s *rig) decides(id privacy.SubjectID, state consent.State, operation string) {
	s.T.Helper()
	_, err := s.ByAddress.Recorder.RecordPrepared(s.T.Context(), consent.Act{
		Subject: consent.Address(id), Operation: operation, Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: state},
		PolicyVersion: policy.VersionInForce(s.Clock.Now()), Language: "en", Surface: "preferences",
	})
	if err != nil {
		s.T.Fatal(err)
	}
	s.work()
}
