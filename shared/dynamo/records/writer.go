package records

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// Tables are the names of the tables that a write touches.
type Tables struct {
	Records, Subjects, Requests string
}

// Writer writes records together with their subject's state.
type Writer struct {
	*Store
	subjects *subjects.Store
	requests string // table that holds the step of an unfinished walk
	policy   *policy.Policy
	account  policy.Retention // the rule of account data
}

// NewWriter returns a writer under the schedule of the policy.
func NewWriter(client *dynamodb.Client, t Tables, p *policy.Policy, now func() time.Time) *Writer {
	return &Writer{
		Store:    New(client, t.Records, now),
		subjects: subjects.New(client, t.Subjects, now),
		requests: t.Requests,
		policy:   p,
		account:  p.RetentionFor(privacy.Account),
	}
}

// Result is what became of a record.
type Result struct {
	Outcome   record.Outcome
	ExpiresAt time.Time // zero while nothing has started its period
}

// tries is how often a write that lost a race is decided anew.
const tries = 12

// Put writes a record of nobody: counts of one day.
func (w *Writer) Put(ctx context.Context, r record.Record) (Result, error) {
	rule := w.policy.RetentionFor(r.Category)
	expires, ends := retention.Expires(rule, retention.State{}, r.Time)
	if ends && !expires.After(w.Now()) {
		return Result{Outcome: record.RetentionOver, ExpiresAt: expires}, nil
	}
	return w.retry(ctx, func() (Result, bool, error) { return w.putAlone(ctx, "", r, expires) })
}

// retry repeats a write that lost a race, after a pause that grows and differs between writers. A race lost every time
// is fault.Conflict.
func (w *Writer) retry(ctx context.Context, write func() (Result, bool, error)) (Result, error) {
	pause := 5 * time.Millisecond
	for range tries {
		result, lost, err := write()
		if err != nil || !lost {
			return result, err
		}
		select {
		case <-ctx.Done():
			return Result{}, ctx.Err()
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // a pause is no secret
		}
		pause = min(2*pause, 200*time.Millisecond)
	}
	return Result{}, fault.New(fault.Conflict, "Others kept writing records of the same subject. Try again.")
}
