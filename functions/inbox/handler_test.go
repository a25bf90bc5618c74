package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/inbound"
)

var logged bytes.Buffer

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewJSONHandler(&logged, nil)))
	os.Exit(m.Run())
}

// taker takes mails in. Each takes a while, and some fail.
type taker struct {
	clock *testclock.Clock
	each  time.Duration
	fails string
	took  []string
	swept int
}

func (f *taker) Take(_ context.Context, a inbound.Arrival) (inbound.Outcome, error) {
	f.clock.Advance(f.each)
	if a.Object == f.fails {
		return "", fmt.Errorf("about %s and anna@example.org: %w", a.Object, context.DeadlineExceeded)
	}
	f.took = append(f.took, a.Object)
	return inbound.Taken, nil
}

func (f *taker) Sweep(context.Context) error { f.swept++; return errors.Join() }

// report is what SES publishes, with everything that says who wrote to whom and what.
func report(object string) string {
	return `{"notificationType":"Received","mail":{"source":"anna@example.org","messageId":"` + object + `","destination":["privacy@mail.example.com"],
		"commonHeaders":{"from":["Anna <anna@example.org>"],"subject":"canary in a subject"}},
		"receipt":{"timestamp":"2026-11-29T12:00:00.123Z","recipients":["privacy@mail.example.com"],"spamVerdict":{"status":"PASS"},"virusVerdict":{"status":"PASS"},
		"spfVerdict":{"status":"PASS"},"dkimVerdict":{"status":"GRAY"},"dmarcVerdict":{"status":"PASS"},"action":{"type":"S3","bucketName":"b","objectKey":"` + object + `"}}}`
}

func batch(bodies ...string) (b events.SQSEvent) {
	for i, body := range bodies {
		b.Records = append(b.Records, events.SQSMessage{MessageId: fmt.Sprint("message ", i), Body: body})
	}
	return b
}

func failed(answer events.SQSEventResponse) (ids []string) {
	for _, f := range answer.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

// F19: of ten messages one is poison: nine succeed, whatever is wrong with it and wherever it stands. T12: the log has nothing of what a message says.
func TestFault_F19_OnePoisonMessageInTen(t *testing.T) {
	poison := []string{"", "null", "{", "[]", `"canary"`, `{"notificationType":"Received","canary":1}`, `{"notificationType":"Received","receipt":{"timestamp":"canary"}}`,
		`{"notificationType":"Received","receipt":{"timestamp":"2026-11-29T12:00:00Z","action":{"type":"S3","objectKey":""}},"mail":{"source":"anna@example.org"}}`,
		strings.Repeat("[", 100_000), "\x00\xff", report("fails")}
	for at, body := range poison {
		bodies := make([]string, 10)
		for i := range bodies {
			bodies[i] = report(fmt.Sprint("object-", i))
		}
		bodies[at%10] = body
		clock := testclock.New(time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC))
		f := &taker{clock: clock, fails: "fails"}
		logged.Reset()
		answer, err := handler{receiver: f, now: clock.Now}.handle(t.Context(), batch(bodies...))
		if err != nil || len(f.took) != 9 || fmt.Sprint(failed(answer)) != fmt.Sprintf("[message %d]", at%10) {
			t.Errorf("%.60q: took %v, failed %v, %v", body, f.took, failed(answer), err)
		}
		for _, canary := range []string{"canary", "anna", "example"} {
			if strings.Contains(logged.String(), canary) {
				t.Errorf("%.60q: the log has %q: %s", body, canary, logged.String())
			}
		}
		if strings.Count(logged.String(), `"outcome":"taken"`) != 9 {
			t.Errorf("%.60q: the log is %s", body, logged.String())
		}
	}
}

// What SES publishes besides reports about mails is no failure.
func TestMessagesFromWhichNothingFollows(t *testing.T) {
	f := &taker{clock: testclock.New(time.Now())}
	answer, err := handler{receiver: f, now: f.clock.Now}.handle(t.Context(), batch("Successfully validated SNS topic for Amazon SES event publishing.", `{"notificationType":"AMAZON_SES_SETUP_NOTIFICATION"}`))
	if err != nil || len(answer.BatchItemFailures)+len(f.took)+f.swept != 0 {
		t.Errorf("%+v, %v", answer, err)
	}
}

// F05: when less than ten seconds are left, the rest of the batch is left to the next run. No message is lost between the two.
func TestFault_F05_TheTimeOfABatchRunsOut(t *testing.T) {
	clock := testclock.New(time.Now()) // the deadline of a context is in real time
	f := &taker{clock: clock, each: 7 * time.Second}
	ctx, cancel := context.WithDeadline(t.Context(), clock.Now().Add(30*time.Second))
	defer cancel()
	var bodies []string
	for i := range 10 {
		bodies = append(bodies, report(fmt.Sprint("object-", i)))
	}
	answer, err := handler{receiver: f, now: clock.Now}.handle(ctx, batch(bodies...))
	if err != nil || len(f.took) != 3 || len(failed(answer)) != 7 || failed(answer)[0] != "message 3" {
		t.Errorf("took %v, failed %v, %v", f.took, failed(answer), err)
	}
}

// The event of the schedule has no messages.
func TestTheScheduleSweeps(t *testing.T) {
	f := &taker{clock: testclock.New(time.Now())}
	if _, err := (handler{receiver: f, now: f.clock.Now}).handle(t.Context(), events.SQSEvent{}); err != nil || f.swept != 1 {
		t.Errorf("%d, %v", f.swept, err)
	}
}
