package story

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// behind is what somebody sees who has opened a link to a mailbox.
type behind struct {
	Fresh    bool
	Pending  []struct{ ID, Kind string }
	Requests []struct{ ID, State, DueAt string }
}

// waits reports whether a request or a consent waits for its button.
func (b behind) waits(id string) bool {
	return slices.ContainsFunc(b.Pending, func(p struct{ ID, Kind string }) bool { return p.ID == id })
}

// openLink opens a link to a mailbox and returns its session, as a header.
func (s *service) openLink(t *testing.T, link string, out *behind) map[string]string {
	t.Helper()
	_, secret := parts(t, link)
	box, token, _ := strings.Cut(secret, ".")
	answer := s.call(t, http.StatusOK, "POST", "/v1/links/"+box+"/open", nil, map[string]string{"token": token}, out)
	cookie, attributes, _ := strings.Cut(answer.Get("Set-Cookie"), "; ")
	for _, need := range []string{"Path=/", "HttpOnly", "Secure", "SameSite=Strict"} {
		if !strings.HasPrefix(cookie, "__Host-me=") || !strings.Contains(attributes, need) {
			t.Errorf("the session's cookie has %q", attributes)
		}
	}
	return map[string]string{"Cookie": cookie}
}

// session opens each link that is mailed to an address, until one opens what is looked for. It returns the fresh session of that one, as a header.
// nudge, if any, is called while it waits.
func (s *service) session(t *testing.T, to string, found func(behind) bool, nudge func()) (session map[string]string) {
	t.Helper()
	wait(t, "a link to the mailbox", 90*time.Second, func() bool {
		for _, link := range s.links(t, to, "/me#") {
			if s.opened[link] {
				continue
			}
			var me behind
			s.opened[link] = true
			if session = s.openLink(t, link, &me); me.Fresh && found(me) {
				return true
			}
		}
		if nudge != nil {
			nudge()
		}
		return false
	})
	return session
}

// proof returns a fresh session of the mailbox behind which the id waits.
func (s *service) proof(t *testing.T, to, id string, nudge func()) map[string]string {
	t.Helper()
	return s.session(t, to, func(b behind) bool { return b.waits(id) }, nudge)
}

// confirm confirms a request by a mailed link.
func (s *service) confirm(t *testing.T, to, id string) {
	t.Helper()
	s.call(t, http.StatusOK, "POST", "/v1/requests/"+id+"/confirm", s.proof(t, to, id, nil), nil, nil)
}

// again has a new link mailed, and asks for another export of a request with its session.
func (s *service) again(t *testing.T, to, id string) {
	t.Helper()
	s.call(t, http.StatusAccepted, "POST", "/v1/links", nil, map[string]string{"email": to}, nil)
	session := s.session(t, to, func(b behind) bool { return !b.waits(id) }, nil)
	s.call(t, http.StatusAccepted, "POST", "/v1/requests/"+id+"/exports", session, nil, nil)
}
