package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// campaign stores a running campaign and one claim with these recipients, as if SES had just taken their mails.
func (s *rig) campaign(aliases ...string) *notices.Store {
	s.T.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	store := &notices.Store{Client: s.Tables.Client, Table: s.Tables.Name("NoticesTable"), Now: time.Now}
	c := notice.Campaign{Version: version, Kind: "significant", State: notice.Running, CreatedAt: now, AnnounceAt: now, StartedAt: now, Deadline: now.AddDate(0, 0, 7), EndsAt: now.AddDate(0, 0, 60), ExpiresAt: now.AddDate(3, 0, 0)}
	if err := store.Create(s.T.Context(), []notice.Campaign{c}); err != nil {
		s.T.Fatal(err)
	}
	if err := store.Claim(s.T.Context(), notice.Claim{Version: version, Number: 1, At: now, Aliases: aliases}, now.AddDate(0, 1, 0)); err != nil {
		s.T.Fatal(err)
	}
	return store
}

const version = "2199-12-31"

// notified is a report about the notice to the recipient at a position of the claim.
func notified(kind string, position int, to, details string) string {
	m := feedback.Mail{Kind: feedback.Notice, About: version, Part: fmt.Sprintf("1-%d", position)}
	return body(kind, m, "m-"+m.Part, to, details)
}

func (s *rig) recipient(store *notices.Store, alias string) notice.Recipient {
	s.T.Helper()
	known, err := store.Known(s.T.Context(), version, []string{alias})
	if err != nil {
		s.T.Fatal(err)
	}
	return known[alias]
}

// K02, F07, F24: reports about notices reach their recipients. A complaint about a notice withdraws the consent to marketing mail like any
// other. Reports about a campaign, a claim, or a position that nobody knows change nothing, and none of them fails.
func TestPromise_K02_ReportsAboutNotices(t *testing.T) {
	s := newRig(t)
	confirmed := s.asked("anna@example.org")
	s.pressed(confirmed)
	store := s.campaign("alias-anna", "alias-berta", "alias-clara", "alias-dora")
	const delivery, bounced = `,"delivery":{"timestamp":"NOW"}`, `,"bounce":{"bounceType":"Permanent","bounceSubType":"NoEmail","timestamp":"NOW"}`
	strange := notified("Delivery", 3, "dora@example.org", delivery)
	batch := []string{
		notified("Complaint", 0, "anna@example.org", `,"complaint":{"complaintFeedbackType":"abuse","timestamp":"NOW"}`), notified("Delivery", 0, "anna@example.org", delivery),
		notified("Bounce", 1, "berta@example.org", bounced), notified("Send", 1, "berta@example.org", ""),
		notified("Send", 2, "clara@example.org", ""), notified("Delivery", 2, "clara@example.org", delivery),
		strings.Replace(strange, version, "2199-12-30", 1), strings.Replace(strange, `"1-3"`, `"2-3"`, 1), strings.Replace(strange, `"1-3"`, `"1-4"`, 1),
		strings.Replace(strange, `"1-3"`, `"1--3"`, 1), strings.Replace(strange, `"1-3"`, `"1-99999999999999999999"`, 1), strings.Replace(strange, `"1-3"`, `"link-1"`, 1),
	}
	for range 2 {
		if failed := s.deliver(batch...); failed != nil {
			t.Fatalf("%v failed: %s", failed, s.log())
		}
		slices.Reverse(batch)
	}
	anna, berta, clara, dora := s.recipient(store, "alias-anna"), s.recipient(store, "alias-berta"), s.recipient(store, "alias-clara"), s.recipient(store, "alias-dora")
	if anna.Outcome != notice.Delivered || !anna.Complained || berta.Outcome != notice.Failed || berta.Reason != notice.Bounced || !berta.Permanent ||
		clara.Outcome != notice.Delivered || clara.Complained || dora.Revision != 0 {
		t.Errorf("%+v\n%+v\n%+v\n%+v", anna, berta, clara, dora)
	}
	if record, state := s.marketing("anna@example.org"); state != consent.Denied || record.Version != 2 || record.Surface != "complaint" {
		t.Errorf("marketing mail is %s: %+v", state, record)
	}
	if last, err := store.LastArrival(t.Context(), version); err != nil || time.Since(last) > time.Minute {
		t.Errorf("the last report arrived at %v, %v", last, err)
	}
	if said := s.log(); strings.Contains(said, "@") || strings.Contains(said, "alias") {
		t.Errorf("said %s", said)
	}
}

// F02, F24: SES, SNS and SQS deliver one report twenty times at once, to two processes. Each has one effect.
func TestFault_F24_OneReportTwentyTimesAtOnce(t *testing.T) {
	s := newRig(t)
	s.Known("anna@example.org")
	r := s.answered("anna@example.org")
	answer := s.LastMail()
	confirmed := s.asked("berta@example.org")
	s.pressed(confirmed)
	store := s.campaign("alias-clara")
	batch := events.SQSEvent{Records: []events.SQSMessage{{MessageId: "a", Body: bounce(answer, "Permanent", "NoEmail")}, {MessageId: "b", Body: complaint(confirmed)},
		{MessageId: "c", Body: notified("Bounce", 0, "clara@example.org", `,"bounce":{"bounceType":"Transient","bounceSubType":"General","timestamp":"NOW"}`)}}}
	payload, err := json.Marshal(batch)
	if err != nil {
		t.Fatal(err)
	}
	again := make(chan string, 100)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { again <- s.invoke(t.Context(), payload) })
	}
	all.Wait()
	close(again)
	for text := range again { // whoever lost a race too often leaves it to SQS
		if text != `{"batchItemFailures":null}` {
			t.Logf("comes again: %s", text)
			if text = s.invoke(t.Context(), payload); text != `{"batchItemFailures":null}` {
				t.Errorf("and fails again: %s", text)
			}
		}
	}
	file := s.Load(r.ID)
	returned := slices.DeleteFunc(servicetest.Kinds(file), func(k request.EventKind) bool { return k != request.EventAnswerReturned })
	record, state := s.marketing("berta@example.org")
	clara := s.recipient(store, "alias-clara")
	if len(returned) != 1 || file.Request.State != request.Fulfilling || state != consent.Denied || record.Version != 2 || clara.Outcome != notice.Failed || clara.Revision != 1 {
		t.Errorf("%+v, %v, %s %+v, %+v", file.Request, servicetest.Kinds(file), state, record, clara)
	}
	if told := strings.Count(s.log(), `"AnswersReturned":1`); told != 1 {
		t.Errorf("the team was told %d times", told)
	}
}

func (s *rig) invoke(ctx context.Context, payload []byte) string {
	answer, err := s.function.Invoke(ctx, payload)
	if err != nil {
		return err.Error()
	}
	return string(answer)
}
