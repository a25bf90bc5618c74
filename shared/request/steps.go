package request

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Addresses finds the data subject behind an address.
type Addresses interface {
	// Find returns the data subject behind an address; ok is false if the address is unknown.
	Find(ctx context.Context, a subject.Address) (known subject.Known, ok bool, err error)
}

// Answerer begins the task that answers a right.
type Answerer interface {
	// Answer does the answer step of a request whose address is proven, and stores the result.
	Answer(ctx context.Context, file File, now time.Time) error
}

// Teller mails that an answer has taken effect. It is optional on an [Answerer].
type Teller interface {
	// Tell does the step tell.
	Tell(ctx context.Context, file File, now time.Time) error
}

// Lifter takes back what an answer has imposed. It is optional on an [Answerer].
type Lifter interface {
	// Lift does the step lift.
	Lift(ctx context.Context, file File, now time.Time) error
}

// Fulfilment does the main steps of requests. Each step is conditional on what was read, so that two runs do not do it twice, and a run that is
// killed is repeated (faults F02, F03).
type Fulfilment struct {
	Register  Register
	Mailboxes Mailboxes
	Proofs    Proofs
	Answers   map[work.Kind]Answerer                      // by the task that answers a right
	ForTeam   func(ctx context.Context, requestID string) // called when a mail came to wait for the team
	Policy    func(now time.Time) *policy.Policy          // policy.InForce
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
	return f.step(ctx, file, now)
}

// AtOnce does the step of a request that its caller has just stored, without waiting for its time, and returns the file afterwards. While another writer
// changes the file, it is read and the step is done again. A step that fails is done when its time has come.
func (f *Fulfilment) AtOnce(ctx context.Context, file File) (File, error) {
	for range 5 {
		if err := f.step(ctx, file, f.Now().UTC().Truncate(time.Second)); err != nil {
			return file, err
		}
		after, err := f.Register.Load(ctx, file.Request.ID)
		interfered := after.Request.Step == file.Request.Step && after.Request.NextAt.Equal(file.Request.NextAt) && after.Request.Version != file.Request.Version
		if file = after; err != nil || !interfered {
			return file, err
		}
	}
	return file, nil
}

// step does the step of a request. If another run was faster, it returns no error.
func (f *Fulfilment) step(ctx context.Context, file File, now time.Time) (err error) {
	switch file.Request.Step {
	case StepProof:
		err = f.prove(ctx, file, now)
	case StepLapse:
		err = f.lapse(ctx, file, now)
	case StepAnswer, StepTell, StepLift:
		err = f.answer(ctx, file, now)
	case StepExtend, StepClose:
		err = f.decided(ctx, file, now)
	}
	if errors.Is(err, ErrChanged) {
		return nil
	}
	return err
}

// answer calls the [Answerer] of the right, which may do more steps than to answer.
func (f *Fulfilment) answer(ctx context.Context, file File, now time.Time) error {
	task := f.Answers[Rights[file.Request.Right].Answer]
	teller, tells := task.(Teller)
	lifter, lifts := task.(Lifter)
	switch step := file.Request.Step; {
	case step == StepAnswer && task != nil:
		return task.Answer(ctx, file, now)
	case step == StepTell && tells:
		return teller.Tell(ctx, file, now)
	case step == StepLift && lifts:
		return lifter.Lift(ctx, file, now)
	}
	return fmt.Errorf("request: nobody does the step %q of the right %q", file.Request.Step, file.Request.Right)
}
