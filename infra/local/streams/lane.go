package streams

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/failures"
	"github.com/helpdeskexpert/privacy/infra/local/runtime"
)

// lane delivers its records one batch at a time, so that the changes of one item stay in order.
type lane struct {
	mapping *Mapping
	queue   chan delivery
}

// delivery is a record, and the function to call once the record has been delivered or given up.
type delivery struct {
	record
	end func()
}

// run delivers batch after batch until ctx ends.
func (l *lane) run(ctx context.Context) {
	for {
		select {
		case first := <-l.queue:
			l.deliver(ctx, l.gather(ctx, first), 0)
		case <-ctx.Done():
			return
		}
	}
}

// gather adds the records that already wait, and those that arrive within the batching window, up to the batch size.
func (l *lane) gather(ctx context.Context, first delivery) []delivery {
	batch := []delivery{first}
	window := time.NewTimer(l.mapping.Stream.MaximumBatchingWindow)
	defer window.Stop()
	for len(batch) < l.mapping.Stream.BatchSize {
		select {
		case next := <-l.queue:
			batch = append(batch, next)
			continue
		default:
		}
		if l.mapping.Stream.MaximumBatchingWindow == 0 {
			return batch
		}
		select {
		case next := <-l.queue:
			batch = append(batch, next)
		case <-window.C:
			return batch
		case <-ctx.Done():
			return batch
		}
	}
	return batch
}

// deliver invokes the function until each record of the batch has been processed or given up. failed counts the failed attempts so
// far; as on Lambda, a bisection does not count. When the stack ends, the remaining records stay undelivered.
func (l *lane) deliver(ctx context.Context, batch []delivery, failed int) {
	s := l.mapping.Stream
	for len(batch) > 0 && ctx.Err() == nil {
		if batch = l.dropOld(batch, failed); len(batch) == 0 {
			return
		}
		taken, err := l.invoke(ctx, batch)
		if errors.Is(err, runtime.ErrClosed) || ctx.Err() != nil {
			return
		}
		finish(batch[:taken])
		batch = batch[taken:]
		if err == nil {
			return
		}
		if s.Bisect && taken == 0 && len(batch) > 1 {
			half := len(batch) / 2
			l.deliver(ctx, batch[:half], failed)
			l.deliver(ctx, batch[half:], failed)
			return
		}
		failed++
		if s.MaximumRetryAttempts >= 0 && failed > s.MaximumRetryAttempts {
			l.giveUp(batch, failed, reason(err))
			return
		}
		pause(ctx, min(200*time.Millisecond<<min(failed, 8), 10*time.Second))
	}
}

// errPartial says that the function reported records of the batch as failed.
var errPartial = errors.New("ReportedFailures")

// invoke runs the function on the batch and returns how many records from its start are done.
func (l *lane) invoke(ctx context.Context, batch []delivery) (taken int, err error) {
	events := make([]any, len(batch))
	for i, d := range batch {
		events[i] = d.event
	}
	payload, err := json.Marshal(map[string]any{"Records": events})
	if err != nil {
		return 0, err
	}
	answer, err := l.mapping.Function.Invoke(ctx, payload)
	if err != nil {
		return 0, err
	}
	if !l.mapping.Stream.PartialBatch {
		return len(batch), nil
	}
	var report struct {
		BatchItemFailures []struct {
			ItemIdentifier string `json:"itemIdentifier"`
		} `json:"batchItemFailures"`
	}
	if string(answer) != "" && json.Unmarshal(answer, &report) != nil {
		return 0, errPartial // an answer that cannot be read counts as a failure of all
	}
	if len(report.BatchItemFailures) == 0 {
		return len(batch), nil
	}
	return l.firstFailed(batch, func(sequence string) bool {
		for _, f := range report.BatchItemFailures {
			if f.ItemIdentifier == sequence {
				return true
			}
		}
		return false
	}), errPartial
}

// firstFailed returns the position of the first reported record, or 0 if the report names no record of the batch.
func (l *lane) firstFailed(batch []delivery, reported func(string) bool) int {
	for i, d := range batch {
		if reported(d.sequence) {
			return i
		}
	}
	return 0
}

// dropOld gives up the records at the start of the batch that have become too old.
func (l *lane) dropOld(batch []delivery, attempts int) []delivery {
	age := l.mapping.Stream.MaximumRecordAge
	if age <= 0 {
		return batch
	}
	old := 0
	for old < len(batch) && time.Since(batch[old].created) > age {
		old++
	}
	if old > 0 {
		l.giveUp(batch[:old], attempts, "MaximumRecordAgeExceeded")
	}
	return batch[old:]
}

// giveUp sends the records' positions, never the items, to the destination, and lets the stream continue.
func (l *lane) giveUp(batch []delivery, attempts int, why string) {
	l.mapping.Failures.Add(failures.Failure{
		At: time.Now().UTC(), Source: l.mapping.Stream.LogicalID, Queue: l.mapping.Stream.Destination, Reason: why,
		Attempts: attempts, Records: len(batch), First: batch[0].sequence, Last: batch[len(batch)-1].sequence,
	})
	finish(batch)
}

// finish marks records as finished, whether delivered or given up. They will not come again.
func finish(batch []delivery) {
	for _, d := range batch {
		d.end()
	}
}

// reason names an error without its text, which may be the function's.
func reason(err error) string {
	var failed *runtime.Error
	if errors.As(err, &failed) {
		return failed.Type
	}
	if errors.Is(err, errPartial) {
		return errPartial.Error()
	}
	return "InvokeFailed"
}
