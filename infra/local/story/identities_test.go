package story

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/request"
)

// The people whose addresses change.
const (
	dora    = "dora@example.org"
	doraNew = "dora.new@example.org"
	erik    = "erik@example.org"
	fay     = "fay@example.org" // and Gil
)

// files sends the name of somebody, who is named as in the contract, and returns what the answer says about the address.
func (s *service) files(t *testing.T, token map[string]string, id string, who map[string]string) (address string) {
	t.Helper()
	body := map[string]any{"subject": who, "source": "direct", "occurredAt": time.Now().UTC().Format(time.RFC3339),
		"data": map[string]string{"firstName": "Dora", "lastName": "Engel", "jobTitle": "Head of Support"}}
	var answer struct{ Outcome, Address string }
	if s.call(t, http.StatusOK, "PUT", "/v1/records/identity/"+id, token, body, &answer); answer.Outcome != "stored" {
		t.Errorf("%s: %s", id, answer.Outcome)
	}
	return answer.Address
}

// ends waits until a session has ended.
func (s *service) ends(t *testing.T, session map[string]string) {
	t.Helper()
	wait(t, "a session to end", time.Minute, func() bool {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.origin+"/v1/me", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Cookie", session["Cookie"])
		answer, err := s.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		return answer.Body.Close() == nil && answer.StatusCode == http.StatusUnauthorized
	})
}

// identities is a company system's week: it sends records of people by its own ids, attaches an address that its holder's other address contests,
// joins two people and takes that back, and takes back a record that it had filed under the wrong person.
func (s *service) identities(t *testing.T) {
	t.Helper()
	records, subjects := s.token(t, "records.write"), s.token(t, "subjects.write")
	type changed struct{ Addresses, Attached, Detached, Joined int }
	state := func(id string, want changed, join bool, emails ...string) {
		t.Helper()
		var got changed
		s.call(t, http.StatusOK, "PUT", "/v1/subjects/"+id, subjects, map[string]any{"emails": emails, "join": join}, &got)
		if got != want {
			t.Errorf("%s: %+v, want %+v", id, got, want)
		}
	}
	s.files(t, records, "self", map[string]string{"id": "c-1", "email": dora})
	if said := s.files(t, records, "office", map[string]string{"id": "c-1", "email": doraNew}); said != "not_attached" {
		t.Errorf("a record attaches an address: %q", said)
	}
	s.call(t, http.StatusForbidden, "PUT", "/v1/subjects/c-1", records, map[string]any{"emails": []string{doraNew}}, nil)

	old := s.asks(t, 1, dora)
	state("c-1", changed{2, 1, 0, 0}, false, dora, doraNew)
	s.receipt(t, doraNew, "added")
	ask := func(session map[string]string, email string) (id string) { // for a copy of the data, and confirms it
		t.Helper()
		var filed struct{ ID string }
		s.call(t, http.StatusAccepted, "POST", "/v1/requests", nil, map[string]string{"right": "access", "email": email}, &filed)
		wait(t, "the request to wait", time.Minute, func() bool { return slices.Contains(s.sees(t, session).ids("request"), filed.ID) })
		s.call(t, http.StatusOK, "POST", "/v1/requests/"+filed.ID+"/confirm", session, nil, nil)
		return filed.ID
	}
	ask(old, dora)
	s.link(t, 1, dora, "/exports/", nil)
	foreign := s.asks(t, 1, doraNew)
	held := ask(foreign, doraNew) // it waits, because the address is new
	s.mailbox(t, 2, doraNew, nil)
	session, seen := s.opens(t, 2, dora, nil)
	if len(seen.ids("change")) != 1 {
		t.Fatalf("the other address sees %+v", seen)
	}
	s.call(t, http.StatusOK, "POST", "/v1/pending/"+seen.ids("change")[0]+"/discard", session, nil, nil)
	s.call(t, http.StatusNotFound, "POST", "/v1/pending/"+seen.ids("change")[0]+"/confirm", session, nil, nil)
	s.sees(t, old)
	s.ends(t, foreign)
	if got := s.sees(t, s.asks(t, 3, doraNew)); got.Doubt != "frozen" {
		t.Errorf("the new address sees %+v", got)
	}
	state("c-1", changed{1, 0, 1, 0}, false, dora)
	file, err := s.register(t).Load(t.Context(), held)
	if err != nil || file.Request.State != request.Open || len(file.Events) == 0 || file.Events[len(file.Events)-1].Kind != request.EventForTeam {
		t.Errorf("the request by the new address: %+v, %v", file.Events, err)
	}

	s.files(t, records, "self", map[string]string{"id": "c-2", "email": erik})
	s.call(t, http.StatusConflict, "PUT", "/v1/subjects/c-1", subjects, map[string]any{"emails": []string{dora, erik}}, nil)
	state("c-1", changed{2, 0, 0, 1}, true, dora, erik)
	s.call(t, http.StatusUnauthorized, "GET", "/v1/me", session, nil, nil)
	his, seen := s.opens(t, 1, erik, nil)
	s.call(t, http.StatusCreated, "POST", "/v1/preferences", his, map[string]any{"decisions": map[string]string{"marketing_email": "denied"}}, nil)
	if len(seen.ids("change")) != 1 {
		t.Fatalf("whoever was joined sees %+v", seen)
	}
	s.call(t, http.StatusOK, "POST", "/v1/pending/"+seen.ids("change")[0]+"/discard", his, nil, nil)
	s.ends(t, his)
	if got := s.sees(t, s.asks(t, 2, erik)); got.Doubt != "frozen" {
		t.Errorf("whoever was joined sees %+v", got)
	}
	s.call(t, http.StatusOK, "POST", "/v1/subjects/separate", subjects, map[string]any{"subject": map[string]string{"id": "c-2"}}, nil)
	s.call(t, http.StatusNotFound, "POST", "/v1/subjects/separate", subjects, map[string]any{"subject": map[string]string{"id": "c-2"}}, nil)
	for _, email := range []string{dora, erik} {
		var decision struct{ Reason string }
		question := map[string]any{"subject": map[string]string{"email": email}, "purpose": "marketing_email"}
		if s.call(t, http.StatusOK, "POST", "/v1/decisions", s.token(t, "decisions.read"), question, &decision); decision.Reason != "denied" {
			t.Errorf("%s may be mailed: %s", email, decision.Reason)
		}
	}

	s.files(t, records, "self", map[string]string{"id": "c-3", "email": fay})
	s.files(t, records, "self", map[string]string{"id": "c-4", "email": fay})
	question := map[string]any{"subject": map[string]string{"email": fay}, "purpose": "marketing_email"}
	s.call(t, http.StatusConflict, "POST", "/v1/decisions", s.token(t, "decisions.read"), question, nil)
	if got := s.sees(t, s.asks(t, 1, fay)); got.Doubt != "shared" || !slices.Equal(got.ids("change"), nil) {
		t.Errorf("an address of two sees %+v", got)
	}
	s.call(t, http.StatusOK, "POST", "/v1/records/identity/self/retract", records, map[string]any{"subject": map[string]string{"id": "c-3"}}, nil)
	s.call(t, http.StatusNotFound, "POST", "/v1/records/identity/self/retract", records, map[string]any{"subject": map[string]string{"id": "c-3"}}, nil)
}
