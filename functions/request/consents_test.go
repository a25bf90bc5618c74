package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var mailGranted = map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted}

const oneClick = "List-Unsubscribe=One-Click"

// C02: a consent by address takes effect when its button is pressed, not when somebody types the address.
func TestPromise_C02_ConsentByAddressCountsOnceConfirmed(t *testing.T) {
	s := newRig(t)
	id := s.ask(t, "Anna@Example.org", mailGranted)
	s.Post("Anna@Example.org")
	m := s.LastMail()
	if m.To != "Anna@Example.org" || len(m.Waiting) != 1 || m.Waiting[0].ID != id {
		t.Errorf("mailed %+v", m)
	}
	p := person{session: s.enter(t, m.About, m.Token)}
	status, answer := s.preferences(t, p)
	if status != http.StatusOK || stateOf(answer, privacy.MarketingEmail) != "undecided" {
		t.Fatalf("before the press: %d %v", status, answer)
	}
	status, answer = s.confirm(t, id, p)
	if status != http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "granted" || stateOf(answer, privacy.Testimonials) != "undecided" {
		t.Fatalf("the press answered %d %v", status, answer)
	}
	if _, answer = s.preferences(t, p); stateOf(answer, privacy.MarketingEmail) != "granted" {
		t.Errorf("after the press: %v", answer)
	}
	if status, _ := s.confirm(t, id, p); status != http.StatusNotFound {
		t.Errorf("the second press answered %d", status)
	}
	// The same data subject consents again, in another spelling, and keeps the earlier choices.
	again := s.ask(t, "anna@example.ORG", map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted})
	if _, answer = s.confirm(t, again, p); stateOf(answer, privacy.MarketingEmail) != "granted" || answer["version"] != 2.0 {
		t.Errorf("a second consent: %v", answer)
	}
}

// Of many presses at once one succeeds and makes one record.
func TestThreat_T11_AConsentIsConfirmedOnce(t *testing.T) {
	s := newRig(t)
	id, p := s.ask(t, "anna@example.org", mailGranted), s.fresh(t, "anna@example.org")
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 200 {
		wg.Go(func() {
			if status, _ := s.confirm(t, id, p); status == http.StatusCreated {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	_, answer := s.preferences(t, p)
	if won != 1 || answer["version"] != 1.0 {
		t.Errorf("%d presses succeeded, version %v", won, answer["version"])
	}
}

// C03: the page of a mailbox withdraws one purpose or all of them, and the next read shows it.
func TestPromise_C03_ThePageOfAMailboxWithdraws(t *testing.T) {
	s := newRig(t)
	s.granted(t, "anna@example.org")
	p := s.later(t, "anna@example.org") // any session may withdraw
	status, answer := s.decide(t, p, map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied})
	if status != http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "denied" || stateOf(answer, privacy.Testimonials) != "granted" {
		t.Fatalf("withdrawing one: %d %v", status, answer)
	}
	if status, _ = s.decide(t, p, everything()); status != http.StatusCreated {
		t.Fatalf("withdrawing all: %d", status)
	}
	_, answer = s.preferences(t, p)
	for _, purpose := range rules.Purposes {
		if got := stateOf(answer, purpose); got != "denied" {
			t.Errorf("%s is %s", purpose, got)
		}
	}
}

// What the page of a mailbox refuses, and which fields it names. Cookies belong to a browser: they can be denied here, but not granted.
func TestWhatThePageOfAMailboxRefuses(t *testing.T) {
	s := newRig(t)
	p := s.fresh(t, "anna@example.org")
	for body, want := range map[string]struct {
		status   int
		pointers []string
	}{
		`{"decisions":{}}`:                              {422, []string{"/decisions"}},
		`{}`:                                            {422, []string{"/decisions"}},
		`{"decisions":{"billing":"denied"}}`:            {422, []string{"/decisions/billing"}},
		`{"decisions":{"testimonials":"maybe"}}`:        {422, []string{"/decisions/testimonials"}},
		`{"decisions":{"testimonials":"expired"}}`:      {422, []string{"/decisions/testimonials"}},
		`{"decisions":{"testimonials":true}}`:           {422, []string{"/decisions/testimonials"}},
		`{"purposes":["testimonials"]}`:                 {422, []string{"/purposes"}},
		`{"decisions":`:                                 {400, nil},
		`{"decisions":{"analytics_cookies":"granted"}}`: {422, []string{"/decisions/analytics_cookies"}},
		`{"decisions":{"marketing_cookies":"granted","testimonials":"granted"}}`:      {422, []string{"/decisions/marketing_cookies"}},
		`{"decisions":{"marketing_cookies":"granted","analytics_cookies":"granted"}}`: {422, []string{"/decisions/analytics_cookies", "/decisions/marketing_cookies"}},
		`{"decisions":{"marketing_cookies":"denied","analytics_cookies":"denied"}}`:   {201, nil},
		`{"decisions":{"marketing_email":"granted","testimonials":"denied"}}`:         {201, nil},
	} {
		w := s.as(p, "POST", "/v1/preferences", body)
		var problem struct{ Errors []fault.Field }
		_ = json.Unmarshal(w.Body.Bytes(), &problem)
		var named []string
		for _, field := range problem.Errors {
			named = append(named, field.Pointer)
		}
		if slices.Sort(named); w.Code != want.status || w.Code >= 300 && !slices.Equal(named, want.pointers) {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
}

// C03: the one click of RFC 8058 stops marketing mail and nothing else. It works any number of times, and long after the other links have
// ended.
func TestPromise_C03_OneClickUnsubscribe(t *testing.T) { enginetest.BothTTLs(t, oneClickUnsubscribe) }

func oneClickUnsubscribe(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	s.Clock.Advance(100 * 24 * time.Hour)
	for _, headers := range [][]string{nil, {"If-Match", `"7"`, "If-None-Match", "*"}} { // a click ignores preconditions, since it has read no state
		if status, answer := s.unsubscribe(t, m.unsubscribe, oneClick, headers...); status != http.StatusOK || answer["state"] != "denied" {
			t.Fatalf("the click answered %d %v", status, answer)
		}
	}
	newest, err := s.ByAddress.Recorder.Current(t.Context(), consent.Address(m.sid))
	if err != nil || newest.Effective(privacy.MarketingEmail, s.Clock.Now()).State != consent.Denied || newest.Effective(privacy.Testimonials, s.Clock.Now()).State != consent.Granted {
		t.Errorf("after the click: %v, %v", newest.Decisions, err)
	}
}

// C03: after two rotations of the key of tokens, the one click of an old mail works, but its link and its session do not. A click under a key that is
// not in the secret does not work either.
func TestPromise_C03_OneClickOutlivesRotations(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	waiting := s.ask(t, "anna@example.org", map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied})
	id, _, token := s.link(t, "anna@example.org")
	var keys subject.Keys
	if err := keys.UnmarshalText([]byte("newest newer\n" + string(servicetest.Tokens))); err != nil {
		t.Fatal(err)
	}
	s.ByAddress.Tokens, s.Posting.Tokens, s.Links.Tokens, s.ByAddress.Retired = keys.Current(), keys.Current(), keys.Current(), keys.Retired()
	if w := s.tryLink(id, token); w.Code != http.StatusNotFound {
		t.Errorf("an old link: %d", w.Code)
	}
	if status, _ := s.confirm(t, waiting, m); status != http.StatusUnauthorized {
		t.Errorf("an old session: %d", status)
	}
	for _, forged := range []string{mailbox.UnsubscribeToken(subject.Key("another"), m.sid), mailbox.UnsubscribeToken(nil, m.sid)} {
		if status, _ := s.unsubscribe(t, forged, oneClick); status != http.StatusNotFound {
			t.Errorf("a click under an unknown key: %d", status)
		}
	}
	s.Post("anna@example.org") // the mail for what waits
	fresh := s.LastMail().Unsubscribe
	if fresh == m.unsubscribe || fresh != mailbox.UnsubscribeToken(subject.Key("newest"), m.sid) {
		t.Error("a new mail's click is not made with the newest key")
	}
	for _, token := range []string{fresh, m.unsubscribe} {
		if status, _ := s.unsubscribe(t, token, oneClick); status != http.StatusOK {
			t.Errorf("a click: %d", status)
		}
	}
}

// T20: a web mailer's page may click from any origin, because only the token decides.
func TestThreat_T20_OneClickFromAnyOrigin(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	if status, _ := s.unsubscribe(t, m.unsubscribe, oneClick, "Origin", "https://mail.example", "Sec-Fetch-Site", "cross-site"); status != http.StatusOK {
		t.Errorf("a web mailer's click answered %d", status)
	}
}

// A mail program may send the form in either encoding (RFC 8058, section 3.2).
func TestPromise_C03_OneClickAsMultipart(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	body := "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	if status, answer := s.call(t, s.bare, "POST", "/v1/unsubscribe/"+m.unsubscribe, body, "Content-Type", "multipart/form-data; boundary=b"); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
	if _, answer := s.preferences(t, m); stateOf(answer, privacy.MarketingEmail) != "denied" {
		t.Errorf("after the click: %v", answer)
	}
}

func TestUnsubscribeRefusals(t *testing.T) {
	s := newRig(t)
	m, other := s.granted(t, "anna@example.org"), s.granted(t, "ben@example.org")
	id, mac, _ := strings.Cut(m.unsubscribe, ".")
	otherID, _, _ := strings.Cut(other.unsubscribe, ".")
	for _, token := range []string{"x", id, id + ".", id + "." + mac[:20], otherID + "." + mac, id + ".!", m.session, string(subject.NewToken())} {
		if status, _ := s.unsubscribe(t, token, oneClick); status != http.StatusNotFound {
			t.Errorf("a wrong token answered %d", status)
		}
	}
	for _, body := range []string{"", "List-Unsubscribe=Two-Clicks", `{"token":"x"}`} {
		if status, answer := s.unsubscribe(t, m.unsubscribe, body); status != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(answer), "pointer:/List-Unsubscribe") {
			t.Errorf("%q answered %d %v", body, status, answer)
		}
	}
	if status, _ := s.unsubscribe(t, m.unsubscribe, oneClick, "Content-Type", "application/json"); status != http.StatusUnsupportedMediaType {
		t.Errorf("another content type answered %d", status)
	}
	for _, method := range []string{"GET", "HEAD"} { // API Gateway never routes these here
		if status, _ := s.call(t, s.bare, method, "/v1/unsubscribe/"+m.unsubscribe, ""); status != http.StatusNotFound {
			t.Errorf("%s answered %d", method, status)
		}
	}
	if _, answer := s.preferences(t, m); stateOf(answer, privacy.MarketingEmail) != "granted" {
		t.Errorf("a refused click changed something: %v", answer)
	}
}

// If an address has a thousand versions, a grant is refused, and what waits goes on waiting. Denials and withdrawals still take effect.
func TestThePileOfOneAddressIsBounded(t *testing.T) {
	s := newRig(t)
	p, id := s.fresh(t, "anna@example.org"), s.ask(t, "anna@example.org", mailGranted)
	piled := func(version int) {
		t.Helper()
		now := s.Clock.Now()
		if err := s.ByAddress.Recorder.Log.Append(t.Context(), consent.Record{
			Subject: consent.Address(p.sid), Version: version, Operation: uuid.NewString(), RecordedAt: now, ExpiresAt: now.AddDate(4, 0, 0),
			Decisions: map[privacy.Purpose]consent.Decision{privacy.MarketingEmail: {State: consent.Granted, DecidedAt: now, ExpiresAt: now.AddDate(0, 6, 0)}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	piled(1000)
	for range 2 {
		if status, _ := s.confirm(t, id, p); status != http.StatusTooManyRequests {
			t.Errorf("confirming a grant: %d", status)
		}
		if status, _ := s.decide(t, p, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}); status != http.StatusTooManyRequests {
			t.Errorf("a grant on the page: %d", status)
		}
	}
	both := s.ask(t, "anna@example.org", map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied, privacy.Testimonials: consent.Granted})
	status, answer := s.confirm(t, both, p)
	if status != http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "denied" || stateOf(answer, privacy.Testimonials) != "undecided" {
		t.Errorf("confirming a denial beside a grant: %d %v", status, answer)
	}
	for i, withdraw := range []func() (int, map[string]any){
		func() (int, map[string]any) { return s.decide(t, p, everything()) },
		func() (int, map[string]any) { return s.unsubscribe(t, p.unsubscribe, oneClick) },
	} {
		piled(1100 + 100*i)
		status, _ := withdraw()
		if _, answer := s.preferences(t, p); status > http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "denied" {
			t.Errorf("withdrawal %d: %d, and then %v", i, status, answer)
		}
	}
}

// T11, T12: nobody can open a link, use a session or unsubscribe with a dump of all tables.
func TestThreat_T12_TablesHoldNoSecret(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	m := s.mailed(id)
	p := person{session: s.enter(t, m.About, m.Token)}
	s.confirm(t, s.ask(t, "anna@example.org", mailGranted), p)
	if w := s.as(p, "POST", "/v1/requests/"+id+"/confirm", ""); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	_, mac, _ := strings.Cut(m.Unsubscribe, ".")
	for _, table := range []string{"ConsentsTable", "RequestsTable", "SubjectsTable"} {
		items := s.Scan(table)
		if len(items) == 0 {
			t.Fatalf("%s is empty", table)
		}
		for _, item := range items {
			dump := ""
			for attribute, value := range item {
				dump += fmt.Sprintf("%s=%+v %[2]s ", attribute, value)
			}
			for _, secret := range []string{string(m.Token), p.session, p.session[len(p.session)-43:], m.Unsubscribe, mac, string(status(id))} {
				if strings.Contains(dump, secret) {
					t.Errorf("%s holds a secret", table)
				}
			}
		}
	}
}
