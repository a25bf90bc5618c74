package queues

import (
	"context"
	"crypto/md5" // SQS states this checksum of a body
	"encoding/hex"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/runtime"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// pollEvery is how often an empty queue is asked for messages.
const pollEvery = 50 * time.Millisecond

// defaultConcurrency is how many invocations run at once if the mapping does not limit them. Lambda begins with five.
const defaultConcurrency = 5

// Invoker runs a function once.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Mapping is one event source mapping on a queue.
type Mapping struct {
	Source   sam.Source
	Queue    *Queue
	Function Invoker
}

// Run delivers until ctx ends.
func (m *Mapping) Run(ctx context.Context) {
	lanes := m.Source.MaximumConcurrency
	if lanes == 0 {
		lanes = defaultConcurrency
	}
	var running sync.WaitGroup
	for range lanes {
		running.Go(func() {
			for ctx.Err() == nil {
				m.deliver(ctx, m.gather(ctx))
			}
		})
	}
	running.Wait()
}

// gather waits for a message, and then for more until the batch is full or its window is over.
func (m *Mapping) gather(ctx context.Context) (batch []message) {
	var over time.Time
	room := runtime.MaxPayload // as on Lambda, a batch is smaller than asked for if its messages are large
	for ctx.Err() == nil {
		more := m.Queue.receive(m.Source.BatchSize-len(batch), room)
		batch = append(batch, more...)
		for _, one := range more {
			room -= one.size()
		}
		if len(batch) > 0 && over.IsZero() {
			over = time.Now().Add(m.Source.MaximumBatchingWindow)
		}
		if len(batch) == m.Source.BatchSize || len(batch) > 0 && !time.Now().Before(over) {
			break
		}
		select {
		case <-ctx.Done():
		case <-time.After(pollEvery):
		}
	}
	return batch
}

// deliver invokes the function once, and removes the messages that it has dealt with. The others come again when they are no longer hidden.
func (m *Mapping) deliver(ctx context.Context, batch []message) {
	if len(batch) == 0 {
		return
	}
	payload, err := encode(m.event(batch))
	if err != nil {
		return
	}
	answer, err := m.Function.Invoke(ctx, payload)
	if errors.Is(err, runtime.ErrClosed) || err != nil && ctx.Err() != nil {
		return
	}
	bad, why := m.failed(batch, answer, err)
	for _, one := range batch {
		if bad[one.ID] {
			m.Queue.failed(one.ID, why)
		} else {
			m.Queue.delete(one.ID)
		}
	}
}

// failed returns the ids of the messages that failed, and why. As on Lambda, all have failed if the function failed, or if its answer
// cannot be read or names a message that is not in the batch.
func (m *Mapping) failed(batch []message, answer []byte, err error) (bad map[string]bool, why string) {
	all := map[string]bool{}
	for _, one := range batch {
		all[one.ID] = true
	}
	if err != nil {
		return all, reason(err)
	}
	if !m.Source.PartialBatch {
		return nil, ""
	}
	var report events.SQSEventResponse
	if len(answer) > 0 && json.Unmarshal(answer, &report) != nil {
		return all, "InvalidResponse"
	}
	bad = map[string]bool{}
	for _, f := range report.BatchItemFailures {
		if !all[f.ItemIdentifier] {
			return all, "InvalidResponse"
		}
		bad[f.ItemIdentifier] = true
	}
	return bad, "BatchItemFailure"
}

// event returns the batch in the form that Lambda gives to functions.
func (m *Mapping) event(batch []message) events.SQSEvent {
	var event events.SQSEvent
	for _, one := range batch {
		sum := md5.Sum([]byte(one.Body))
		event.Records = append(event.Records, events.SQSMessage{
			MessageId: one.ID, ReceiptHandle: one.ID, Body: one.Body, Md5OfBody: hex.EncodeToString(sum[:]),
			EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:eu-west-2:000000000000:" + m.Source.Queue, AWSRegion: "eu-west-2",
			MessageAttributes: map[string]events.SQSMessageAttribute{},
			Attributes: map[string]string{
				"ApproximateReceiveCount": strconv.Itoa(one.receives), "SentTimestamp": strconv.FormatInt(one.SentAt.UnixMilli(), 10),
			},
		})
	}
	return event
}

// reason names an error without its text, which may be the function's.
func reason(err error) string {
	var failed *runtime.Error
	if errors.As(err, &failed) {
		return failed.Type
	}
	return "InvokeFailed"
}
