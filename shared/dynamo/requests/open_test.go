package requests

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// open returns the queue.
func (r *rig) open() []request.Line {
	r.t.Helper()
	r.tables.Settle()
	lines, err := r.Open(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return lines
}

// stored stores a request that came so many days ago.
func (r *rig) stored(id string, right privacy.Right, state request.State, step request.Step, days int) request.File {
	r.t.Helper()
	one := request.Request{ID: id, Right: right, State: state, Email: "canary@example.org", Details: "canary", Jurisdiction: privacy.EU, PolicyVersion: "2026-11-02",
		Terms: policy.TermsOf("2026-11-02"), ReceivedAt: r.clock.Now().AddDate(0, 0, -days)}
	one.Child, one.Agent.Name = "canary@example.org", "canary"
	if step != "" {
		one.Next(step, r.clock.Now())
	}
	if state.Final() {
		one.ClosedAt = r.clock.Now()
	}
	return r.save(request.File{Request: one}, nil, one)
}

// H13: the queue has every request that is not closed, due first, with the deadline that binds. A request leaves it when it is closed, comes back when
// its answer came back, and moves with its extension.
func TestPromise_H13_TheQueueIsDueFirst(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	r.stored("verifying", privacy.Access, request.Verifying, request.StepLapse, 1)
	waits := r.stored("waits", privacy.Erasure, request.Open, "", 10)
	r.stored("late", privacy.Access, request.Fulfilling, "", 40)
	r.stored("child", privacy.ChildErasure, request.Open, "", 0)
	r.stored("closing", privacy.Erasure, request.Open, request.StepClose, 5)
	for _, state := range []request.State{request.Fulfilled, request.Refused, request.Withdrawn, request.Lapsed} {
		r.stored(string(state), privacy.Access, state, "", 20)
	}
	ids := func() (all []string) {
		for _, line := range r.open() {
			all = append(all, line.ID)
		}
		return all
	}
	if got := ids(); !slices.Equal(got, []string{"late", "child", "waits", "closing", "verifying"}) {
		t.Errorf("%v", got)
	}
	for _, line := range r.open() {
		file, err := r.Load(t.Context(), line.ID)
		one := file.Request
		want := request.Line{ID: one.ID, Right: one.Right, State: one.State, Jurisdiction: privacy.EU, ReceivedAt: one.ReceivedAt, DueAt: request.DueAt(one)}
		if line.ID == "waits" || line.ID == "child" {
			want.WaitingFor = request.ForTeam
		}
		if err != nil || line != want || line.Overdue(r.clock.Now()) != one.Overdue(r.clock.Now()) {
			t.Errorf("%+v, not %+v; %v", line, want, err)
		}
	}

	extended := waits.Request
	extended.Extension = request.Extension{Reason: "canary", By: audit.Actor{Kind: audit.Operator, ID: "canary"}, DecidedAt: r.clock.Now(), NoticeSent: r.clock.Now()}
	waits = r.save(waits, nil, extended)
	if got := ids(); got[len(got)-1] != "waits" {
		t.Errorf("extended: %v", got)
	}
	closed := waits.Request
	closed.Close(request.Fulfilled, r.clock.Now())
	waits = r.save(waits, nil, closed)
	if got := ids(); slices.Contains(got, "waits") {
		t.Errorf("closed: %v", got)
	}
	again := waits.Request
	again.State, again.ClosedAt = request.Open, time.Time{}
	r.save(waits, nil, again)
	if got := ids(); !slices.Contains(got, "waits") {
		t.Errorf("open again: %v", got)
	}
}

// Budget: the queue takes four queries, however many requests are closed.
func TestBudgetOfTheQueue(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	closed := soak.Pick(1_000, 10_000)
	for i := 0; i < closed; i += 25 {
		var batch []types.WriteRequest
		for n := i; n < i+25; n++ {
			one := request.Request{ID: fmt.Sprint("closed-", n), Right: privacy.Access, State: request.Fulfilled, PolicyVersion: "2026-11-02", Terms: policy.TermsOf("2026-11-02"),
				ReceivedAt: r.clock.Now().AddDate(0, -1, 0), ClosedAt: r.clock.Now()}
			batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: requestItem(one)}})
		}
		if _, err := r.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{r.Table: batch}}); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 9 {
		r.stored(fmt.Sprint("open-", n), privacy.Erasure, request.Open, "", n)
	}
	var wire enginetest.Wire
	r.Client = wire.Client(r.Client)
	lines := r.open()
	if calls := wire.Take(); len(lines) != 9 || len(calls) != 1 || calls["Query"] != dynamo.WorkShards {
		t.Errorf("%d lines by %v", len(lines), calls)
	}
}
