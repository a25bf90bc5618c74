package main

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// stored returns the number of objects in the bucket.
func (r *rig) stored(t *testing.T) (n int) {
	t.Helper()
	for _, err := range r.bucket.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// F23: a refused mail fails neither the function nor the other mails. One run of the schedule tries every due export, counts each refusal and
// leaves no object. An export that was tried for three days stops, which has a count of its own. The others are mailed once SES accepts mail.
func TestFault_F23_ExportsWhoseMailIsRefused(t *testing.T) {
	r := newRig(t)
	box, err := ses.OpenMailbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	account := ses.Handler(box, "privacy@example.com", r.Clock.Now)
	server := httptest.NewServer(account)
	t.Cleanup(func() { server.Close(); _ = box.Close() })
	t.Setenv("AWS_ENDPOINT_URL_SESV2", server.URL)
	var counts bytes.Buffer
	meter := metric.Meter{Out: &counts, Stack: "test", Now: r.Clock.Now}
	r.Delivery.Mailer, r.Delivery.Stopped = letters.Post{Sender: mail.Open("privacy@example.com", "mails", meter), Origin: servicetest.Origin, Policy: policy.InForce, Now: r.Clock.Now}, meter.Alarm(metric.ExportsStopped, "export stopped")
	handle := queue.Handler(newRunner(r.Queue, r.Delivery, r.Clock.Now))
	var ids []string
	for i := range 3 {
		one := request.Request{ID: uuid.NewString(), Right: privacy.Access, State: request.Fulfilling, Email: fmt.Sprintf("anna%d@example.org", i), PolicyVersion: policy.VersionInForce(time.Now()), Terms: policy.TermsOf(policy.VersionInForce(time.Now())), ReceivedAt: r.Clock.Now(), Attempts: 1}
		e := export.Attempt{Request: one.ID, Number: 1, Subject: "anna", State: export.Pending, CreatedAt: r.Clock.Now(), Due: work.Due{NextAt: r.Clock.Now()}, ExpiresAt: r.Clock.Now().AddDate(2, 3, 0)}
		if i == 2 {
			e.Try = 79
		}
		if _, err := r.Requests.Save(t.Context(), request.File{Request: one}, one, e); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, one.ID)
	}
	account.Set(ses.Paused)
	if _, err := handle(t.Context(), queue.Event{}); err != nil {
		t.Errorf("refused mails fail the function: %v", err)
	}
	if refused, ended := strings.Count(counts.String(), `"MailsNotAccepted":1`), strings.Count(counts.String(), `"ExportsStopped":1`); refused != 3 || ended != 1 || r.stored(t) != 0 {
		t.Errorf("%d refusals and %d stopped exports are counted, %d objects are left", refused, ended, r.stored(t))
	}
	account.Set(ses.Sending)
	r.Clock.Advance(time.Hour)
	for range 3 { // each run mails one export
		if _, err := handle(t.Context(), queue.Event{}); err != nil {
			t.Error(err)
		}
	}
	for i, want := range []request.State{request.Fulfilled, request.Fulfilled, request.Fulfilling} {
		file, err := r.Requests.Load(t.Context(), ids[i])
		if err != nil || file.Request.State != want || export.HasStopped(file) != (i == 2) || len(export.Of(file)) != 1 {
			t.Errorf("request %d: %v, %s, stopped: %t, %d attempts", i, err, file.Request.State, export.HasStopped(file), len(export.Of(file)))
		}
	}
	if len(box.All()) != 2 || r.stored(t) != 2 {
		t.Errorf("%d mails and %d objects", len(box.All()), r.stored(t))
	}
}
