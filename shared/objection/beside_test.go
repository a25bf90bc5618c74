package objection_test

import (
	"context"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/objection"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// busy is a register in which another writer changes each file that is about to be stored, so many times.
type busy struct {
	request.Register
	times int
}

func (b *busy) Save(ctx context.Context, file request.File, items ...request.Item) (request.File, error) {
	if b.times > 0 {
		b.times--
		now, err := b.Load(ctx, file.Request.ID)
		if err != nil {
			return file, err
		}
		r := now.Request
		event := r.Record(request.EventRepeated, r.ReceivedAt)
		if _, err := b.Register.Save(ctx, now, r, event); err != nil {
			return file, err
		}
	}
	return b.Register.Save(ctx, file, items...)
}

// H10, F02: an opt-out holds at once although others change its file meanwhile. Where they never stop, it holds when its time has come.
func TestPromise_H10_AnOptOutHoldsAtOnceBesideOtherWriters(t *testing.T) {
	for _, times := range []int{1, 4, 100} {
		s := newRig(t)
		writers := &busy{s.Requests, times}
		s.atOnce.Register = writers
		s.atOnce.Answers[work.Limit].(*objection.Answer).Register = writers
		file := s.files(optOut)
		if r := file.Request; (r.State == request.Fulfilled) != (times < 5) {
			t.Errorf("%d changes: %+v", times, r)
		}
		writers.times = 0
		s.works()
		if r := s.Load(file.Request.ID).Request; r.State != request.Fulfilled || !r.InForce() {
			t.Errorf("%d changes: %+v", times, r)
		}
	}
}
