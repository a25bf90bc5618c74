package requests

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// A request has its main step and two tasks beside it. Each becomes due at its own time, is done by the function of its kind, and ends
// without the others.
func TestTasksBesideTheMainStep(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	kept := policy.Newest().SpanOf(policy.WorkStep)
	filed := r.filed()
	first, second := filed.Task("inform", r.clock.Now().Add(time.Minute), kept), filed.Task("notify", r.clock.Now().Add(2*time.Minute), kept)
	r.save(request.File{Request: filed}, nil, filed, first, second)

	var done []work.Kind
	finish := func(kind work.Kind) work.Do {
		return work.Step(func(ctx context.Context, ref string) error {
			file, err := r.Load(ctx, ref)
			if err != nil {
				return err
			}
			done = append(done, kind)
			if task, beside := file.Task(kind); beside {
				task.Due = work.Due{}
				_, err = r.Save(ctx, file, task)
				return err
			}
			file.Request.Rest()
			_, err = r.Save(ctx, file, file.Request)
			return err
		})
	}
	runner := &work.Runner{Queue: r.queue, Now: r.clock.Now, Do: map[work.Kind]work.Do{
		work.Request: finish(work.Request), "inform": finish("inform"), "notify": finish("notify"),
	}, Failed: func(_ context.Context, task work.Task, err error) { t.Errorf("%+v: %v", task, err) }}
	for minute, want := range [][]work.Kind{{work.Request}, {"inform"}, {"notify"}, nil} {
		r.tables.Settle()
		done = nil
		if err := runner.Scheduled(t.Context()); err != nil || !slices.Equal(done, want) {
			t.Errorf("minute %d: %v was done, not %v; %v", minute, done, want, err)
		}
		file := r.load()
		if _, left := file.Task("inform"); left != (minute < 1) || len(file.Tasks) != max(0, 2-minute) || !file.Request.NextAt.IsZero() {
			t.Errorf("minute %d: %+v is left, and the main step at %s", minute, file.Tasks, file.Request.NextAt)
		}
		r.clock.Set(r.clock.Now().Add(time.Minute))
	}
}

// F15: a run does not overwrite a task that another run has moved or finished. A task that is never finished expires.
func TestFault_F15_ATaskIsChangedByOneRun(t *testing.T) {
	r := newRig(t, enginetest.DynamoDB(t))
	filed, kept := r.filed(), policy.Newest().SpanOf(policy.WorkStep)
	task := filed.Task("inform", r.clock.Now(), kept)
	read := r.save(request.File{Request: filed}, nil, filed, task)

	moved := read.Tasks[0]
	moved.Again(r.clock.Now(), func(int) time.Duration { return time.Hour })
	file := r.save(read, nil, moved)
	stale := read.Tasks[0]
	r.save(read, request.ErrChanged, stale)
	stale.Due = work.Due{}
	r.save(read, request.ErrChanged, stale)
	if got := r.load(); !reflect.DeepEqual(got.Tasks, file.Tasks) || got.Tasks[0].Try != 1 || got.Tasks[0].Version != 2 {
		t.Errorf("%+v is stored, not %+v", got.Tasks, file.Tasks)
	}
	r.clock.Set(kept.After(r.clock.Now()))
	if left := r.load().Tasks; len(left) != 0 {
		t.Errorf("after the retention of tasks: %+v", left)
	}
}
