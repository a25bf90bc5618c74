package queues

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/infra/local/failures"
	"github.com/helpdeskexpert/privacy/infra/local/runtime"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

const hidden = 150 * time.Millisecond

var spec = sam.Queue{LogicalID: "Reports", VisibilityTimeout: hidden, Retention: time.Hour, DeadLetter: "Failed", MaxReceives: 3}

// rig is a queue with a function that notes every delivery.
type rig struct {
	t     *testing.T
	dir   string
	queue *Queue

	mu       sync.Mutex
	batches  [][]string
	times    map[string]int
	answer   func(events.SQSEvent) ([]byte, error)
	size     int // of a batch
	largest  int // event, in bytes
	failures []string
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, dir: t.TempDir(), times: map[string]int{}, size: 4}
	r.open()
	return r
}

func (r *rig) open() {
	r.t.Helper()
	var err error
	log := failures.Open(r.dir, func(line string) { r.failures = append(r.failures, line) })
	if r.queue, err = Open(spec, r.dir, time.Now, log); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) send(bodies ...string) {
	r.t.Helper()
	for _, body := range bodies {
		if err := r.queue.Send([]byte(body)); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) Invoke(_ context.Context, payload []byte) ([]byte, error) {
	var event events.SQSEvent
	if err := json.Unmarshal(payload, &event); err != nil {
		r.t.Error(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.largest = max(r.largest, len(payload))
	var bodies []string
	for _, m := range event.Records {
		bodies = append(bodies, m.Body)
		r.times[m.Body]++
		if m.EventSource != "aws:sqs" || !strings.HasSuffix(m.EventSourceARN, ":Reports") || m.Attributes["ApproximateReceiveCount"] == "" || len(m.Md5OfBody) != 32 {
			r.t.Errorf("%+v", m)
		}
	}
	r.batches = append(r.batches, bodies)
	if r.answer == nil {
		return []byte(`{"batchItemFailures":[]}`), nil
	}
	return r.answer(event)
}

// run delivers until the queue is empty, or for the time given.
func (r *rig) run(most time.Duration) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), most)
	defer cancel()
	m := &Mapping{Source: sam.Source{LogicalID: "Reports", Queue: "Reports", BatchSize: r.size, MaximumConcurrency: 2, PartialBatch: true}, Queue: r.queue, Function: r}
	go func() {
		for ctx.Err() == nil && r.queue.Waiting() > 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	m.Run(ctx)
}

// failing answers that the messages with these bodies have failed.
func failing(bodies ...string) func(events.SQSEvent) ([]byte, error) {
	return func(event events.SQSEvent) ([]byte, error) {
		var answer events.SQSEventResponse
		for _, m := range event.Records {
			if slices.Contains(bodies, m.Body) {
				answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			}
		}
		return json.Marshal(answer)
	}
}

func TestEachMessageIsDeliveredOnceIfAllGoesWell(t *testing.T) {
	r := newRig(t)
	r.send(strings.Split("abcdefghij", "")...)
	r.run(10 * time.Second)
	if r.queue.Waiting() != 0 || len(r.times) != 10 || slices.ContainsFunc(r.batches, func(b []string) bool { return len(b) > 4 }) {
		t.Errorf("%d wait, delivered %v", r.queue.Waiting(), r.batches)
	}
	for body, times := range r.times {
		if times != 1 {
			t.Errorf("%s was delivered %d times", body, times)
		}
	}
	if text, err := os.ReadFile(filepath.Join(r.dir, "Reports.jsonl")); err != nil || len(text) != 0 {
		t.Errorf("%q is left, %v", text, err)
	}
}

// F19: one message of ten fails every time. The nine others are dealt with once. The bad one comes again after its time, and goes to the dead
// letters, which hold nothing of it but its id.
func TestFault_F19_OneBadMessageInTen(t *testing.T) {
	r := newRig(t)
	r.send(append(strings.Split("abcdefghi", ""), "the poison")...)
	r.answer = failing("the poison")
	start := time.Now()
	r.run(20 * time.Second)
	if took := time.Since(start); took < 3*hidden {
		t.Errorf("the message came again without waiting: %v", took)
	}
	for body, times := range r.times {
		if want := map[bool]int{false: 1, true: 3}[body == "the poison"]; times != want {
			t.Errorf("%s was delivered %d times", body, times)
		}
	}
	text, err := os.ReadFile(filepath.Join(r.dir, "failures.jsonl"))
	if err != nil || strings.Count(string(text), "\n") != 1 || !strings.Contains(string(text), `"queue":"Failed","reason":"BatchItemFailure","attempts":3,"records":1`) || strings.Contains(string(text), "poison") {
		t.Errorf("%s, %v", text, err)
	}
	if r.queue.Waiting() != 0 || len(r.failures) != 1 {
		t.Errorf("%d wait, said %q", r.queue.Waiting(), r.failures)
	}
}

// F19: a whole batch fails if the function fails, or if its answer makes no sense.
func TestFault_F19_ABatchThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		answer []byte
		err    error
	}{
		"the function fails":   {err: &runtime.Error{Type: "Runtime.ExitError"}},
		"not JSON":             {answer: []byte("{")},
		"an unknown message":   {answer: []byte(`{"batchItemFailures":[{"itemIdentifier":"other"}]}`)},
		"a message without id": {answer: []byte(`{"batchItemFailures":[{}]}`)},
		"it cannot be invoked": {err: errors.New("no binary")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t)
			r.send("a", "b")
			first := true
			r.answer = func(events.SQSEvent) ([]byte, error) {
				if !first {
					return nil, nil
				}
				first = false
				return c.answer, c.err
			}
			r.run(10 * time.Second)
			if r.queue.Waiting() != 0 || r.times["a"]+r.times["b"] < 3 || r.times["a"] < 1 || r.times["b"] < 1 {
				t.Errorf("%d wait, delivered %v", r.queue.Waiting(), r.times)
			}
		})
	}
}

// F03: the stack is killed. What was not dealt with comes again, what was is gone, and the end of a line that was never finished is ignored.
func TestFault_F03_MessagesSurviveTheStack(t *testing.T) {
	r := newRig(t)
	r.send("a", "b", "c")
	r.answer = failing("b")
	r.run(hidden / 3) // b is still hidden
	if r.queue.Waiting() != 1 {
		t.Fatalf("%d wait", r.queue.Waiting())
	}
	path := filepath.Join(r.dir, "Reports.jsonl") // the process ends here, without closing anything
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = f.WriteString(`{"id":"half","bo`)
	_ = f.Close()
	r.open()
	r.answer = nil
	r.send("d")
	r.run(10 * time.Second)
	if r.times["a"] != 1 || r.times["b"] != 2 || r.times["c"] != 1 || r.times["d"] != 1 || len(r.times) != 4 {
		t.Errorf("delivered %v", r.times)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := r.queue.Close(); err != nil {
		t.Error(err)
	}
	if err := r.queue.Send([]byte("e")); err == nil {
		t.Error("a message that was not kept was taken")
	}
}

// A message is gone after the queue's retention, even if nobody has read it.
func TestPromise_F08_AQueueForgets(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	q, err := Open(spec, dir, func() time.Time { return now }, failures.Open(dir, func(string) {}))
	if err != nil {
		t.Fatal(err)
	}
	if err := q.Send([]byte("a")); err != nil {
		t.Fatal(err)
	}
	now = now.Add(spec.Retention - time.Second)
	if got := q.receive(10, MaxMessage); len(got) != 1 {
		t.Fatalf("%d messages a second before", len(got))
	}
	now = now.Add(time.Second)
	if got := q.receive(10, MaxMessage); len(got) != 0 || q.Waiting() != 0 {
		t.Errorf("%d messages after the retention, %d wait", len(got), q.Waiting())
	}
}

// F19: the largest messages, full of characters that JSON or HTML escapes, survive a restart and arrive whole, in batches that a function can
// take. What SQS would refuse is refused.
func TestFault_F19_LargeMessages(t *testing.T) {
	r := newRig(t)
	r.size = 50
	large := []string{strings.Repeat("<", MaxMessage), strings.Repeat("ü", MaxMessage/2)}
	for i := range 30 {
		large = append(large, strings.Repeat("\"", MaxMessage-10)+strconv.Itoa(i))
	}
	r.send(append(large, "small")...)
	if err := r.queue.Close(); err != nil {
		t.Fatal(err)
	}
	r.open()
	r.queue.spec.VisibilityTimeout = time.Minute
	r.run(20 * time.Second)
	for _, body := range append(large, "small") {
		if r.times[body] != 1 {
			t.Errorf("%.1q… was delivered %d times", body, r.times[body])
		}
	}
	if r.largest > runtime.MaxPayload || r.largest < MaxMessage {
		t.Errorf("the largest event had %d bytes", r.largest)
	}
	for _, body := range []string{strings.Repeat("a", MaxMessage+1), "\x00", "\xff", "a\x1b"} {
		if err := r.queue.Send([]byte(body)); !errors.Is(err, ErrMessage) {
			t.Errorf("%.4q…: %v", body, err)
		}
	}
}
