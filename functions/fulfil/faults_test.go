package main

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/attributevalue"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/paging"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// F12: every item is found even if each page of the index and of a file has one item and comes after an empty page.
func TestFault_F12_PagesOfOneAndNone(t *testing.T) {
	s := newRig(t)
	var ids []string
	for range 7 {
		ids = append(ids, s.file("anna"+strconv.Itoa(len(ids))+"@example.org"))
	}
	sparse := &paging.DynamoDB{Next: http.DefaultTransport}
	s.Wire.Next = sparse
	s.fulfils()
	s.verify()
	s.fulfils()
	for _, id := range ids {
		if file := s.Load(id); file.Request.State != request.Fulfilled || len(file.Events) != 2 {
			t.Errorf("%s, %d events", file.Request.State, len(file.Events))
		}
	}
	if len(s.box.All()) != 21 || sparse.Empty.Load() < 2*dynamo.WorkShards+14 {
		t.Errorf("%d mails, %d empty pages", len(s.box.All()), sparse.Empty.Load())
	}
}

// stale answers queries of index work with the table's state of five seconds ago.
type stale struct {
	*rig
	copies []snapshot
}

type snapshot struct {
	at    time.Time
	items []map[string]any
}

// keep takes a copy of the table.
func (s *stale) keep() {
	var items []map[string]any
	if err := attributevalue.UnmarshalListOfMaps(s.Scan("RequestsTable"), &items); err != nil {
		s.T.Fatal(err)
	}
	s.copies = append(s.copies, snapshot{s.Clock.Now(), items})
}

func (s *stale) through(c *enginetest.Call) (*http.Response, error) {
	var body map[string]any
	if err := json.Unmarshal(c.Body, &body); err != nil || c.Operation != "Query" || body["IndexName"] == nil {
		return c.Send()
	}
	var old []map[string]any
	for _, c := range s.copies {
		if !c.at.After(s.Clock.Now().Add(-5 * time.Second)) {
			old = c.items
		}
	}
	values := body["ExpressionAttributeValues"].(map[string]any)
	shard := values[":w"].(map[string]any)["S"]
	now, _ := strconv.ParseFloat(values[":now"].(map[string]any)["N"].(string), 64)
	found := []any{}
	for _, item := range old {
		if next, ok := item["nextAt"].(float64); ok && item["work"] == shard && next <= now {
			found = append(found, map[string]any{"PK": map[string]any{"S": item["PK"]}, "SK": map[string]any{"S": item["SK"]}})
		}
	}
	return c.Answer(http.StatusOK, map[string]any{"Items": found, "Count": len(found), "ScannedCount": len(found)})
}

// F14: the index lags by five seconds. Work that it does not show yet is done by a later schedule. Work that it still shows is not done twice.
func TestFault_F14_TheIndexLags(t *testing.T) {
	s := newRig(t)
	late := &stale{rig: s}
	s.Wire.Through = late.through
	id := s.file("anna@example.org")
	late.keep()
	var mails []int
	for range 12 {
		if err := s.schedule(); err != nil {
			t.Fatal(err)
		}
		late.keep()
		mails = append(mails, len(s.box.All()))
		s.Clock.Advance(time.Second)
	}
	if first := slices.Index(mails, 1); first != 10 || mails[11] != 1 { // the mailbox is due only once the request was put behind it
		t.Errorf("mails after each second: %v", mails)
	}
	s.verify()
	late.keep()
	for range 12 {
		if err := s.schedule(); err != nil {
			t.Fatal(err)
		}
		late.keep()
		s.Clock.Advance(time.Second)
	}
	if n := len(s.box.All()); n != 3 || s.Load(id).Request.State != request.Fulfilled { // the link, the receipt and the answer
		t.Errorf("%d mails, %s", n, s.Load(id).Request.State)
	}
}

// F18: the schedule fires twice at once, late, and then not for three days. No mail is sent twice, and none is forgotten.
func TestFault_F18_TwiceLateAndNotForThreeDays(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	s.Clock.Advance(3 * 24 * time.Hour)
	for range 2 { // the second round finds the mailbox that the first one has made due
		done := make(chan error, 4)
		for range cap(done) {
			go func() { done <- s.schedule() }()
		}
		for range cap(done) {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	if n := len(s.box.All()); n != 1 {
		t.Errorf("%d links", n)
	}
	s.verify()
	s.Clock.Advance(3 * 24 * time.Hour)
	if s.fulfils(); s.Load(id).Request.State != request.Fulfilled {
		t.Errorf("the request is %s", s.Load(id).Request.State)
	}
	lapsing := s.file("berta@example.org")
	s.fulfils()
	s.Clock.Advance(linkLife + 3*24*time.Hour)
	s.fulfils()
	if file := s.Load(lapsing); file.Request.State != request.Lapsed || len(s.box.All()) != 4 {
		t.Errorf("%s, %d mails", file.Request.State, len(s.box.All()))
	}
}

// F18: consent steps and walks wait for three days, until four schedules find them at once, and then two more. Each is done once, with the
// same result as without the delay.
func TestFault_F18_StepsLateAndTwice(t *testing.T) {
	s := newRig(t)
	started := s.Clock.Now().AddDate(-1, 0, 0)
	s.sends("anna@example.org", account(started, time.Time{}))
	s.sends("anna@example.org", record.Record{Category: privacy.Identity, ID: "self", Source: privacy.Direct, OccurredAt: started,
		Data: []byte(`{"firstName":"Anna","jobTitle":"Lead","lastName":"Berg"}`)})
	s.sends("anna@example.org", s.news())
	ended, dead := s.Clock.Now(), false
	s.edit(func(operation string, body map[string]any) { // ingest is killed after it stores the end of the contract, before its walk
		if dead {
			body["TableName"] = "none"
		}
		dead = dead || operation == "TransactWriteItems"
	})
	s.sends("anna@example.org", account(started, ended))
	s.Wire.Through = nil
	for _, state := range []consent.State{consent.Granted, consent.Denied} {
		id := s.ask("anna@example.org", "client", string(state), state)
		s.fulfils()
		if err := s.agrees("anna@example.org", id); err != nil {
			t.Fatal(err)
		}
		if left := s.work(); !strings.Contains(left, "STEP#consent") || state == consent.Granted && !strings.Contains(left, "STEP#walk") {
			t.Fatalf("work is left on:%s", left)
		}
		s.Clock.Advance(3 * 24 * time.Hour)
		for _, schedules := range []int{4, 2} {
			var all sync.WaitGroup
			for range schedules {
				all.Go(func() {
					if err := s.schedule(); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		want := map[string]time.Time{"account a": ended.AddDate(2, 0, 0), "identity self": ended.AddDate(2, 0, 0), "marketing news": {}}
		if state == consent.Denied {
			delete(want, "marketing news")
		}
		if stored := s.stored("anna@example.org"); !maps.EqualFunc(stored, want, time.Time.Equal) || s.work() != "" {
			t.Errorf("after %s: %v is stored, and work is left:%s", state, stored, s.work())
		}
	}
	if n := s.links("anna@example.org"); n != 2 || len(s.box.All()) != 4 {
		t.Errorf("%d links, and %d mails about two consents", n, len(s.box.All()))
	}
}

// F22: the clocks of two functions are five minutes apart, in either direction. Work is done once, at most five minutes late.
func TestFault_F22_ClocksFiveMinutesApart(t *testing.T) {
	for _, skew := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		s := newRig(t)
		s.Requester.Now = func() time.Time { return s.Clock.Now().Add(skew) }
		id := s.file("anna@example.org")
		for range 6 {
			s.fulfils()
			s.Clock.Advance(time.Minute)
		}
		s.verify()
		for range 6 {
			s.fulfils()
			s.Clock.Advance(time.Minute)
		}
		if file := s.Load(id); file.Request.State != request.Fulfilled || len(s.box.All()) != 3 {
			t.Errorf("skew %s: %s, %d mails", skew, file.Request.State, len(s.box.All()))
		}
	}
}

// F19, F23: if SES refuses the mails to one address, they are tried again, in the end once an hour, and nobody else waits for them. The
// function does not fail, and each refusal is counted.
func TestFault_F19_AnAddressThatIsRefused(t *testing.T) {
	s := newRig(t)
	s.refuse = "bad@example.org"
	bad, good := s.file("bad@example.org"), s.file("good@example.org")
	for ; s.Clock.Now().Before(s.Load(bad).Request.ReceivedAt.Add(linkLife + 7*time.Hour)); s.Clock.Advance(time.Hour) {
		s.fulfils()
	}
	file, m, tries := s.Load(bad), s.mailboxItem("bad@example.org"), strings.Count(s.counts.String(), `"MailsNotAccepted":1`)
	if file.Request.State != request.Verifying || tries < 100 || tries != m.Try || len(m.Links) != 0 || len(file.Events) != 0 {
		t.Errorf("%s after %d tries, %d counted", file.Request.State, m.Try, tries)
	}
	if s.to("good@example.org") != 1 || s.Load(good).Request.State != request.Lapsed {
		t.Errorf("the other request is %s", s.Load(good).Request.State)
	}
	s.refuse = ""
	s.Clock.Advance(time.Hour)
	s.fulfils()
	if s.to("bad@example.org") != 1 {
		t.Error("SES accepts mail again, and the mail is not sent")
	}
}

// F05, F23: a batch that has little time left, because SES does not answer, leaves the rest to the schedule instead of timing out.
func TestFault_F05_ABatchLeavesTheRestToTheSchedule(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	short, cancel := context.WithDeadline(t.Context(), s.Clock.Now().Add(spare-time.Second))
	defer cancel()
	if err := s.wakes(short, work.Request, id); err != nil || s.Load(id).Request.Mailbox != "" {
		t.Errorf("%v, %+v", err, s.Load(id).Request)
	}
	if s.fulfils(); len(s.box.All()) != 1 {
		t.Errorf("%d mails after the schedule", len(s.box.All()))
	}
}

// F19: records that name no task of this function do not fail the batch.
func TestFault_F19_UnknownRecords(t *testing.T) {
	s := newRig(t)
	id := s.file("anna@example.org")
	var event queue.Event
	for i, key := range [][2]string{{"r#0", "REQUEST"}, {"limit#x#2026-11-10T12:00", "CLIENT"}, {requests.PK(id), "EXPORT#1"}, {"", ""}, {"c#0", "CONSENT"}, {"l#0", "LINK"}, {"m#0", "MAILBOX"}, {requests.PK(id), "REQUEST"}} {
		var one events.DynamoDBEventRecord
		one.Change.SequenceNumber = strconv.Itoa(i)
		one.Change.Keys = map[string]events.DynamoDBAttributeValue{"PK": events.NewStringAttribute(key[0]), "SK": events.NewStringAttribute(key[1])}
		event.Records = append(event.Records, one)
	}
	answer, err := s.handle(t.Context(), event)
	if err != nil || len(answer.BatchItemFailures) != 0 || s.Load(id).Request.Mailbox == "" {
		t.Errorf("%v %v, %+v", err, answer, s.Load(id).Request)
	}
}
