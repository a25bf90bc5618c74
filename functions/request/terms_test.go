package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// publish puts a later version of the policy into force, with an earlier deadline and another time zone.
func (s *rig) publish() {
	later := *policy.Newest()
	later.Version, later.AnswerWithin, later.Controller.TimeZone = "2027-03-02", 10, "Asia/Tokyo"
	later.Retention = append([]policy.Retention{{Months: 6, Stored: []policy.Kind{policy.Request}}}, later.Retention...)
	s.Publish(&later)
}

// A request keeps the deadlines, the time zone and the retention of the version under which it was received.
func TestPromise_A02_ARequestKeepsTheTermsOfItsVersion(t *testing.T) {
	s := newRig(t)
	s.Clock.Set(time.Date(2027, 3, 1, 20, 0, 0, 0, time.UTC))
	first := policy.VersionInForce(s.Clock.Now())
	before := s.file("anna@example.org")
	s.publish()
	after := s.file("berta@example.org")
	for _, row := range []struct {
		id, version, zone, due string
		months                 int
	}{
		{before, first, "Europe/London", "2027-03-31T22:59:59Z", 24},
		{after, "2027-03-02", "Asia/Tokyo", "2027-03-12T14:59:59Z", 6}, // received on 2 March in Tokyo
	} {
		m := s.mailed(row.id)
		p := person{session: s.enter(t, m.About, m.Token)}
		holds := func(answer []byte) {
			t.Helper()
			var got struct {
				DueAt, TimeZone string
				Clocks          []request.Clock
			}
			if err := json.Unmarshal(answer, &got); err != nil || got.DueAt != row.due || got.TimeZone != row.zone || got.Clocks[0].DueAt.Format(time.RFC3339) != row.due {
				t.Errorf("%s: %s, %v", row.version, answer, err)
			}
		}
		holds(s.as(p, "POST", "/v1/requests/"+row.id+"/confirm", "").Body.Bytes())
		holds(s.send("GET", "/v1/requests/"+row.id, "", "192.0.2.1", "Authorization", "Bearer "+string(status(row.id))).Body.Bytes())
		if w := s.send("POST", "/v1/requests/"+row.id+"/withdraw", "", "192.0.2.1", "Authorization", "Bearer "+string(status(row.id))); w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		file, err := s.Requests.Load(t.Context(), row.id)
		if err != nil || file.Request.PolicyVersion != row.version || !file.Request.ExpiresAt().Equal(s.Clock.Now().AddDate(0, row.months, 0)) {
			t.Errorf("%s: %+v ends %v, %v", row.version, file.Request, file.Request.ExpiresAt(), err)
		}
	}
}
