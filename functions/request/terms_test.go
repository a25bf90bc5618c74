package main

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// publish puts a later version of the policy into force: answers are due sooner, and days are counted elsewhere.
func (d *desk) publish() {
	later := *policy.Current()
	later.Version, later.AnswerWithin, later.Controller.TimeZone = "2027-03-02", 10, "Asia/Tokyo"
	later.Retention = append([]policy.Retention{{Months: 6, Stored: []policy.Kind{policy.Request}}}, later.Retention...)
	d.store.Policy, d.store.Terms = &later, func(version string) policy.Terms {
		if version == later.Version {
			return later.Terms()
		}
		return policy.TermsOf(version)
	}
	d.Handler = openapitest.Wrap(d.t, routes(handler{
		desk:    &request.Desk{Register: d.store, Tokens: d.key, Policy: &later, Now: d.clock.Now},
		clients: d.store, clientKey: subject.Key("a key of clients"), rate: 60, now: d.clock.Now,
	}, deskOrigin))
}

// A request keeps the deadlines, the time zone and the retention of the version under which it was received.
func TestPromise_A02_ARequestKeepsTheTermsOfItsVersion(t *testing.T) {
	d := newDesk(t)
	d.clock.Set(time.Date(2027, 3, 1, 20, 0, 0, 0, time.UTC))
	before := d.file("anna@example.org")
	d.publish()
	after := d.file("berta@example.org")
	for _, row := range []struct {
		id, version, zone, due string
		months                 int
	}{
		{before, policy.CurrentVersion, "Europe/London", "2027-03-31T22:59:59Z", 24},
		{after, "2027-03-02", "Asia/Tokyo", "2027-03-12T14:59:59Z", 6}, // received on 2 March in Tokyo
	} {
		verify, status := d.mailed(row.id)
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
		holds(d.send("POST", "/v1/requests/"+row.id+"/verify", verification(verify), "192.0.2.1").Body.Bytes())
		holds(d.send("GET", "/v1/requests/"+row.id, "", "192.0.2.1", "Authorization", "Bearer "+string(status)).Body.Bytes())
		if w := d.send("POST", "/v1/requests/"+row.id+"/withdraw", "", "192.0.2.1", "Authorization", "Bearer "+string(status)); w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		file, err := d.store.Load(t.Context(), row.id)
		if err != nil || file.Request.PolicyVersion != row.version || !file.Request.ExpiresAt().Equal(d.clock.Now().AddDate(0, row.months, 0)) {
			t.Errorf("%s: %+v ends %v, %v", row.version, file.Request, file.Request.ExpiresAt(), err)
		}
	}
}
