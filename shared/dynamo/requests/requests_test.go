package requests

import (
	"errors"
	"fmt"
	"os"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/filled"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

// rig is a store on real tables with a clock that tests move.
type rig struct {
	*Store
	queue  *queue.Queue
	t      *testing.T
	tables *enginetest.Tables
	clock  *testclock.Clock
}

func newRig(t *testing.T, tables *enginetest.Tables) *rig {
	r := &rig{t: t, tables: tables, clock: tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))}
	r.Store = &Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Terms: policy.TermsOf, Now: r.clock.Now}
	r.queue = &queue.Queue{Client: tables.Client, Table: r.Table}
	return r
}

func (r *rig) save(file request.File, want error, items ...request.Item) request.File {
	r.t.Helper()
	file, err := r.Save(r.t.Context(), file, items...)
	if !errors.Is(err, want) {
		r.t.Errorf("%v, not %v", err, want)
	}
	return file
}

// recorded stores a request and its next event.
func (r *rig) recorded(file request.File, kind request.EventKind, at time.Time) request.File {
	r.t.Helper()
	changed := file.Request
	event := changed.Record(kind, at)
	return r.save(file, nil, changed, event)
}

func (r *rig) load() request.File {
	r.t.Helper()
	file, err := r.Load(r.t.Context(), "id")
	if err != nil {
		r.t.Fatal(err)
	}
	return file
}

// filed returns a new request with all its fields set.
func (r *rig) filed() request.Request {
	return request.Request{
		ID: "id", Right: privacy.Access, State: request.Verifying, Email: "anna@example.org", Jurisdiction: "eu", Language: "en",
		Details: "all of it", PolicyVersion: "2026-11-02", Terms: policy.TermsOf("2026-11-02"), ReceivedAt: r.clock.Now(),
		Repeats: 2, RepeatedAt: r.clock.Now(), Step: request.StepProof, Due: work.Due{NextAt: r.clock.Now(), Try: 3},
	}
}

func TestAFileComesBackAsItWas(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	if _, err := r.Load(t.Context(), "id"); !errors.Is(err, request.ErrUnknown) {
		t.Errorf("an unknown request: %v", err)
	}
	filed := r.filed()
	file := r.recorded(request.File{Request: filed}, request.EventReceived, r.clock.Now())
	r.save(request.File{Request: filed}, request.ErrChanged, filed, filed.Record(request.EventReceived, r.clock.Now()))
	stale := file
	for i := range 11 { // events sort as numbers
		file = r.recorded(file, request.EventKind(fmt.Sprint(i)), r.clock.Now().Add(time.Duration(i)*time.Second))
	}
	attempt := export.Attempt{Request: "id", Number: 1, Subject: "sid", State: export.Building, PolicyVersion: "2026-11-02", Object: "key",
		TokenHash: []byte("t"), Bytes: 7, Downloads: []time.Time{r.clock.Now()}, CreatedAt: r.clock.Now(), OpenUntil: r.clock.Now(),
		ExpiresAt: r.clock.Now().AddDate(2, 3, 0), Due: work.Due{NextAt: r.clock.Now(), Try: 4}}
	task := file.Request.Task("inform", r.clock.Now(), policy.Newest().SpanOf(policy.WorkStep))
	task.Try = 2
	file = r.save(file, nil, attempt, task)
	r.save(file, request.ErrChanged, attempt)
	r.save(stale, request.ErrChanged, stale.Request)

	attempt.Version, task.Version = 1, 1
	want := request.File{Request: file.Request, Events: file.Events, Tasks: []request.Task{task}, Answer: export.Attempts{attempt}}
	if !reflect.DeepEqual(file, want) || file.Request.Version != 12 {
		t.Errorf("saving returns %+v", file)
	}
	if loaded := r.load(); !reflect.DeepEqual(loaded, file) {
		t.Errorf("%+v is loaded, not %+v", loaded, file)
	}
	if len(file.Events) != 12 || file.Events[1].Kind != "0" || file.Events[11].Kind != "10" || file.Events[11].N != 12 {
		t.Errorf("%+v", file.Events)
	}
}

// A field that the store forgets would be lost with the next step. Terms follow from the version of the policy.
func TestEveryFieldOfARequestComesBack(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	want := filled.Value[request.Request]("Version", "Terms")
	want.ID, want.PolicyVersion, want.Events, want.ClosedAt = "id", "2026-11-02", 0, r.clock.Now()
	want.Terms = policy.TermsOf(want.PolicyVersion)
	file := r.save(request.File{Request: want}, nil, want)
	if want.Version = 1; !reflect.DeepEqual(file.Request, want) {
		t.Errorf("saving returns %+v, not\n%+v", file.Request, want)
	}
	if got := r.load().Request; !reflect.DeepEqual(got, want) {
		t.Errorf("%+v is loaded, not\n%+v", got, want)
	}
}

func TestFault_F09_AClosedFileIsGoneAfterItsRetention(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	file := r.recorded(request.File{Request: r.filed()}, request.EventReceived, r.clock.Now())
	file.Request.Close(request.Fulfilled, r.clock.Now())
	file = r.recorded(file, request.EventAnswered, r.clock.Now())
	end := file.Request.ExpiresAt()
	r.clock.Set(end.Add(-time.Second))
	if file := r.load(); len(file.Events) != 2 {
		t.Errorf("a second before: %+v", file)
	}
	r.clock.Set(end)
	if _, err := r.Load(t.Context(), "id"); !errors.Is(err, request.ErrUnknown) {
		t.Errorf("after 24 months: %v", err)
	}
}

// TestFault_F15_OneChangeWins lets 16 writers change the same version of one item, or of several items in one transaction.
func TestFault_F15_OneChangeWins(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	for version := range 6 {
		var won atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				mine := r.filed()
				mine.Version, mine.Events = version, version
				items := []request.Item{mine}
				if version%2 == 0 {
					event := mine.Record("moved", r.clock.Now())
					items = []request.Item{mine, event}
				}
				switch _, err := r.Save(t.Context(), request.File{Request: mine}, items...); {
				case err == nil:
					won.Add(1)
				case !errors.Is(err, request.ErrChanged):
					t.Error(err)
				}
			})
		}
		if wg.Wait(); won.Load() != 1 {
			t.Errorf("version %d: %d changes won", version, won.Load())
		}
	}
}
