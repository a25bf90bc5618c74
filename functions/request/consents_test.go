package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var mailGranted = map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted}

const oneClick = "List-Unsubscribe=One-Click"

// C02: a consent by address takes effect when its button is pressed, not when somebody types the address.
func TestPromise_C02_ConsentByAddressCountsOnceConfirmed(t *testing.T) {
	s := newRig(t)
	m := s.ask(t, "Anna@Example.org", mailGranted)
	if m.To != "Anna@Example.org" {
		t.Errorf("mailed to another spelling")
	}
	status, answer := s.preferences(t, m.About, m.Preferences)
	if status != http.StatusOK || stateOf(answer, privacy.MarketingEmail) != "undecided" {
		t.Fatalf("before the press: %d %v", status, answer)
	}
	status, answer = s.confirm(t, m.About, m.Token)
	if status != http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "granted" || stateOf(answer, privacy.Testimonials) != "undecided" {
		t.Fatalf("the press answered %d %v", status, answer)
	}
	if _, answer = s.preferences(t, m.About, m.Preferences); stateOf(answer, privacy.MarketingEmail) != "granted" {
		t.Errorf("after the press: %v", answer)
	}
	if status, _ := s.confirm(t, m.About, m.Token); status != http.StatusNotFound {
		t.Errorf("the second press answered %d", status)
	}
	// The same data subject consents again, in another spelling, and keeps the earlier choices.
	again := s.ask(t, "anna@example.ORG", map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted})
	if _, answer = s.confirm(t, again.About, again.Token); stateOf(answer, privacy.MarketingEmail) != "granted" || answer["version"] != 2.0 {
		t.Errorf("a second consent: %v", answer)
	}
}

// T06, T11, T23: the answer to every wrong link is the same.
func TestThreat_T11_WrongLinksOfConsents(t *testing.T) {
	s := newRig(t)
	m, other := s.ask(t, "anna@example.org", mailGranted), s.ask(t, "ben@example.org", mailGranted)
	var bodies []string
	type link struct {
		id    string
		token subject.Token
	}
	for name, link := range map[string]link{
		"wrong token": {m.About, other.Token}, "token of another use": {m.About, m.Preferences}, "unknown id": {uuid.NewString(), m.Token}, "id of another shape": {strings.ToUpper(m.About), m.Token}, "no id": {"x", m.Token},
		"unsubscribe token": {m.About, subject.Token(m.Unsubscribe)},
	} {
		status, answer := s.confirm(t, link.id, link.token)
		bodies = append(bodies, fmt.Sprint(status, answer))
		if status != http.StatusNotFound {
			t.Errorf("confirm, %s: %d", name, status)
		}
		token := link.token
		if token == m.Preferences {
			token = m.Token
		}
		if token == "" {
			token = "x"
		}
		status, answer = s.preferences(t, link.id, token)
		bodies = append(bodies, fmt.Sprint(status, answer))
		if status != http.StatusNotFound {
			t.Errorf("preferences, %s: %d", name, status)
		}
		if status, _ = s.withdraw(t, link.id, token, ""); status != http.StatusNotFound {
			t.Errorf("withdraw, %s: %d", name, status)
		}
	}
	for _, body := range bodies[1:] {
		if body != bodies[0] {
			t.Errorf("answers differ: %s and %s", bodies[0], body)
		}
	}
	for path, method := range map[string]string{"/v1/preferences/" + m.About: "GET", "/v1/preferences/" + m.About + "/withdraw": "POST"} {
		for _, header := range []string{"", "Bearer ", "Basic eDp5", string(m.Preferences)} {
			if status, _ := s.call(t, s.Handler, method, path, "", "Authorization", header); status != http.StatusUnauthorized {
				t.Errorf("%s with %q: %d", path, header, status)
			}
		}
	}
	if status, _ := s.confirm(t, m.About, m.Token); status != http.StatusCreated {
		t.Error("the right link does not work any more")
	}
}

func TestThreat_T11_LivesOfConsentLinks(t *testing.T) { enginetest.BothTTLs(t, livesOfConsentLinks) }

func livesOfConsentLinks(t *testing.T) {
	s := newRig(t)
	m, late := s.ask(t, "anna@example.org", mailGranted), s.ask(t, "ben@example.org", mailGranted)
	s.Clock.Advance(preferencesLife - time.Second)
	if status, _ := s.preferences(t, m.About, m.Preferences); status != http.StatusOK {
		t.Errorf("a second before the hour is over: %d", status)
	}
	s.Clock.Advance(time.Second)
	if status, _ := s.preferences(t, m.About, m.Preferences); status != http.StatusNotFound {
		t.Errorf("after an hour: %d", status)
	}
	if status, _ := s.withdraw(t, m.About, m.Preferences, ""); status != http.StatusNotFound {
		t.Errorf("withdrawing after an hour: %d", status)
	}
	s.Clock.Advance(linkLife - preferencesLife - time.Second)
	if status, _ := s.confirm(t, m.About, m.Token); status != http.StatusCreated {
		t.Errorf("a second before the seven days are over: %d", status)
	}
	s.Clock.Advance(time.Second)
	if status, _ := s.confirm(t, late.About, late.Token); status != http.StatusNotFound {
		t.Errorf("after seven days: %d", status)
	}
}

// Of many presses at once one succeeds and makes one record.
func TestThreat_T11_ConsentLinkIsConsumedOnce(t *testing.T) {
	s := newRig(t)
	m := s.ask(t, "anna@example.org", mailGranted)
	var wg sync.WaitGroup
	var mu sync.Mutex
	won := 0
	for range 200 {
		wg.Go(func() {
			if status, _ := s.confirm(t, m.About, m.Token); status == http.StatusCreated {
				mu.Lock()
				won++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	_, answer := s.preferences(t, m.About, m.Preferences)
	if won != 1 || answer["version"] != 1.0 {
		t.Errorf("%d presses succeeded, version %v", won, answer["version"])
	}
}

// C03: the preferences link withdraws one purpose or all of them, and the next read shows it.
func TestPromise_C03_PreferencesLinkWithdraws(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	status, answer := s.withdraw(t, m.About, m.Preferences, `{"purposes":["marketing_email"]}`)
	if status != http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "denied" || stateOf(answer, privacy.Testimonials) != "granted" {
		t.Fatalf("withdrawing one: %d %v", status, answer)
	}
	if status, _ = s.withdraw(t, m.About, m.Preferences, ""); status != http.StatusCreated {
		t.Fatalf("withdrawing all: %d", status)
	}
	_, answer = s.preferences(t, m.About, m.Preferences)
	for _, purpose := range rules.Purposes {
		if got := stateOf(answer, purpose); got != "denied" {
			t.Errorf("%s is %s", purpose, got)
		}
	}
	for body, want := range map[string]int{`{"purposes":[]}`: 422, `{"purposes":["billing"]}`: 422, `{"purposes":`: 400, `{"grant":["testimonials"]}`: 422} {
		if status, _ := s.withdraw(t, m.About, m.Preferences, body); status != want {
			t.Errorf("%s: %d, want %d", body, status, want)
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
		if status, answer := s.unsubscribe(t, m.Unsubscribe, oneClick, headers...); status != http.StatusOK || answer["state"] != "denied" {
			t.Fatalf("the click answered %d %v", status, answer)
		}
	}
	id, _, _ := strings.Cut(m.Unsubscribe, ".")
	newest, err := s.ByAddress.Recorder.Current(t.Context(), consent.Address(privacy.SubjectID(id)))
	if err != nil || newest.Effective(privacy.MarketingEmail, s.Clock.Now()).State != consent.Denied || newest.Effective(privacy.Testimonials, s.Clock.Now()).State != consent.Granted {
		t.Errorf("after the click: %v, %v", newest.Decisions, err)
	}
}

// C03: after two rotations of the key of tokens, the one click of an old mail works, but its other links do not. A click under a key that is not
// in the secret does not work either.
func TestPromise_C03_OneClickOutlivesRotations(t *testing.T) {
	s := newRig(t)
	m, waiting := s.granted(t, "anna@example.org"), s.ask(t, "ben@example.org", mailGranted)
	var keys subject.Keys
	if err := keys.UnmarshalText([]byte("newest newer\n" + string(servicetest.Tokens))); err != nil {
		t.Fatal(err)
	}
	s.ByAddress.Tokens, s.Mailing.Tokens, s.ByAddress.Retired = keys.Current(), keys.Current(), keys.Retired()
	if status, _ := s.confirm(t, waiting.About, waiting.Token); status != http.StatusNotFound {
		t.Errorf("an old link that confirms: %d", status)
	}
	if status, _ := s.preferences(t, m.About, m.Preferences); status != http.StatusNotFound {
		t.Errorf("an old link to preferences: %d", status)
	}
	id, _, _ := strings.Cut(m.Unsubscribe, ".")
	for _, forged := range []string{mailbox.UnsubscribeToken(subject.Key("another"), privacy.SubjectID(id)), mailbox.UnsubscribeToken(nil, privacy.SubjectID(id))} {
		if status, _ := s.unsubscribe(t, forged, oneClick); status != http.StatusNotFound {
			t.Errorf("a click under an unknown key: %d", status)
		}
	}
	if status, _ := s.unsubscribe(t, m.Unsubscribe, oneClick); status != http.StatusOK {
		t.Errorf("the one click of an old mail: %d", status)
	}
	fresh := s.granted(t, "anna@example.org")
	if fresh.Unsubscribe == m.Unsubscribe || fresh.Unsubscribe != mailbox.UnsubscribeToken(subject.Key("newest"), privacy.SubjectID(id)) {
		t.Error("a new mail's click is not made with the newest key")
	}
	for _, token := range []string{fresh.Unsubscribe, m.Unsubscribe} {
		if status, _ := s.unsubscribe(t, token, oneClick); status != http.StatusOK {
			t.Errorf("a click: %d", status)
		}
	}
}

// T20: a web mailer's page may click from any origin, because only the token decides.
func TestThreat_T20_OneClickFromAnyOrigin(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	if status, _ := s.unsubscribe(t, m.Unsubscribe, oneClick, "Origin", "https://mail.example", "Sec-Fetch-Site", "cross-site"); status != http.StatusOK {
		t.Errorf("a web mailer's click answered %d", status)
	}
}

// A mail program may send the form in either encoding (RFC 8058, section 3.2).
func TestPromise_C03_OneClickAsMultipart(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	body := "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	if status, answer := s.call(t, s.bare, "POST", "/v1/unsubscribe/"+m.Unsubscribe, body, "Content-Type", "multipart/form-data; boundary=b"); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
	if _, answer := s.preferences(t, m.About, m.Preferences); stateOf(answer, privacy.MarketingEmail) != "denied" {
		t.Errorf("after the click: %v", answer)
	}
}

func TestUnsubscribeRefusals(t *testing.T) {
	s := newRig(t)
	m, other := s.granted(t, "anna@example.org"), s.granted(t, "ben@example.org")
	id, mac, _ := strings.Cut(m.Unsubscribe, ".")
	otherID, _, _ := strings.Cut(other.Unsubscribe, ".")
	for _, token := range []string{"x", id, id + ".", id + "." + mac[:20], otherID + "." + mac, id + ".!", string(m.Token)} {
		if status, _ := s.unsubscribe(t, token, oneClick); status != http.StatusNotFound {
			t.Errorf("a wrong token answered %d", status)
		}
	}
	for _, body := range []string{"", "List-Unsubscribe=Two-Clicks", `{"token":"x"}`} {
		if status, answer := s.unsubscribe(t, m.Unsubscribe, body); status != http.StatusUnprocessableEntity || !strings.Contains(fmt.Sprint(answer), "pointer:/List-Unsubscribe") {
			t.Errorf("%q answered %d %v", body, status, answer)
		}
	}
	if status, _ := s.unsubscribe(t, m.Unsubscribe, oneClick, "Content-Type", "application/json"); status != http.StatusUnsupportedMediaType {
		t.Errorf("another content type answered %d", status)
	}
	for _, method := range []string{"GET", "HEAD"} { // API Gateway never routes these here
		if status, _ := s.call(t, s.bare, method, "/v1/unsubscribe/"+m.Unsubscribe, ""); status != http.StatusNotFound {
			t.Errorf("%s answered %d", method, status)
		}
	}
	if _, answer := s.preferences(t, m.About, m.Preferences); stateOf(answer, privacy.MarketingEmail) != "granted" {
		t.Errorf("a refused click changed something: %v", answer)
	}
}

// If an address has a thousand versions, a grant is refused, and its link stays unused. Denials and withdrawals still take effect.
func TestThePileOfOneAddressIsBounded(t *testing.T) {
	s := newRig(t)
	m := s.ask(t, "anna@example.org", mailGranted)
	id, _, _ := strings.Cut(m.Unsubscribe, ".")
	piled := func(version int) {
		t.Helper()
		now := s.Clock.Now()
		if err := s.ByAddress.Recorder.Log.Append(t.Context(), consent.Record{
			Subject: consent.Address(privacy.SubjectID(id)), Version: version, Operation: uuid.NewString(), RecordedAt: now, ExpiresAt: now.AddDate(4, 0, 0),
			Decisions: map[privacy.Purpose]consent.Decision{privacy.MarketingEmail: {State: consent.Granted, DecidedAt: now, ExpiresAt: now.AddDate(0, 6, 0)}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	piled(1000)
	for range 2 {
		if status, _ := s.confirm(t, m.About, m.Token); status != http.StatusTooManyRequests {
			t.Errorf("confirming a grant: %d", status)
		}
	}
	both := s.ask(t, "anna@example.org", map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied, privacy.Testimonials: consent.Granted})
	status, answer := s.confirm(t, both.About, both.Token)
	if status != http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "denied" || stateOf(answer, privacy.Testimonials) != "undecided" {
		t.Errorf("confirming a denial beside a grant: %d %v", status, answer)
	}
	for i, withdraw := range []func() (int, map[string]any){
		func() (int, map[string]any) { return s.withdraw(t, both.About, both.Preferences, "") },
		func() (int, map[string]any) { return s.unsubscribe(t, m.Unsubscribe, oneClick) },
	} {
		piled(1100 + 100*i)
		status, _ := withdraw()
		if _, answer := s.preferences(t, both.About, both.Preferences); status > http.StatusCreated || stateOf(answer, privacy.MarketingEmail) != "denied" {
			t.Errorf("withdrawal %d: %d, and then %v", i, status, answer)
		}
	}
}

// T10: a scanner that opens every link 50 times changes nothing and uses up no link.
func TestThreat_T10_OpeningConsentLinksChangesNothing(t *testing.T) {
	s := newRig(t)
	m := s.ask(t, "anna@example.org", mailGranted)
	for range 50 {
		for _, path := range []string{"/v1/consents/confirm/" + m.About, "/v1/preferences/" + m.About + "/withdraw", "/v1/unsubscribe/" + m.Unsubscribe} {
			s.call(t, s.bare, "GET", path, "")
			s.call(t, s.bare, "HEAD", path, "")
		}
	}
	if status, answer := s.confirm(t, m.About, m.Token); status != http.StatusCreated || answer["version"] != 1.0 {
		t.Errorf("the press answered %d %v", status, answer)
	}
}

// T11, T12: nobody can open a link with a dump of all tables.
func TestThreat_T12_TablesHoldNoTokenOfAConsent(t *testing.T) {
	s := newRig(t)
	m := s.granted(t, "anna@example.org")
	_, mac, _ := strings.Cut(m.Unsubscribe, ".")
	for _, table := range []string{"ConsentsTable", "RequestsTable", "SubjectsTable"} {
		name := s.Tables.Name(table)
		out, err := s.Tables.Client.Scan(context.Background(), &dynamodb.ScanInput{TableName: &name})
		if err != nil || len(out.Items) == 0 {
			t.Fatalf("%s: %d items, %v", table, len(out.Items), err)
		}
		for _, item := range out.Items {
			dump := ""
			for attribute, value := range item {
				dump += fmt.Sprintf("%s=%+v %[2]s ", attribute, value)
			}
			for _, secret := range []string{string(m.Token), string(m.Preferences), m.Unsubscribe, mac} {
				if strings.Contains(dump, secret) {
					t.Errorf("%s holds a secret", table)
				}
			}
		}
	}
}
