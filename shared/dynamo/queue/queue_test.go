package queue

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/work"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

// rig is a queue on a real table.
type rig struct {
	*Queue
	t      *testing.T
	tables *enginetest.Tables
	now    time.Time
}

func newRig(t *testing.T, tables *enginetest.Tables) *rig {
	clock := tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	return &rig{&Queue{Client: tables.Client, Table: tables.Name("RequestsTable")}, t, tables, clock.Now()}
}

// store stores the item of a task that is due at the given time. The zero time means never.
func (r *rig) store(task work.Task, at time.Time) {
	r.t.Helper()
	item := dynamo.Key(Key(task))
	dynamo.SetWork(item, at)
	if _, err := r.Client.PutItem(r.t.Context(), &dynamodb.PutItemInput{TableName: &r.Table, Item: item}); err != nil {
		r.t.Fatal(err)
	}
}

// due returns how often each task is listed as due, this long after noon.
func (r *rig) due(in time.Duration) map[work.Task]int {
	r.t.Helper()
	tasks, err := r.Due(r.t.Context(), r.now.Add(in))
	if err != nil {
		r.t.Fatal(err)
	}
	counts := map[work.Task]int{}
	for _, task := range tasks {
		counts[task]++
	}
	return counts
}

// A task of any kind is listed once from its second on, and no longer once its item has no due time.
func TestTasksAreDueFromTheirTimeOn(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	all := []work.Task{{Kind: work.Request, Ref: "id"}, {Kind: "inform", Ref: "id"}, {Kind: work.Export, Ref: "id.2"}, {Kind: work.Walk, Ref: "sid"}, {Kind: work.Confirmation, Ref: "c"},
		{Kind: work.Link, Ref: "l"}, {Kind: work.Mailbox, Ref: "mac"}}
	for _, task := range all {
		r.store(task, r.now)
	}
	r.tables.Settle()
	if early, found := r.due(-time.Second), r.due(0); len(early) != 0 || len(found) != len(all) {
		t.Errorf("%v are due a second before, then %v", early, found)
	}
	for i, task := range all {
		if n := r.due(0)[task]; n != 1 {
			t.Errorf("%v is due %d times", task, n)
		}
		r.store(task, time.Time{})
		r.tables.Settle()
		if found := r.due(time.Hour); len(found) != len(all)-i-1 {
			t.Errorf("without %v: %v", task, found)
		}
	}
}

// F14: a late index misses a new task at first and still lists a finished one. It only points to tasks that may be due.
func TestFault_F14_TheIndexOnlyPoints(t *testing.T) {
	r := newRig(t, enginetest.Late(t))
	task := work.Task{Kind: work.Request, Ref: "id"}
	expect := func(when string, want int) {
		t.Helper()
		if found := r.due(0); found[task] != want || len(found) != want {
			t.Errorf("%s: %v", when, found)
		}
	}
	r.store(task, r.now)
	expect("stored", 0)
	r.tables.Settle()
	expect("five seconds later", 1)
	r.store(task, time.Time{})
	expect("done", 1)
	r.tables.Settle()
	expect("five seconds later", 0)
}

// F19: each minute another shard comes first, so that no shard waits behind another forever.
func TestFault_F19_EveryShardIsFirstInTurn(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	shards := map[string]bool{}
	for i := 0; len(shards) < dynamo.WorkShards; i++ {
		task := work.Task{Kind: work.Request, Ref: fmt.Sprint("id", i)}
		if pk, _ := Key(task); !shards[dynamo.WorkShard(pk)] {
			shards[dynamo.WorkShard(pk)] = true
			r.store(task, r.now)
		}
	}
	r.tables.Settle()
	first := map[string]bool{}
	for minute := range dynamo.WorkShards {
		due, err := r.Due(t.Context(), r.now.Add(time.Duration(minute)*time.Minute))
		if err != nil || len(due) != dynamo.WorkShards {
			t.Fatalf("%d are due, %v", len(due), err)
		}
		pk, _ := Key(due[0])
		first[dynamo.WorkShard(pk)] = true
	}
	if len(first) != dynamo.WorkShards {
		t.Errorf("only %d shards were ever first", len(first))
	}
}
