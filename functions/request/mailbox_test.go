package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/confirming"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const testOrigin = "http://localhost:8080"

// links is what one confirmation mail carries.
type links struct {
	id                   string
	to                   string
	confirm, preferences string
	unsubscribe          string
}

// byMail is the handler on real tables, the desk that mails, and the mailbox it mails to. Tests move its clock.
type byMail struct {
	http.Handler // held against the contract
	bare         http.Handler
	t            testing.TB
	tables       *enginetest.Tables
	clock        *testclock.Clock
	asks         *consent.ByMail
	desk         *confirming.Desk

	within time.Duration // the time that a call has, where it is limited

	mails []links
}

func newByMail(t testing.TB) *byMail {
	s := &byMail{t: t, tables: enginetest.DynamoDB(t)}
	s.clock = s.tables.Clock(time.Now().UTC().Truncate(time.Second))
	client, key := s.tables.Client, subject.Key("a-key-for-tests")
	waiting := &confirmations.Store{Client: client, Table: s.tables.Name("RequestsTable"), Now: s.clock.Now}
	register := &requests.Store{Client: client, Table: s.tables.Name("RequestsTable"), Policy: policy.Current(), Terms: policy.TermsOf, Now: s.clock.Now}
	log := &consents.ByMail{Store: consents.Store{Client: client, Table: s.tables.Name("ConsentsTable")}, Requests: s.tables.Name("RequestsTable"), Steps: policy.Current().SpanOf(policy.WorkStep)}
	s.asks = &consent.ByMail{Recorder: &consent.Recorder{Log: log, Periods: policy.CurrentConsentPeriods(), Now: s.clock.Now}, Confirmations: waiting, Tokens: key}
	s.desk = &confirming.Desk{
		Confirmations: waiting, Subjects: known{subjects.New(client, s.tables.Name("SubjectsTable"), s.clock.Now), key},
		Mailboxes: unlisted{}, Limiter: nobodyTooOften{}, Mailer: s, Tokens: key, Periods: policy.CurrentConsentPeriods(), Now: s.clock.Now,
	}
	s.bare = routes(handler{byMail: s.asks, clients: register, clientKey: key, rate: 60, now: s.clock.Now}, testOrigin)
	s.Handler = openapitest.Wrap(t, s.bare)
	return s
}

// ConfirmConsent puts a mail into the mailbox.
func (s *byMail) ConfirmConsent(_ context.Context, to string, c consent.Confirmation, confirm, preferences subject.Token, unsubscribe string) error {
	s.mails = append(s.mails, links{c.ID, to, string(confirm), string(preferences), unsubscribe})
	return nil
}

// ask states decisions by address and returns the mail about them.
func (s *byMail) ask(t testing.TB, email string, decisions map[privacy.Purpose]consent.State) links {
	t.Helper()
	act := consent.Act{Who: consent.Who{Email: email}, Operation: uuid.NewString(), Decisions: decisions, PolicyVersion: policy.CurrentVersion, Language: "en", Surface: "form"}
	id, err := s.asks.Ask(t.Context(), "", act)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.desk.Run(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if len(s.mails) == 0 || s.mails[len(s.mails)-1].id != id {
		t.Fatal("no mail was written")
	}
	return s.mails[len(s.mails)-1]
}

// granted asks for both mail purposes and presses the button.
func (s *byMail) granted(t testing.TB, email string) links {
	t.Helper()
	m := s.ask(t, email, map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Granted})
	if status, _ := s.confirm(t, m.id, m.confirm); status != http.StatusCreated {
		t.Fatalf("confirming answered %d", status)
	}
	return m
}

func (s *byMail) confirm(t testing.TB, id, token string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	headers = append([]string{"Content-Type", "application/json"}, headers...)
	return s.call(t, s.Handler, "POST", "/v1/consents/confirm/"+id, `{"token":"`+token+`"}`, headers...)
}

func (s *byMail) preferences(t testing.TB, id, token string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	headers = append([]string{"Authorization", "Bearer " + token}, headers...)
	return s.call(t, s.Handler, "GET", "/v1/preferences/"+id, "", headers...)
}

func (s *byMail) withdraw(t testing.TB, id, token, body string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	headers = append([]string{"Authorization", "Bearer " + token, "Content-Type", "application/json"}, headers...)
	return s.call(t, s.Handler, "POST", "/v1/preferences/"+id+"/withdraw", body, headers...)
}

func (s *byMail) unsubscribe(t testing.TB, token, body string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)
	return s.call(t, s.Handler, "POST", "/v1/unsubscribe/"+token, body, headers...)
}

// call sends a request to h and returns the status and the parsed answer.
func (s *byMail) call(t testing.TB, h http.Handler, method, path, body string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
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
	_ = json.Unmarshal(w.Body.Bytes(), &answer)
	return w.Code, answer
}

// stateOf digs the state of a purpose out of an answer.
func stateOf(answer map[string]any, purpose privacy.Purpose) string {
	decisions, _ := answer["decisions"].(map[string]any)
	one, _ := decisions[string(purpose)].(map[string]any)
	state, _ := one["state"].(string)
	return state
}

// known finds data subjects by the alias of their address, as fulfil does.
type known struct {
	store *subjects.Store
	key   subject.Key
}

func (k known) Introduce(ctx context.Context, a subject.Address, until time.Time) (privacy.SubjectID, string, error) {
	alias, err := k.store.Introduce(ctx, k.key.Alias(a), a.Spelling, until)
	return alias.Subject, alias.Spelling, err
}

// unlisted lists nothing: no function of this package reads what is stored under an address.
type unlisted struct{}

func (unlisted) ListConsent(context.Context, subject.Address, string, time.Time) error { return nil }

type nobodyTooOften struct{}

func (nobodyTooOften) MayMail(context.Context, string, time.Time) (bool, error) { return true, nil }

func (nobodyTooOften) MayChallenge(context.Context, subject.Address, string, bool, time.Time) (may, later bool, err error) {
	return true, false, nil
}

func (nobodyTooOften) NotMailed(context.Context, subject.Address, string, time.Time) error {
	return nil
}
