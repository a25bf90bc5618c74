package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
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
	return e.mails.ExportReady(ctx, r, a, token, identity, status)
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

// files files a request with the right.
func (e *exporter) files(right privacy.Right, email string) string {
	e.T.Helper()
	r, err := e.Requester.File(e.T.Context(), request.Filing{Right: right, Email: email})
	if err != nil {
		e.T.Fatal(err)
	}
	return r.ID
}

// F23: SES refuses every mail for a day, with each of its errors, while requests for access and portability and consents are in every stage.
// Meanwhile no mail is recorded as sent, nothing ends, and nothing piles up. Within an hour of the repair every mail arrives once, without help,
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
	e.minute() // every link is mailed
	press := func(stage string) {
		for email, id := range stages {
			if strings.HasPrefix(email, stage+".") {
				proof, _ := e.open(email)
				e.confirm(id, proof)
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
	consents := map[string]string{"consent.before@example.org": e.ask("consent.before@example.org", "client", "before", consent.Granted)}
	again := stages["answered.access@example.org"]
	closed := e.Load(again).Request.ClosedAt
	if _, err := export.Another(t.Context(), e.Requester, again, servicetest.Proof("answered.access@example.org")); err != nil {
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
			e.wake(work.Request, stages[email])
			e.wake(work.Mailbox, e.mailboxOf(email)) // a mail that is refused does not fail the function
		default:
			e.hours(2)
			email := "consent." + string(state) + "@example.org"
			consents[email] = e.ask(email, "client", string(state), consent.Granted)
		}
	}
	press("mailed") // by the link of a mail that was sent before
	e.hours(1)
	if n := len(e.box.All()); n != mails {
		t.Errorf("%d mails arrived meanwhile", n-mails)
	}
	for email, id := range stages {
		file, m := e.Load(id), e.mailboxItem(email)
		stage, _, _ := strings.Cut(email, ".")
		want, ok := map[string]request.State{"answered": request.Fulfilled, "making": request.Fulfilling, "verified": request.Fulfilling, "mailed": request.Fulfilling,
			"unknown": request.Open}[stage]
		if !ok {
			want = request.Verifying
		}
		if file.Request.State != want || len(m.Links) > 1 || len(m.Acts) > 1 || len(export.Of(file)) > 2 {
			t.Errorf("%s during the outage: %s, %d links, %d acts, %d attempts", email, file.Request.State, len(m.Links), len(m.Acts), len(export.Of(file)))
		}
		if want == request.Verifying && (len(file.Events) != 0 || m.Try == 0) || stage == "unknown" && file.Events[len(file.Events)-1].Kind != request.EventVerified {
			t.Errorf("%s during the outage: %+v, %d tries of its link", email, file.Events, m.Try)
		}
		if told := map[string]int{"verified": 1, "unknown": 1, "mailed": 1}[stage]; len(m.Acts) != told {
			t.Errorf("%s during the outage: %d acts wait for a receipt, want %d", email, len(m.Acts), told)
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
	for email, id := range stages { // their links have arrived now
		if e.Load(id).Request.State == request.Verifying {
			proof, _ := e.open(email)
			e.confirm(id, proof)
		}
	}
	for email, id := range consents {
		if err := e.agrees(email, id); err != nil {
			t.Errorf("%s: %v", email, err)
		}
	}
	e.minute()
	for email, id := range stages {
		file, want := e.Load(id), 3 // the link, the receipt and the answer
		if id == again {
			if want = 4; !file.Request.ClosedAt.Equal(closed) {
				t.Errorf("it was answered at %s, and before the outage at %s", file.Request.ClosedAt, closed)
			}
		}
		// The mail to which SES answered with an internal error may have been sent, so its link stays valid.
		if n := e.to(email); n != want || e.links(email) != 1 || file.Request.State != request.Fulfilled || len(e.mailboxItem(email).Links) > 2 {
			t.Errorf("%s in the end: %s, %d mails, %d of them links, %d links work", email, file.Request.State, n, e.links(email), len(e.mailboxItem(email).Links))
		}
	}
	for email := range consents {
		if n := e.to(email); n != 2 || e.links(email) != 1 {
			t.Errorf("%s: %d mails", email, n)
		}
	}
	if left := strings.ReplaceAll(e.work(), " s# STEP#consent", ""); left != "" || e.stopped != 0 {
		t.Errorf("work is left:%s, and %d exports stopped", left, e.stopped)
	}
}
