package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// ask states decisions by address and returns the confirmation mail.
func (s *rig) ask(t testing.TB, email string, decisions map[privacy.Purpose]consent.State) servicetest.Mail {
	t.Helper()
	act := consent.Act{Who: consent.Who{Email: email}, Operation: uuid.NewString(), Decisions: decisions, PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form"}
	id, err := s.ByAddress.Ask(t.Context(), "", act)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Mailing.Run(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if m := s.LastMail(); m.About != id {
		t.Fatal("no mail was written")
	}
	return s.LastMail()
}

// granted consents to both mail purposes and presses the button.
func (s *rig) granted(t testing.TB, email string) servicetest.Mail {
	t.Helper()
	m := s.ask(t, email, map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Granted})
	if status, _ := s.confirm(t, m.About, m.Token); status != http.StatusCreated {
		t.Fatalf("confirming answered %d", status)
	}
	return m
}

func (s *rig) confirm(t testing.TB, id string, token subject.Token, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	headers = append([]string{"Content-Type", "application/json"}, headers...)
	return s.call(t, s.Handler, "POST", "/v1/consents/confirm/"+id, verification(token), headers...)
}

func (s *rig) preferences(t testing.TB, id string, token subject.Token, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	headers = append([]string{"Authorization", "Bearer " + string(token)}, headers...)
	return s.call(t, s.Handler, "GET", "/v1/preferences/"+id, "", headers...)
}

func (s *rig) withdraw(t testing.TB, id string, token subject.Token, body string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	headers = append([]string{"Authorization", "Bearer " + string(token), "Content-Type", "application/json"}, headers...)
	return s.call(t, s.Handler, "POST", "/v1/preferences/"+id+"/withdraw", body, headers...)
}

func (s *rig) unsubscribe(t testing.TB, token, body string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	headers = append([]string{"Content-Type", "application/x-www-form-urlencoded"}, headers...)
	return s.call(t, s.Handler, "POST", "/v1/unsubscribe/"+token, body, headers...)
}

// call sends a request to h and returns the status and the parsed answer.
func (s *rig) call(t testing.TB, h http.Handler, method, path, body string, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	w := s.do(h, httptest.NewRequest(method, path, strings.NewReader(body)), headers...)
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
