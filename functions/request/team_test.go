package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// news returns a marketing record of now.
func (s *rig) news() record.Record {
	return record.Record{Category: privacy.Marketing, ID: "news", Source: privacy.Direct, OccurredAt: s.Clock.Now(),
		Data: []byte(`{"interests":[],"list":"news","subscribedAt":"` + s.Clock.Now().Format(time.RFC3339) + `"}`)}
}

// T27, T33: the status says that a request waits for the team, or that its answer is put off. It says no more than before about who uses the
// address.
func TestThreat_T27_TheStatusSaysThatARequestWaits(t *testing.T) {
	for name, c := range map[string]struct {
		ids   []string
		more  bool
		waits string
		last  request.EventKind
	}{
		"shared": {[]string{"c-1", "c-2"}, false, "team", request.EventForTeam},
		"new":    {[]string{"c-1"}, true, "", request.EventWaits},
	} {
		s := newRig(t)
		const email = "anna@example.org"
		for _, id := range c.ids {
			first := email
			if c.more {
				first = "before@example.org"
			}
			if _, err := s.TakeAs(id, first, s.news()); err != nil {
				t.Fatal(err)
			}
		}
		if c.more {
			s.SetAddresses("c-1", false, "before@example.org", email)
		}
		id := s.file(email)
		s.Prove(id)
		s.Fulfil(id)
		w := s.send("GET", "/v1/requests/"+id, "", "192.0.2.1", "Authorization", "Bearer "+string(status(id)))
		var shown struct {
			State      string
			WaitingFor string
			Events     []struct{ Kind request.EventKind }
		}
		if err := json.Unmarshal(w.Body.Bytes(), &shown); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		if shown.State != "open" || shown.WaitingFor != c.waits || shown.Events[len(shown.Events)-1].Kind != c.last || strings.Contains(w.Body.String(), "before") {
			t.Errorf("%s: %s", name, w.Body)
		}
	}
}

// T27: the status link of a request by an address that was taken away is answered like any dead link, byte for byte. Whoever has a session of the
// mailbox neither sees the request nor can act on it.
func TestThreat_T27_TheStatusLinkOfARecycledMailboxIsDead(t *testing.T) {
	s := newRig(t)
	const email = "anna@example.org"
	id, never := s.file(email), "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de"
	s.Prove(id)
	s.Clock.Advance(time.Minute)
	if err := s.Cutter.Follow(t.Context(), identity.Cut{Mailbox: s.Load(id).Request.Mailbox, Leaves: "sid"}, s.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{"GET", ""}, {"POST", "/withdraw"}} {
		code, body := s.bearer(c[0], "/v1/requests/"+id+c[1], status(id))
		if want, same := s.bearer(c[0], "/v1/requests/"+never+c[1], status(never)); code != http.StatusNotFound || code != want || body != same {
			t.Errorf("%s: %d %s", c[0], code, body)
		}
	}
	if got := s.Load(id).Request; got.State != request.Open || got.Subject != "sid" || got.Mailbox != "" {
		t.Errorf("%+v", got)
	}
}
