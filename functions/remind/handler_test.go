package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/reminders"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

// rig is the function on real tables. It keeps the mails to the team in memory.
type rig struct {
	*servicetest.Rig
	handler handler
	told    []request.Digest
	to      []string
	refuses error
	out     bytes.Buffer // the metrics
}

func newRig(t *testing.T) *rig {
	r := &rig{Rig: servicetest.New(t)}
	now := r.Clock.Now
	r.handler = handler{&request.Reminders{
		Queue: r.Requests, Register: r.Requests, Progress: &reminders.Store{Client: r.Client, Table: r.Tables.Name("LedgerTable"), Policy: policy.InForce, Now: now},
		Proofs: proofs{r.Posting}, Mailer: r, Measure: measure(metric.Meter{Out: &r.out, Stack: "privacy-1", Now: now}), Failed: logFailed, Policy: policy.InForce, Now: now,
	}}
	return r
}

func (r *rig) TeamReminder(_ context.Context, to string, d request.Digest) error {
	if r.refuses == nil {
		r.told, r.to = append(r.told, d), append(r.to, to)
	}
	return r.refuses
}

func (r *rig) run() {
	r.T.Helper()
	r.Tables.Settle() // the index lags
	if err := r.handler.handle(r.T.Context(), nil); err != nil {
		r.T.Fatal(err)
	}
}

// waits files a request, has its link mailed, and leaves it unconfirmed.
func (r *rig) waits(email string) request.Request {
	r.T.Helper()
	filed := r.File(request.Filing{Right: privacy.Access, Email: email})
	r.Fulfil(filed.ID)
	r.Post(email)
	return filed
}

// links counts the mails with a link.
func (r *rig) links() (n int) {
	for _, m := range r.Mails {
		if m.Kind == "link" {
			n++
		}
	}
	return n
}

// A person who has not confirmed gets one more link three days later, which says that it reminds, and confirms by it. Whoever confirmed before gets none.
func TestAPersonIsRemindedByMail(t *testing.T) {
	r := newRig(t)
	waits, proven := r.waits("anna@example.org"), r.waits("bert@example.org")
	r.Prove(proven.ID)
	r.Clock.Advance(71 * time.Hour)
	r.run()
	for range 3 {
		r.Clock.Advance(time.Hour)
		r.run()
		r.Post("anna@example.org")
		r.Post("bert@example.org")
	}
	last := r.LastMail()
	if r.links() != 3 || last.To != "anna@example.org" || len(last.Waiting) != 1 || !last.Waiting[0].Reminded {
		t.Fatalf("%d links, the last %+v", r.links(), last)
	}
	if file := r.Load(waits.ID); file.Request.RemindedAt.IsZero() || file.Request.State != request.Verifying {
		t.Errorf("%+v", file.Request)
	}
	proof, _ := r.Open(last)
	if _, err := r.Requester.Confirm(t.Context(), waits.ID, proof); err != nil {
		t.Error(err)
	}
}

// T09: a reminder is one of the three links a day that requests bring to an address.
func TestThreat_T09_RemindersCountAsLinks(t *testing.T) {
	r := newRig(t)
	for range 5 {
		r.waits("anna@example.org")
	}
	r.Clock.Advance(72 * time.Hour)
	for range 3 {
		r.waits("anna@example.org")
	}
	before := r.links()
	r.run()
	r.Post("anna@example.org")
	if r.links() != before {
		t.Errorf("%d links before, and %d after", before, r.links())
	}
}

// H13, T04: the team is told of a request that is due by counts and ids, at the address of the policy. The metrics say the same, and neither the metrics
// nor the log has the address or the text of anybody.
func TestPromise_H13_TheTeamIsTold(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	r := newRig(t)
	r.waits("canary@example.org")
	child := r.File(request.Filing{Right: privacy.ChildErasure, Email: "canary@example.org", Details: "canary text", Child: &request.Child{Email: "kid-canary@example.org"}})
	r.Clock.Advance(50 * time.Hour)
	r.run()
	if len(r.told) != 0 || !strings.Contains(r.out.String(), `"RequestsNear":0,"RequestsOverdue":0`) {
		t.Fatalf("%+v, %s", r.told, r.out.String())
	}
	r.Clock.Advance(10 * time.Hour) // two thirds of the time for a child
	r.refuses = subject.ErrMailRefused
	r.Tables.Settle()
	if err := r.handler.handle(t.Context(), nil); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v", err)
	}
	r.refuses = nil
	r.run()
	r.run()
	if len(r.told) != 1 || r.to[0] != policy.Newest().Controller.PrivacyEmail || len(r.told[0].Due) != 1 || r.told[0].Due[0].ID != child.ID || r.told[0].Near != 1 {
		t.Errorf("%+v", r.told)
	}
	if strings.Contains(r.out.String(), `"RequestsNear":1`) {
		t.Errorf("an alarm rings already: %s", r.out.String())
	}
	r.Clock.Advance(15 * time.Hour) // five sixths
	r.run()
	if !strings.Contains(r.out.String(), `"RequestsNear":1,"RequestsOverdue":0`) || len(r.told) != 2 {
		t.Errorf("%d mails, %s", len(r.told), r.out.String())
	}
	r.Clock.Advance(33 * time.Hour)
	r.run()
	if len(r.told) != 3 || r.told[2].Overdue != 1 || !strings.Contains(r.out.String(), `"RequestsNear":0,"RequestsOverdue":1`) {
		t.Errorf("%+v, %s", r.told, r.out.String())
	}
	if strings.Contains(log.String()+r.out.String(), "canary") || !strings.Contains(log.String(), "not everybody could be reminded") {
		t.Errorf("%s", log.String())
	}
}

// Budget: a run without anything to do makes eight calls, and one that reminds somebody makes six more for them, however many requests there are.
func TestBudgetOfARun(t *testing.T) {
	r := newRig(t)
	r.run()
	r.Wire.Take()
	r.run()
	idle := map[string]int{"Query": 4, "GetItem": 1, "PutItem": 3}
	if calls := r.Wire.Take(); !maps.Equal(calls, idle) {
		t.Errorf("without anything to do: %v", calls)
	}
	r.waits("anna@example.org")
	r.Clock.Advance(72 * time.Hour)
	r.Wire.Take()
	r.run()
	calls := r.Wire.Take()
	t.Logf("budget: remind: calls of a run with one person to remind | %d calls | 12", calls["Query"]+calls["GetItem"]+calls["PutItem"]+calls["TransactWriteItems"])
	if want := (map[string]int{"Query": 5, "GetItem": 2, "PutItem": 5}); !maps.Equal(calls, want) {
		t.Errorf("with one person to remind: %v", calls)
	}
}

// F01, F02: the answer to a write of the progress is lost, and the SDK tries again: the write counts. A write by another run is seen.
func TestFault_F01_TheProgressIsWrittenOnce(t *testing.T) {
	r := newRig(t)
	store := r.handler.reminders.Progress
	lost := true
	r.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		answer, err := c.Send()
		if c.Operation == "PutItem" && lost {
			lost = false
			return nil, io.ErrUnexpectedEOF
		}
		return answer, err
	}
	p, err := store.SaveProgress(t.Context(), request.Progress{Team: r.Clock.Now()})
	if err != nil || p.Version != 1 || lost {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := store.SaveProgress(t.Context(), request.Progress{}); err != request.ErrChanged { //nolint:errorlint // exactly this
		t.Errorf("a second first write: %v", err)
	}
	p.People = r.Clock.Now().Add(time.Hour)
	if p, err = store.SaveProgress(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	got, err := store.LoadProgress(t.Context())
	if err != nil || got.Version != 2 || !got.Team.Equal(p.Team.Truncate(time.Second)) || !got.People.Equal(p.People.Truncate(time.Second)) || !got.Leased.IsZero() {
		t.Errorf("%+v, %v", got, err)
	}
	for _, item := range r.Scan("LedgerTable") {
		if end := policy.Newest().SpanOf(policy.SweepCursor).After(r.Clock.Now()); !dynamo.Time(item, dynamo.ExpiresAt).Equal(end.Truncate(time.Second)) {
			t.Errorf("kept until %s", dynamo.Time(item, dynamo.ExpiresAt))
		}
	}
}
