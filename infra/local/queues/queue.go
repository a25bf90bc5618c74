// Package queues runs the SQS queues of template.yaml within the local stack, and delivers their messages to functions as Lambda's event
// source mappings do: batches in no order, at least once, a visibility timeout, partial failures, and dead letters.
package queues

import (
	"bytes"
	"errors"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/failures"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// message is one message that nobody has dealt with yet.
type message struct {
	ID      string    `json:"id"`
	Body    string    `json:"body,omitempty"`
	SentAt  time.Time `json:"sentAt,omitzero"`
	Deleted bool      `json:"deleted,omitempty"` // of a line of the file: the message with the id is gone

	receives int       // since the stack started; SQS counts all
	hidden   time.Time // until when no reader gets it
	failure  string    // why the newest delivery failed
}

// Queue is one queue.
type Queue struct {
	spec     sam.Queue
	now      func() time.Time
	failures *failures.Log

	mu       sync.Mutex
	file     *file
	messages map[string]*message
}

// Open returns the queue with the messages that an earlier run left in dir. Close it when nothing sends to it any more.
func Open(spec sam.Queue, dir string, now func() time.Time, log *failures.Log) (*Queue, error) {
	f, left, err := openFile(dir, spec.LogicalID)
	if err != nil {
		return nil, err
	}
	return &Queue{spec: spec, now: now, failures: log, file: f, messages: left}, nil
}

// MaxMessage is the size of the largest message that SNS publishes.
const MaxMessage = 256 << 10

// ErrMessage says that a message is too large, or no text. SQS would refuse it.
var ErrMessage = errors.New("queues: a message is text of 256 kB at most, without control characters")

// Send puts a message into the queue. Once Send returns without an error, the message survives the end of the process.
func (q *Queue) Send(body []byte) error {
	if len(body) > MaxMessage || !utf8.Valid(body) || bytes.ContainsFunc(body, refused) {
		return ErrMessage
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	m := &message{ID: uuid.NewString(), Body: string(body), SentAt: q.now().UTC()}
	if err := q.file.append(m); err != nil {
		return err
	}
	q.messages[m.ID] = m
	return nil
}

// refused reports whether SQS refuses every message with this character.
func refused(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff'
}

// Waiting returns how many messages the queue has, hidden ones included.
func (q *Queue) Waiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.messages)
}

// receive returns up to n messages that are not hidden, of so many bytes at most, in no order, and hides them. As on SQS, a message that was
// received too often goes to the dead letters instead, and one that is past its retention is gone.
func (q *Queue) receive(n, most int) []message {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.now()
	var batch []message
	for _, m := range q.messages { // a map has no order either
		switch {
		case len(batch) == n:
			return batch
		case now.Sub(m.SentAt) >= q.spec.Retention:
			q.remove(m.ID)
		case m.hidden.After(now) || m.size() > most:
		case q.spec.DeadLetter != "" && m.receives >= q.spec.MaxReceives:
			q.giveUp(m)
		default:
			m.receives++
			m.hidden = now.Add(q.spec.VisibilityTimeout)
			most -= m.size()
			batch = append(batch, *m)
		}
	}
	return batch
}

// size returns how many bytes the message can need in the event of a function: JSON writes some of its characters as two.
func (m *message) size() int { return 2*len(m.Body) + 1<<10 }

// delete removes a message that was dealt with.
func (q *Queue) delete(id string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.remove(id)
}

// failed notes why the delivery of a message failed. The message stays hidden until its time is over.
func (q *Queue) failed(id, why string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if m, ok := q.messages[id]; ok {
		m.failure = why
	}
}

// giveUp moves a message to the dead letters. They keep its id and never its body, which may name a person.
func (q *Queue) giveUp(m *message) {
	q.failures.Add(failures.Failure{
		At: q.now().UTC(), Source: q.spec.LogicalID, Queue: q.spec.DeadLetter, Reason: m.failure, Attempts: m.receives, Records: 1, First: m.ID, Last: m.ID,
	})
	q.remove(m.ID)
}

// remove forgets a message. If the file cannot be written, the message comes again after a restart, which every function must tolerate.
func (q *Queue) remove(id string) {
	_ = q.file.append(&message{ID: id, Deleted: true})
	delete(q.messages, id)
	if len(q.messages) == 0 {
		q.file.empty()
	}
}

// Close closes the queue's file.
func (q *Queue) Close() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.file.close()
}
