package story

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// me is the page of a mailbox.
type me struct {
	Fresh   bool
	Pending []struct {
		ID, Kind, Right string
		Repeats         int
	}
	Requests []struct {
		ID, State string
		Renewable bool
	}
	Preferences struct {
		Decisions map[string]struct{ State string }
	}
	Doubt string
}

// ids returns the ids of what waits, of one kind.
func (m me) ids(kind string) (all []string) {
	for _, waiting := range m.Pending {
		if waiting.Kind == kind {
			all = append(all, waiting.ID)
		}
	}
	return all
}

// marketing is the choice about marketing mail.
func (m me) marketing() string { return m.Preferences.Decisions["marketing_email"].State }

// opens waits for the nth mail with a link to the mailbox of an address and opens it, as the page does. It returns the session as a header. A
// cookie jar would not send a cookie over plain HTTP that is marked as secure.
func (s *service) opens(t *testing.T, nth int, address string, nudge func()) (session map[string]string, seen me) {
	t.Helper()
	mailbox, token := s.mailbox(t, nth, address, nudge)
	header := s.call(t, http.StatusOK, "POST", "/v1/links/"+mailbox+"/open", nil, map[string]string{"token": token}, &seen)
	cookie := header.Get("Set-Cookie")
	value, flags, _ := strings.Cut(cookie, ";")
	for _, flag := range []string{"Path=/", "HttpOnly", "Secure", "SameSite=Strict", "Max-Age=3"} {
		if !strings.HasPrefix(value, "__Host-me=") || !strings.Contains(flags, flag) {
			t.Errorf("the cookie lacks %s: %s", flag, flags)
		}
	}
	s.secrets = append(s.secrets, value[strings.LastIndexByte(value, '.')+1:])
	return map[string]string{"Cookie": value}, seen
}

// mailbox waits for the nth mail with a link to the mailbox of an address, and returns the id and the token of the link.
func (s *service) mailbox(t *testing.T, nth int, address string, nudge func()) (id, token string) {
	t.Helper()
	_, secret := parts(t, s.link(t, nth, address, "/me#", nudge))
	id, token, _ = strings.Cut(secret, ".")
	return id, token
}

// proves opens the nth mailed link of an address and confirms every request that waits. It returns the session.
func (s *service) proves(t *testing.T, nth int, address string, nudge func()) map[string]string {
	t.Helper()
	session, seen := s.opens(t, nth, address, nudge)
	if len(seen.ids("request")) == 0 {
		t.Errorf("no request waits: %+v", seen)
	}
	for _, id := range seen.ids("request") {
		s.call(t, http.StatusOK, "POST", "/v1/requests/"+id+"/confirm", session, nil, nil)
	}
	return session
}

// asks asks for a link to a mailbox and opens it, the nth that is mailed.
func (s *service) asks(t *testing.T, nth int, address string) map[string]string {
	t.Helper()
	s.call(t, http.StatusAccepted, "POST", "/v1/links", nil, map[string]string{"email": address}, nil)
	session, seen := s.opens(t, nth, address, nil)
	if !seen.Fresh {
		t.Error("a new link does not open the mailbox for the first time")
	}
	return session
}

// sees reads the page of a mailbox.
func (s *service) sees(t *testing.T, session map[string]string) (seen me) {
	t.Helper()
	s.call(t, http.StatusOK, "GET", "/v1/me", session, nil, &seen)
	return seen
}

// receipt waits for the receipt that tells of an act, by a phrase of its text.
func (s *service) receipt(t *testing.T, address, phrase string) {
	t.Helper()
	wait(t, "the receipt that says "+phrase, time.Minute, func() bool {
		return slices.ContainsFunc(s.mails(t, address), func(m mail) bool { return strings.Contains(m.Text, phrase) })
	})
}

// TestStory_AMailboxFromTheFirstLinkToTheLast is a person's whole way over HTTP: they file and agree to marketing mail, open the one mail, confirm,
// download the export, ask for a new link and a new export, change their mind twice, find a request that was not theirs, and end all links.
// Promise: C02, C03, G02, H05. Threat: T06, T10, T11, T31, T32.
func TestStory_AMailboxFromTheFirstLinkToTheLast(t *testing.T) {
	s := start(t, t.TempDir())
	sent := records(t)
	token := s.token(t, "records.write")
	s.send(t, token, sent[:len(sent)-1])
	var policy struct{ Version string }
	s.call(t, http.StatusOK, "GET", "/v1/policy", nil, nil, &policy)
	file := func() (id string) {
		var filed struct{ ID, State string }
		s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "access", "email": address}, &filed)
		if filed.State != "verifying" {
			t.Errorf("filed %+v", filed)
		}
		return filed.ID
	}
	first := file()
	s.opens(t, 1, address, nil) // the session has what waits; the link was opened, so a newer one confirms
	if got := s.sees(t, s.asks(t, 2, address)); len(got.ids("request")) != 1 || got.ids("request")[0] != first {
		t.Errorf("the new link shows %+v", got)
	}
	used, looked := s.opens(t, 2, address, nil)
	if looked.Fresh || len(looked.Pending) != 1 {
		t.Errorf("opened again, the link shows %+v", looked)
	}
	s.call(t, http.StatusForbidden, "POST", "/v1/requests/"+first+"/confirm", used, nil, nil)
	s.call(t, http.StatusAccepted, "POST", "/v1/links", used, map[string]string{}, nil)
	session := s.proves(t, 3, address, nil)
	s.call(t, http.StatusNotFound, "POST", "/v1/requests/"+first+"/confirm", session, nil, nil)
	s.receipt(t, address, "Confirmed on")
	if len(unpack(t, s.open(t, s.link(t, 1, address, "/exports/", nil)))) == 0 {
		t.Error("the export is empty")
	}
	if got := s.sees(t, session); len(got.Pending) != 0 || len(got.Requests) != 1 || got.Requests[0].State != "fulfilled" || !got.Requests[0].Renewable {
		t.Errorf("after the answer %+v", got)
	}
	s.call(t, http.StatusForbidden, "POST", "/v1/requests/"+first+"/exports", used, nil, nil)
	s.call(t, http.StatusAccepted, "POST", "/v1/requests/"+first+"/exports", session, nil, nil)
	if len(unpack(t, s.open(t, s.link(t, 2, address, "/exports/", nil)))) == 0 {
		t.Error("the new export is empty")
	}

	choose := func(who map[string]string, state string, want int) {
		s.call(t, want, "POST", "/v1/preferences", who, map[string]any{"decisions": map[string]string{"marketing_email": state}}, nil)
	}
	choose(session, "granted", http.StatusCreated)
	if got := s.sees(t, session).marketing(); got != "granted" {
		t.Errorf("marketing mail is %s", got)
	}
	choose(used, "denied", http.StatusCreated)
	choose(used, "granted", http.StatusForbidden)
	if got := s.sees(t, session).marketing(); got != "denied" {
		t.Errorf("marketing mail is %s", got)
	}
	s.receipt(t, address, "Refused or withdrawn on")

	file() // by somebody else
	for range 3 {
		file()
	}
	s.call(t, http.StatusAccepted, "POST", "/v1/consents", nil, map[string]any{"subject": map[string]string{"email": address}, "decisions": map[string]string{"marketing_email": "granted"},
		"policyVersion": policy.Version, "language": "en", "surface": "form"}, nil)
	var strange me
	wait(t, "what a stranger filed to wait", time.Minute, func() bool {
		strange = s.sees(t, session)
		return len(strange.Pending) == 2 && strange.Pending[0].Repeats+strange.Pending[1].Repeats == 3
	})
	for _, waiting := range strange.Pending {
		s.call(t, http.StatusOK, "POST", "/v1/pending/"+waiting.ID+"/discard", used, nil, nil)
		s.call(t, http.StatusNotFound, "POST", "/v1/pending/"+waiting.ID+"/discard", session, nil, nil)
	}
	s.receipt(t, address, "Discarded on")
	if got := s.sees(t, session); len(got.Pending) != 0 || got.marketing() != "denied" {
		t.Errorf("after all was discarded %+v", got)
	}

	mailed := len(s.links(t, address, "/me#")) // one that is mailed after the end works: the mail about the stranger's consent may still be on its way
	cleared := s.call(t, http.StatusOK, "POST", "/v1/links/end", session, nil, nil).Get("Set-Cookie")
	if !strings.HasPrefix(cleared, "__Host-me=;") || !strings.Contains(cleared, "Max-Age=0") {
		t.Errorf("the cookie is left: %.20s", cleared)
	}
	for _, ended := range []map[string]string{session, used} {
		s.call(t, http.StatusUnauthorized, "GET", "/v1/me", ended, nil, nil)
	}
	for nth := range mailed {
		mailbox, secret := s.mailbox(t, nth+1, address, nil)
		s.call(t, http.StatusNotFound, "POST", "/v1/links/"+mailbox+"/open", nil, map[string]string{"token": secret}, nil)
	}
	s.stop(t)
}
