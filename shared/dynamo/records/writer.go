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
)

// Tables are the names of the tables that a write touches.
type Tables struct {
	Records, Subjects, Requests string
}

// Writer writes records together with their subject's state.
type Writer struct {
	*Store
	subjects  *subjects.Store
	requests  string // table that holds the step of an unfinished walk
	policy    *policy.Policy
	account   policy.Retention // the rule of account data
	marketing policy.Retention // the rule of marketing data
	most      int              // items of one transaction; tests make it small
}

// NewWriter returns a writer under the schedule of the policy.
func NewWriter(client *dynamodb.Client, t Tables, p *policy.Policy, now func() time.Time) *Writer {
	return &Writer{
		Store:     New(client, t.Records, now),
		subjects:  subjects.New(client, t.Subjects, now),
		requests:  t.Requests,
		policy:    p,
		account:   p.RetentionFor(privacy.Account),
		marketing: p.RetentionFor(privacy.Marketing),
		most:      maxItems,
	}
}

// Result is what became of a record: an outcome or an error.
type Result struct {
	Outcome   record.Outcome
	ExpiresAt time.Time // zero while nothing has started its period
	Err       error     // fault.Conflict, TooLarge or Unacceptable among others
}

// tries is how often a write that lost a race is decided anew.
const tries = 12

// errRaces is the answer when every try lost its race.
var errRaces = fault.New(fault.Conflict, "Other calls kept changing records of the same data subject. Try again.")

// retry repeats a write that lost a race, after a pause that grows and differs between writers. A race lost every time
// is fault.Conflict.
func (w *Writer) retry(ctx context.Context, write func() (lost bool, err error)) error {
	pause := 5 * time.Millisecond
	for range tries {
		lost, err := write()
		if err != nil || !lost {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pause/2 + rand.N(pause)): //nolint:gosec // a pause is no secret
		}
		pause = min(2*pause, 200*time.Millisecond)
	}
	return errRaces
}
