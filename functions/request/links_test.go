package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// post does what is due about wishes for links, and mails the links.
func (s *rig) post(t *testing.T) {
	t.Helper()
	for range 2 { // a wish makes a mail due
		due, err := s.Queue.Due(t.Context(), s.Clock.Now())
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range due {
			do := map[work.Kind]func(context.Context, string) error{work.Link: s.Posting.Take, work.Mailbox: s.Posting.Run}[task.Kind]
			if do == nil {
				continue
			}
			if err := do(t.Context(), task.Ref); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// T14: known and unknown addresses, and those behind which something waits, get the same bytes by the same calls to DynamoDB. Mails leave later, and
// not from here.
func TestThreat_T14_AskingForALinkTellsNothing(t *testing.T) {
	rounds := soak.Pick(40, 120)
	s := newRig(t)
	s.Known("known@example.org")
	s.granted(t, "owner@example.org")
	s.mailed(s.file("filed@example.org"))
	s.inDoubt(t)
	mails := len(s.Mails)
	var bytes string
	var calls map[string]int
	for i := range rounds {
		for _, email := range []string{"known@example.org", fmt.Sprintf("x%04d@example.org", i), "owner@example.org", "filed@example.org", "KNOWN@Example.org", shared, detached, frozen} {
			s.Wire.Take()
			w := s.send("POST", "/v1/links", `{"email":"`+email+`"}`, fmt.Sprintf("192.0.%d.%d", i/200, i%200))
			got, taken := fmt.Sprint(w.Code, w.Header(), w.Body), s.Wire.Take()
			if calls == nil {
				bytes, calls = got, taken
			}
			if w.Code != http.StatusAccepted || got != bytes || !maps.Equal(taken, calls) {
				t.Fatalf("%s: %s by %v, others %s by %v", email, got, taken, bytes, calls)
			}
		}
	}
	if len(s.Mails) != mails || calls["PutItem"] == 0 {
		t.Errorf("%d mails were sent at once; the calls are %v", len(s.Mails)-mails, calls)
	}
	s.post(t)
	to := map[string]int{}
	for _, m := range s.Mails[mails:] {
		to[strings.ToLower(m.To)]++
	}
	if to["known@example.org"] == 0 || to["x0000@example.org"] == 0 || to["filed@example.org"] == 0 || to["known@example.org"] > 3 {
		t.Errorf("mails to %d addresses, to one %d", len(to), to["known@example.org"])
	}
}

// T09: one client can ask for 60 links a minute, filings included. Other clients and the next minute are not affected.
func TestThreat_T09_SixtyLinksAMinutePerClient(t *testing.T) {
	s := newRig(t)
	codes := map[int]int{}
	for i := range 70 {
		w := s.send("POST", "/v1/links", fmt.Sprintf(`{"email":"a%d@example.org"}`, i), "192.0.2.1", "X-Forwarded-For", fmt.Sprintf("198.51.100.%d", i))
		codes[w.Code]++
		if w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") == "" {
			t.Error("a 429 does not say when to try again")
		}
	}
	if codes[http.StatusAccepted] != 60 || codes[http.StatusTooManyRequests] != 10 {
		t.Errorf("answers %v", codes)
	}
	if w := s.send("POST", "/v1/requests", filing("b@example.org"), "192.0.2.1"); w.Code != http.StatusTooManyRequests {
		t.Errorf("a filing of the same client: %d", w.Code)
	}
	if w := s.send("POST", "/v1/links", `{"email":"b@example.org"}`, "192.0.2.2"); w.Code != http.StatusAccepted {
		t.Errorf("another client: %d", w.Code)
	}
	s.Clock.Advance(time.Minute)
	if w := s.send("POST", "/v1/links", `{"email":"b@example.org"}`, "192.0.2.1"); w.Code != http.StatusAccepted {
		t.Errorf("a minute later: %d", w.Code)
	}
}

// T15, T28: a wish for a link names the mistake, stores nothing and repeats nothing.
func TestThreat_T15_RefusedWishesForLinks(t *testing.T) {
	s := newRig(t)
	for body, want := range map[string]string{
		`{}`: "/email", `{"email":""}`: "/email", `{"email":"canary"}`: "/email", `{"email":"canary@example.org\r\nBcc: b@example.org"}`: "/email", `{"email":["canary@example.org"]}`: "/email",
		`{"email":"4111111111111111@example.org"}`: "/email", `{"email":"canary@example.org","right":"access"}`: "/right", `{"email":"a@example.org, canary@example.org"}`: "/email",
	} {
		w := s.send("POST", "/v1/links", body, "192.0.2.1")
		var problem struct{ Errors []fault.Field }
		if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != http.StatusUnprocessableEntity || len(problem.Errors) == 0 || problem.Errors[0].Pointer != want ||
			strings.Contains(w.Body.String(), "canary") || strings.Contains(w.Body.String(), "4111") {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	if calls := s.Wire.Take(); calls["PutItem"]+calls["TransactWriteItems"] > 0 {
		t.Errorf("something was stored: %v", calls)
	}
}

// T09: with a session, a new link goes to its own mailbox. These mails are counted apart, so a stranger who has used up the mails of the day does not
// keep the owner out. The address need not be typed, and nobody else's can be.
func TestThreat_T09_AskingAgainWithASession(t *testing.T) {
	s := newRig(t)
	p := s.later(t, "anna@example.org")
	for range 5 {
		s.send("POST", "/v1/links", `{"email":"anna@example.org"}`, "198.51.100.1")
		s.post(t)
	}
	if len(s.Mails) != 3 {
		t.Fatalf("%d mails for a stranger", len(s.Mails))
	}
	for range 5 {
		if w := s.as(p, "POST", "/v1/links", "{}"); w.Code != http.StatusAccepted {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		s.post(t)
	}
	m := s.LastMail()
	if len(s.Mails) != 6 || m.To != "anna@example.org" || m.About != p.mailbox {
		t.Errorf("%d mails, the last about another mailbox: %t", len(s.Mails), m.About != p.mailbox)
	}
	if w := s.tryLink(m.About, m.Token); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"fresh":true`) {
		t.Errorf("the new link: %d %s", w.Code, w.Body)
	}
	if w := s.as(p, "POST", "/v1/links", `{"email":"bo@example.org"}`); w.Code != http.StatusAccepted {
		t.Errorf("%d", w.Code)
	}
	if s.post(t); s.LastMail().To != "bo@example.org" {
		t.Errorf("an address that was typed: mailed to the mailbox of the session")
	}
}

// T11: of 200 openings of one link at once five succeed, exactly one of them fresh. The others get the same 404 as a wrong token.
func TestThreat_T11_TwoHundredOpenings(t *testing.T) {
	s := newRig(t)
	m := s.mailed(s.file("anna@example.org"))
	var mu sync.Mutex
	var wg sync.WaitGroup
	opened, fresh, others := 0, 0, 0
	sessions := map[string]bool{}
	for range 200 {
		wg.Go(func() {
			w := s.tryLink(m.About, m.Token)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case w.Code == http.StatusOK:
				opened++
				sessions[sessionIn(w)] = true
				if strings.HasPrefix(w.Body.String(), `{"fresh":true`) {
					fresh++
				}
			case w.Code != http.StatusNotFound || sessionIn(w) != "":
				others++
			}
		})
	}
	wg.Wait()
	if opened != 5 || fresh != 1 || others != 0 || len(sessions) != 5 {
		t.Errorf("%d opened, %d of them fresh, %d sessions; %d were neither 200 nor 404", opened, fresh, len(sessions), others)
	}
	n := 0
	for value := range sessions {
		if s.me(t, person{session: value}).Fresh {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d sessions are fresh", n)
	}
}

// T11: a link is first opened within seven days, and again within 24 hours of that, to the second.
func TestThreat_T11_LivesOfALink(t *testing.T) { enginetest.BothTTLs(t, livesOfALink) }

func livesOfALink(t *testing.T) {
	s := newRig(t)
	type link struct {
		id    string
		token subject.Token
	}
	var in, late link
	in.id, _, in.token = s.link(t, "anna@example.org")
	late.id, _, late.token = s.link(t, "anna@example.org")
	s.Clock.Advance(linkLife - time.Second)
	if w := s.tryLink(in.id, in.token); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"fresh":true`) {
		t.Errorf("a second before seven days: %d %s", w.Code, w.Body)
	}
	s.Clock.Advance(time.Second)
	if w := s.tryLink(late.id, late.token); w.Code != http.StatusNotFound {
		t.Errorf("after seven days: %d", w.Code)
	}
	s.Clock.Advance(againLife - 2*time.Second)
	if w := s.tryLink(in.id, in.token); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), `{"fresh":false`) {
		t.Errorf("a second before 24 hours after that: %d %s", w.Code, w.Body)
	}
	s.Clock.Advance(time.Second)
	if w := s.tryLink(in.id, in.token); w.Code != http.StatusNotFound {
		t.Errorf("24 hours after that: %d", w.Code)
	}
}

// T06, T11, T23: the answer to every link that does not open is the same, byte for byte.
func TestThreat_T23_LinksThatDoNotOpen(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	m, other := s.mailed(id), s.mailed(s.file("ben@example.org"))
	p := s.fresh(t, "anna@example.org")
	spentID, _, spent := s.link(t, "spent@example.org")
	for range 5 {
		s.enter(t, spentID, spent)
	}
	ended := s.fresh(t, "ended@example.org")
	endedID, _, endedToken := s.link(t, "ended@example.org")
	if w := s.as(ended, "POST", "/v1/links/end", ""); w.Code != http.StatusOK {
		t.Fatal(w.Code)
	}
	lateID, _, late := s.link(t, "late@example.org")
	s.Clock.Advance(linkLife)
	inTime := s.mailed(s.file("late@example.org"))
	var same string
	for name, c := range map[string]struct {
		id    string
		token subject.Token
	}{
		"random token": {m.About, subject.NewToken()}, "token of another": {m.About, other.Token}, "mailbox of another": {other.About, m.Token}, "unknown mailbox": {servicetest.Proof("nobody@example.org").Mailbox, m.Token},
		"spent": {spentID, spent}, "expired": {lateID, late}, "ended": {endedID, endedToken}, "no mailbox": {"x", m.Token}, "a request": {id, m.Token}, "a UUID": {uuid.NewString(), m.Token},
		"status token": {m.About, status(id)}, "unsubscribe token": {m.About, subject.Token(m.Unsubscribe)}, "session": {m.About, subject.Token(p.session)}, "padded id": {m.About + "=", m.Token},
		"other case": {strings.ToUpper(inTime.About), inTime.Token}, "short token": {inTime.About, inTime.Token[:42]}, "padded token": {inTime.About, inTime.Token + "="}, "long id": {strings.Repeat("A", 2000), m.Token},
	} {
		w := s.tryLink(c.id, c.token)
		got := fmt.Sprint(w.Code, w.Header(), w.Body)
		if same == "" {
			same = got
		}
		if w.Code != http.StatusNotFound || got != same {
			t.Errorf("%s: %s", name, got)
		}
	}
	if w := s.tryLink(inTime.About, inTime.Token); w.Code != http.StatusOK {
		t.Error("the right link does not work any more")
	}
}

// Opening a link, with everything that its page shows, takes at most five requests to DynamoDB, and a query that lists what is behind the mailbox.
func TestTheBudgetOfAnOpening(t *testing.T) {
	s := newRig(t)
	answered := s.verified("anna@example.org")
	s.exported(answered)
	s.granted(t, "anna@example.org")
	for i := range 3 {
		s.waiting(request.Filing{Right: privacy.Access, Email: "anna@example.org", Details: fmt.Sprint("text ", i)})
	}
	s.ask(t, "anna@example.org", mailGranted)
	s.Writes(inbound.Message{From: "anna@example.org", Text: "Please send me my data."}, servicetest.Vouched)
	id, _, token := s.link(t, "anna@example.org")
	s.Wire.Take()
	w := s.tryLink(id, token)
	sum := -1 // one of them lists up to 25 requests (design §13)
	calls := s.Wire.Take()
	for _, n := range calls {
		sum += n
	}
	var seen meSeen
	if err := json.Unmarshal(w.Body.Bytes(), &seen); err != nil || len(seen.Pending) != 5 || len(seen.Requests) != 1 || sum > 5 || sum <= 0 {
		t.Errorf("%d requests to DynamoDB besides the list: %v; %s", sum, calls, w.Body)
	}
}
