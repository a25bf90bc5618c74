package request

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Addresses finds the data subject behind an address.
type Addresses interface {
	// Find returns the data subject and the address as it is spelt on record; ok is false if the address is unknown.
	Find(ctx context.Context, a subject.Address) (id privacy.SubjectID, spelling string, ok bool, err error)
}

// Answerer begins the task that answers a right.
type Answerer interface {
	// Answer does the answer step of a request whose address is proven, and stores the result.
	Answer(ctx context.Context, file File, now time.Time) error
}

// Fulfilment does the main steps of requests. Each step first claims itself by a conditional write, which also records what the step is
// about to mail. So two runs never mail twice, and a run that is killed is repeated after its lease, with new secrets (faults F02 to F04). A
// mail that is not accepted is tried again until it is: no request ends because of it (fault F23).
type Fulfilment struct {
	Register  Register
	Addresses Addresses
	Mailboxes Mailboxes
	Limiter   Limiter
	Mailer    Mailer
	Answers   map[work.Kind]Answerer // by the task that answers a right
	Tokens    subject.Key
	Policy    func(now time.Time) *policy.Policy // policy.InForce
	Now       func() time.Time
}

// Run does the step of a request that is due, if one is. It returns no error if another run was faster. The same holds if a mail was not
// accepted, since its next try is due already.
func (f *Fulfilment) Run(ctx context.Context, id string) error {
	file, err := f.Register.Load(ctx, id)
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	now := f.Now().UTC().Truncate(time.Second)
	if !file.Request.Reached(now) {
		return nil
	}
	switch file.Request.Step {
	case StepChallenge:
		err = f.challenge(ctx, file, now)
	case StepLapse:
		err = f.lapse(ctx, file, now)
	case StepAnswer:
		err = f.answer(ctx, file, now)
	}
	if errors.Is(err, ErrChanged) {
		return nil
	}
	return err
}

// lapse ends a request whose address was not proven in time.
func (f *Fulfilment) lapse(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	r.Close(Lapsed, now)
	event := r.Record(EventLapsed, now)
	_, err := f.Register.Save(ctx, file, r, event)
	return err
}

// answer calls the [Answerer] of the right.
func (f *Fulfilment) answer(ctx context.Context, file File, now time.Time) error {
	task, ok := f.Answers[Rights[file.Request.Right].Answer]
	if !ok {
		return fmt.Errorf("request: no task answers the right %q", file.Request.Right)
	}
	return task.Answer(ctx, file, now)
}
