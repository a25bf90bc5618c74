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
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// person is somebody with an open link.
type person struct {
	email, mailbox string
	sid            privacy.SubjectID
	session        string // value of the cookie
	unsubscribe    string // token of the one click
}

// link stores a link to the mailbox of an address, as if it had been mailed, and returns its token.
func (s *rig) link(t testing.TB, email string) (id string, sid privacy.SubjectID, token subject.Token) {
	t.Helper()
	a, err := subject.ParseAddress(email)
	if err != nil {
		t.Fatal(err)
	}
	now := s.Clock.Now()
	id, token = servicetest.Aliases.Mailbox(a), subject.NewToken()
	known, err := s.Addresses.Introduce(t.Context(), a, now.AddDate(1, 0, 0))
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := s.Mailboxes.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	m.ID, m.Address, m.Subject, m.Minted, m.ExpiresAt = id, email, known.Subject, m.Minted+1, now.Add(2*linkLife)
	m.Links = append(m.Links, mailbox.Link{N: m.Minted, Hash: token.Hash(servicetest.Tokens, "link", id), MintedAt: now, Left: true})
	if _, err := s.Mailboxes.Save(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	return id, known.Subject, token
}

// enter opens a link over HTTP and returns the value of the cookie.
func (s *rig) enter(t testing.TB, id string, token subject.Token) string {
	t.Helper()
	w := s.tryLink(id, token)
	if w.Code != http.StatusOK {
		t.Fatalf("opening: %d %s", w.Code, w.Body)
	}
	return sessionIn(w)
}

func (s *rig) tryLink(id string, token subject.Token, headers ...string) *httptest.ResponseRecorder {
	return s.send("POST", "/v1/links/"+id+"/open", tokenBody(token), "192.0.2.1", headers...)
}

// sessionIn returns the value of the cookie that an answer sets, or "".
func sessionIn(w *httptest.ResponseRecorder) string {
	for _, c := range w.Result().Cookies() {
		if c.Name == cookie {
			return c.Value
		}
	}
	return ""
}

// fresh opens a link to the mailbox of an address for the first time.
func (s *rig) fresh(t testing.TB, email string) person {
	t.Helper()
	id, sid, token := s.link(t, email)
	return person{email: email, mailbox: id, sid: sid, session: s.enter(t, id, token), unsubscribe: mailbox.UnsubscribeToken(servicetest.Tokens, sid)}
}

// later opens a link to the mailbox of an address for the second time.
func (s *rig) later(t testing.TB, email string) person {
	t.Helper()
	id, sid, token := s.link(t, email)
	s.enter(t, id, token)
	return person{email: email, mailbox: id, sid: sid, session: s.enter(t, id, token), unsubscribe: mailbox.UnsubscribeToken(servicetest.Tokens, sid)}
}

// with makes a call in the session of a person.
func (s *rig) as(p person, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	return s.send(method, path, body, "192.0.2.1", append([]string{"Cookie", cookie + "=" + p.session}, headers...)...)
}

// me is what a person sees.
func (s *rig) me(t testing.TB, p person, headers ...string) (out meSeen) {
	t.Helper()
	w := s.as(p, "GET", "/v1/me", "", headers...)
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return out
}

type meSeen struct {
	Fresh    bool
	EndsAt   time.Time
	Pending  []pendingSeen
	Requests []requestShown
}

// pendingSeen is something that waits. It has the members of a mail again, since JSON cannot be read into those that it embeds.
type pendingSeen struct {
	pending
	Messages  []messageShown `json:"messages"`
	Suggested privacy.Right  `json:"suggested"`
	About     privacy.Right  `json:"about"`
}

// ids returns the ids of what waits and of the requests, as they are listed.
func (m meSeen) ids() (pending, requests []string) {
	for _, one := range m.Pending {
		pending = append(pending, one.ID)
	}
	for _, one := range m.Requests {
		requests = append(requests, one.ID)
	}
	return pending, requests
}

// ask states decisions by address, and puts them behind the mailbox.
func (s *rig) ask(t testing.TB, email string, decisions map[privacy.Purpose]consent.State) (id string) {
	t.Helper()
	act := consent.Act{Who: consent.Who{Email: email}, Operation: uuid.NewString(), Decisions: decisions, PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form"}
	id, err := s.ByAddress.Ask(t.Context(), "", act)
	if err == nil {
		err = s.Admission.Run(t.Context(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// granted consents to both mail purposes and presses the button.
func (s *rig) granted(t testing.TB, email string) person {
	t.Helper()
	p := s.fresh(t, email)
	id := s.ask(t, email, map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted, privacy.Testimonials: consent.Granted})
	if status, answer := s.confirm(t, id, p); status != http.StatusCreated {
		t.Fatalf("confirming answered %d %v", status, answer)
	}
	return p
}

func (s *rig) confirm(t testing.TB, id string, p person, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	return s.call(t, s.Handler, "POST", "/v1/pending/"+id+"/confirm", "", append([]string{"Cookie", cookie + "=" + p.session}, headers...)...)
}

func (s *rig) preferences(t testing.TB, p person, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	return s.call(t, s.Handler, "GET", "/v1/preferences", "", append([]string{"Cookie", cookie + "=" + p.session}, headers...)...)
}

// decide states decisions on the page of a mailbox.
func (s *rig) decide(t testing.TB, p person, decisions map[privacy.Purpose]consent.State, headers ...string) (status int, answer map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"decisions": decisions})
	if err != nil {
		t.Fatal(err)
	}
	headers = append([]string{"Cookie", cookie + "=" + p.session, "Content-Type", "application/json"}, headers...)
	return s.call(t, s.Handler, "POST", "/v1/preferences", string(body), headers...)
}

// everything denies all purposes.
func everything() map[privacy.Purpose]consent.State {
	all := map[privacy.Purpose]consent.State{}
	for _, purpose := range rules.Purposes {
		all[purpose] = consent.Denied
	}
	return all
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
	state, _ := decisionOf(answer, purpose)["state"].(string)
	return state
}

// optedOut reports whether an answer says that a purpose was opted out of.
func optedOut(answer map[string]any, purpose privacy.Purpose) bool {
	is, _ := decisionOf(answer, purpose)["optOut"].(bool)
	return is
}

// becauseOf returns what denies a purpose besides a decision, according to an answer.
func becauseOf(answer map[string]any, purpose privacy.Purpose) string {
	because, _ := decisionOf(answer, purpose)["because"].(string)
	return because
}

func decisionOf(answer map[string]any, purpose privacy.Purpose) map[string]any {
	decisions, _ := answer["decisions"].(map[string]any)
	one, _ := decisions[string(purpose)].(map[string]any)
	return one
}
