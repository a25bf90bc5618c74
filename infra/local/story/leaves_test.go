package story

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// leaves lets somebody whom a system knows by an id ask for everything, and then loses them their address: every link that was mailed to it is dead, and
// the page of the address shows nothing of them.
func (s *service) leaves(t *testing.T) {
	t.Helper()
	const hana = "hana@example.org"
	s.files(t, s.token(t, "records.write"), "self", map[string]string{"id": "c-5", "email": hana})
	var filed struct{ ID string }
	s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "access", "email": hana}, &filed)
	session := s.proves(t, 1, hana, nil)
	export, secret := parts(t, s.link(t, 1, hana, "/exports/", nil))
	_, status := parts(t, s.link(t, 1, hana, "/requests/", nil))
	bearer := map[string]string{"Authorization": "Bearer " + status}
	wait(t, "the answer", time.Minute, func() bool {
		var got struct{ State string }
		s.call(t, http.StatusOK, "GET", "/v1/requests/"+filed.ID, bearer, nil, &got)
		return got.State == "fulfilled"
	})

	var changed struct{ Addresses, Detached int }
	s.call(t, http.StatusOK, "PUT", "/v1/subjects/c-5", s.token(t, "subjects.write"), map[string]any{"emails": []string{}}, &changed)
	if changed.Addresses != 0 || changed.Detached != 1 {
		t.Errorf("%+v", changed)
	}
	s.call(t, http.StatusUnauthorized, "GET", "/v1/me", session, nil, nil)
	s.call(t, http.StatusNotFound, "GET", "/v1/requests/"+filed.ID, bearer, nil, nil)
	token, _, _ := strings.Cut(secret, ".")
	s.call(t, http.StatusNotFound, "POST", "/v1/downloads", nil, map[string]string{"export": export, "token": token}, nil)
	if got := s.sees(t, s.asks(t, 2, hana)); got.Doubt != "detached" || len(got.Requests) != 0 {
		t.Errorf("the page of the address shows %+v", got)
	}
}
