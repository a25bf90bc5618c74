package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// exporter delivers exports like function export, on the same table, clock and SES, with a bucket in memory.
type exporter struct {
	*rig
	most    int // the largest number of objects at one time
	stopped int
}

func newExporter(s *rig) *exporter {
	e := &exporter{rig: s}
	s.Delivery.Bundles, s.Delivery.Mailer, s.Delivery.Stopped = e, e, func(context.Context, string) { e.stopped++ }
	return e
}

func (e *exporter) Seal(ctx context.Context, r request.Request, a export.Attempt) (int64, string, error) {
	size, identity, err := e.rig.Seal(ctx, r, a)
	e.most = max(e.most, len(e.Objects))
	return size, identity, err
}

func (e *exporter) ExportReady(ctx context.Context, r request.Request, a export.Attempt, token subject.Token, identity string, status subject.Token) error {
	return e.Fulfilment.Mailer.(letters.Post).ExportReady(ctx, r, a, token, identity, status)
}

// minute fires both schedules, which must not fail.
func (e *exporter) minute() {
	e.T.Helper()
	e.fulfils()
	due, err := e.Queue.Due(e.T.Context(), e.Clock.Now())
	if err != nil {
		e.T.Fatal(err)
	}
	for _, task := range due {
		if task.Kind == work.Export {
			if _, err := e.Delivery.Do(e.T.Context(), task.Ref); err != nil {
				e.T.Fatal(err)
			}
		}
	}
}

// hours lets n hours pass and fires the schedules every ten minutes.
func (e *exporter) hours(n int) {
	e.T.Helper()
	for range 6 * n {
		e.Clock.Advance(10 * time.Minute)
		e.minute()
	}
}

// wake delivers the stream record of one request to fulfil.
func (e *exporter) wake(id string) {
	e.T.Helper()
	var record events.DynamoDBEventRecord
	record.Change.Keys = map[string]events.DynamoDBAttributeValue{"PK": events.NewStringAttribute(requests.PK(id)), "SK": events.NewStringAttribute("REQUEST")}
	answer, err := e.handle(e.T.Context(), queue.Event{Records: []events.DynamoDBEventRecord{record}})
	if err != nil || len(answer.BatchItemFailures) != 0 {
		e.T.Errorf("a mail that is refused fails the function: %v, %v", err, answer)
	}
}

// files files a request with the right.
func (e *exporter) files(right privacy.Right, email string) string {
	e.T.Helper()
	r, err := e.Requester.File(e.T.Context(), request.Filing{Right: right, Email: email})
	if err != nil {
		e.T.Fatal(err)
	}
	return r.ID
}

// status returns the token of the newest link to a request's status.
func (e *exporter) status(id string) (token subject.Token) {
	e.T.Helper()
	for _, m := range e.box.All() {
		if _, after, found := strings.Cut(m.Text, "/requests/"+id+"#"); found {
			token = subject.Token(strings.Fields(after)[0])
		}
	}
	return token
}

// F23: SES refuses every mail for a day, with each of its errors, while requests for access and portability and consents are in every stage.
// Meanwhile no mail is recorded as sent, nothing ends, and nothing piles up. Within an hour of the repair every mail arrives without help,
// and every request gets its answer.
func TestFault_F23_ADayWithoutMail(t *testing.T) {
	e := newExporter(newRig(t))
	stages := map[string]string{} // address → request
	begin := func(stage string) {
		for _, right := range []privacy.Right{privacy.Access, privacy.Portability} {
			email := stage + "." + string(right) + "@example.org"
			if stage != "unknown" {
				e.Known(email)
			}
			stages[email] = e.files(right, email)
		}
	}
	for _, stage := range []string{"answered", "making", "verified", "unknown", "mailed"} {
		begin(stage)
	}
	e.minute() // every challenge is mailed
	press := func(stage string) {
		for _, m := range e.box.All() {
			if found := secret.FindStringSubmatch(m.Text); found != nil && strings.HasPrefix(m.To[0], stage+".") {
				if _, err := e.Requester.Verify(t.Context(), found[1], subject.Token(found[2])); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	press("answered")
	e.minute()
	press("making")
	e.fulfils() // its export is due, and not made yet
	press("verified")
	press("unknown")
	begin("filed")
	consents := []string{e.ask("consent.before@example.org", "client", "before", consent.Granted)}
	closed := e.Load(stages["answered.access@example.org"]).Request.ClosedAt
	if _, err := export.Another(t.Context(), e.Requester, stages["answered.access@example.org"], e.status(stages["answered.access@example.org"])); err != nil {
		t.Fatal(err)
	}
	mails, objects := len(e.box.All()), len(e.Objects)

	refusals := slices.DeleteFunc(ses.States(), func(state ses.State) bool { return state == ses.Sending })
	for _, state := range refusals {
		e.ses.Set(state)
		switch state {
		case ses.Failing, ses.Throttled, ses.OverQuota: // the SDK waits for seconds at each of these errors, so one mail is enough
			email := "late" + string(state) + "@example.org"
			stages[email] = e.files(privacy.Access, email)
			e.wake(stages[email])
		default:
			e.hours(2)
			consents = append(consents, e.ask("consent."+string(state)+"@example.org", "client", string(state), consent.Granted))
		}
	}
	press("mailed") // by the link of a mail that was sent before
	e.hours(1)
	if n := len(e.box.All()); n != mails {
		t.Errorf("%d mails arrived meanwhile", n-mails)
	}
	for email, id := range stages {
		file := e.Load(id)
		stage, _, _ := strings.Cut(email, ".")
		want, ok := map[string]request.State{"answered": request.Fulfilled, "making": request.Fulfilling, "verified": request.Fulfilling, "mailed": request.Fulfilling,
			"unknown": request.Open}[stage]
		if !ok {
			want = request.Verifying
		}
		if file.Request.State != want || len(file.Request.StatusHashes) > 2 || len(file.Challenges) > 2 || len(export.Of(file)) > 2 {
			t.Errorf("%s during the outage: %s, %d status links, %d challenges, %d attempts", email, file.Request.State, len(file.Request.StatusHashes), len(file.Challenges), len(export.Of(file)))
		}
		if want == request.Verifying && len(file.Events) != 0 || stage == "unknown" && file.Events[len(file.Events)-1].Kind != "verified" {
			t.Errorf("%s during the outage: %+v", email, file.Events)
		}
	}
	if len(e.Objects) != objects || e.most > objects+1 {
		t.Errorf("%d objects, %d at most, of %d from before", len(e.Objects), e.most, objects)
	}
	if tries := strings.Count(e.counts.String(), `"MailsNotAccepted":1`); tries < 100 {
		t.Errorf("%d refusals are counted", tries)
	}

	e.ses.Set(ses.Sending)
	e.hours(1)
	for email, id := range stages { // their challenges have arrived now
		for _, m := range e.box.All() {
			if found := secret.FindStringSubmatch(m.Text); found != nil && found[1] == id && slices.Contains(m.To, email) {
				_, _ = e.Requester.Verify(t.Context(), id, subject.Token(found[2]))
			}
		}
	}
	e.minute()
	for email, id := range stages {
		file := e.Load(id)
		want := 2 // the challenge and the answer
		if email == "answered.access@example.org" {
			if want = 3; !file.Request.ClosedAt.Equal(closed) {
				t.Errorf("it was answered at %s, and before the outage at %s", file.Request.ClosedAt, closed)
			}
		}
		// The mail to which SES answered with an internal error may have been sent, so its links stay valid.
		if n := e.to(email); n != want || file.Request.State != request.Fulfilled || len(file.Request.StatusHashes) > 3 {
			t.Errorf("%s in the end: %s, %d mails, %d status links", email, file.Request.State, n, len(file.Request.StatusHashes))
		}
	}
	for _, id := range consents {
		if _, err := e.confirms(id); err != nil {
			t.Errorf("a consent: %v", err)
		}
	}
	if left := strings.ReplaceAll(e.work(), " s# STEP#consent", ""); left != "" || e.stopped != 0 {
		t.Errorf("work is left:%s, and %d exports stopped", left, e.stopped)
	}
}

// confirms presses the button of a confirmation.
func (e *exporter) confirms(id string) (consent.Record, error) {
	return e.ByAddress.Confirm(e.T.Context(), id, e.confirmation(id), false)
}
