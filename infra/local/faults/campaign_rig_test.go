package faults

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// campaign is a notice campaign on the real binaries: ingest, notify, feedback and control.
type campaign struct {
	*rig
	version string
	store   *notices.Store

	calls  atomic.Int32 // bulk calls to SES, also those that never arrive
	bodies [][]byte     // of these calls
	taken  atomic.Int32 // reports of SES that feedback took in
}

// newCampaign puts a campaign about a version of the policy into the table, as notify finds it at its first run after a publication. About the
// other versions that the binaries contain, nobody is told.
func newCampaign(t *testing.T) *campaign {
	t.Helper()
	r := newRig(t)
	c := &campaign{rig: r, store: &notices.Store{Client: r.tables.Client, Table: r.tables.Name("NoticesTable"), Now: time.Now}}
	now := time.Now().UTC().Truncate(time.Second)
	var all []notice.Campaign
	for _, v := range policy.Versions() {
		one := notice.Campaign{Version: v.Version, Kind: v.Kind, State: notice.Before, CreatedAt: now, AnnounceAt: now, MovedAt: now,
			Deadline: now.AddDate(0, 0, 7), EndsAt: now.AddDate(0, 0, 60), ExpiresAt: now.AddDate(3, 0, 0)}
		if v.Kind == "significant" && c.version == "" {
			c.version, one.State = v.Version, notice.Scheduled
		}
		all = append(all, one)
	}
	if err := c.store.Create(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	r.account.SetLimits(ses.Limits{PerSecond: 2_500, PerDay: 50_000}) // fast, so that the test does not wait
	return c
}

// accounts sends an account record of each person: from when to when their contract runs, and under which id.
func (c *campaign) accounts(id string, began, ended time.Time, people ...string) {
	c.t.Helper()
	lines := make([]string, len(people))
	for i, email := range people {
		data := map[string]any{"username": "Kanarina", "status": "active", "contractStartedAt": began.Format(time.RFC3339),
			"passwordHash": "$2b$12$YAH2sWqKQt.mpzZsIFNIUvbv5W/L37aCztzYKheGbpz/UZ1/7bc/q"}
		if !ended.IsZero() {
			data["status"], data["contractEndedAt"] = "closed", ended.Format(time.RFC3339)
		}
		lines[i] = c.line("account", id, email, data)
	}
	c.send(lines)
}

// contacts sends a contact record of each person.
func (c *campaign) contacts(people ...string) {
	c.t.Helper()
	lines := make([]string, len(people))
	for i, email := range people {
		lines[i] = c.line("contact", "one", email, map[string]any{"email": email, "phone": "+442079460018", "company": "Volierenbau"})
	}
	c.send(lines)
}

// line is a record as a system sends it.
func (c *campaign) line(category, id, email string, data map[string]any) string {
	c.t.Helper()
	text, err := json.Marshal(map[string]any{"category": category, "id": id, "subject": map[string]string{"email": email}, "source": "direct",
		"occurredAt": time.Now().UTC().Format(time.RFC3339Nano), "data": data})
	if err != nil {
		c.t.Fatal(err)
	}
	return string(text)
}

// send sends records as one of the company's systems does. None may fail.
func (c *campaign) send(lines []string) {
	c.t.Helper()
	token := c.machine("records.write")
	token["content-type"] = "application/x-ndjson"
	answer := c.expect(http.StatusOK, "ingest", "POST", "/v1/records", strings.Join(lines, "\n"), token)
	if strings.Contains(answer, `"error"`) || strings.Count(answer, `"line"`) != len(lines) {
		c.t.Errorf("%d records: %.300s", len(lines), answer)
	}
}

// group returns the addresses of so many people.
func group(name string, n int) []string {
	people := make([]string, n)
	for i := range people {
		people[i] = fmt.Sprintf("pippa.%s.%d@example.org", name, i)
	}
	return people
}

// run invokes notify once. The process is killed at the n-th bulk call from now on, before or after SES takes the mails; 0 for never.
func (c *campaign) run(n int32, when Fault) {
	c.t.Helper()
	at := c.calls.Load() + n
	c.proxy.Decide = func(call Call) Fault {
		if call.Service != "ses" || !bytes.Contains(call.Body, []byte("BulkEmailEntries")) {
			return None
		}
		c.mu.Lock()
		c.bodies = append(c.bodies, call.Body)
		c.mu.Unlock()
		if c.calls.Add(1) == at && n > 0 {
			return when
		}
		return None
	}
	c.proxy.Cut = func(call Call) { c.kill(call.Function) }
	if err := c.schedule("notify"); (err != nil) != (n > 0) {
		c.t.Errorf("an invocation that is to be killed: %t, and its error: %v", n > 0, err)
	}
}

// hear gives the reports that have come to feedback until none is left, each fifth of them twice, the newest first.
func (c *campaign) hear() {
	for {
		c.mu.Lock()
		reports := c.reports
		c.reports = nil
		c.mu.Unlock()
		if len(reports) == 0 {
			return
		}
		var batch events.SQSEvent
		for i := range reports {
			report := reports[len(reports)-1-i]
			for range 1 + (i+1)%5/4 {
				batch.Records = append(batch.Records, events.SQSMessage{MessageId: fmt.Sprint(len(batch.Records)), Body: string(report)})
			}
			if len(batch.Records) >= 50 || i == len(reports)-1 {
				var out events.SQSEventResponse
				if err := c.invoke("feedback", batch, &out); err != nil || len(out.BatchItemFailures) > 0 {
					c.t.Errorf("%d of %d reports failed, %v", len(out.BatchItemFailures), len(batch.Records), err)
				}
				c.taken.Add(int32(len(batch.Records)))
				batch.Records = nil
			}
		}
	}
}

// nextDay moves what the campaign waits for into the past by a little more than a day, because a test cannot move the functions' own clock: the
// last walk, and each mail that is to be sent again.
func (c *campaign) nextDay() {
	c.t.Helper()
	for _, item := range c.scan("NoticesTable") {
		for _, name := range []string{"lastWalk", "since", dynamo.NextAt} {
			if item[dynamo.NextAt] != nil && item[name] != nil {
				c.move(item, name, dynamo.Time(item, name).Add(-25*time.Hour))
			}
		}
	}
}

// move gives a time of an item another value.
func (c *campaign) move(item dynamo.Item, name string, to time.Time) {
	c.t.Helper()
	_, err := c.tables.Client.UpdateItem(c.t.Context(), &dynamodb.UpdateItemInput{
		TableName: ptr(c.tables.Name("NoticesTable")), Key: dynamo.Key(dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK)),
		UpdateExpression: ptr("SET #at = :to"), ExpressionAttributeNames: map[string]string{"#at": name},
		ExpressionAttributeValues: dynamo.Item{":to": dynamo.Seconds(to)},
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// free ends the lease that a killed process has left, as a minute would.
func (c *campaign) free() {
	c.t.Helper()
	c.move(dynamo.Key("n#"+c.version, "META"), "leasedUntil", time.Now().Add(-time.Second))
}

// shown returns what control says about the campaign.
func (c *campaign) shown() (v notice.View) {
	c.t.Helper()
	answer := c.expect(http.StatusOK, "control", "GET", "/v1/notices/"+c.version, "", c.machine("notices.manage"))
	if err := json.Unmarshal([]byte(answer), &v); err != nil || v.Counts == nil {
		c.t.Fatalf("%v: %s", err, answer)
	}
	return v
}
