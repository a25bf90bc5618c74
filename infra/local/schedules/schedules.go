// Package schedules fires the schedules of template.yaml on time, or at once when a developer asks.
package schedules

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/failures"
	"github.com/helpdeskexpert/privacy/infra/local/runtime"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// retryAfter is the pause before another attempt; Lambda waits a minute.
const retryAfter = time.Second

// Invoker runs a function once.
type Invoker interface {
	Invoke(ctx context.Context, payload []byte) ([]byte, error)
}

// Schedule is one schedule with the function it invokes.
type Schedule struct {
	sam.Schedule
	Function Invoker
	Retries  int // of a function that fails: the function's own setting (EventInvokeConfig)
	every    time.Duration
}

// Schedules are all schedules of the stack.
type Schedules struct {
	all      map[string]*Schedule
	now      func() time.Time
	failures *failures.Log
}

// ErrUnknown says that no schedule has the logical id.
var ErrUnknown = errors.New("schedules: unknown")

// rate is the form of a schedule's expression. Nobody here needs cron or at.
var rate = regexp.MustCompile(`^rate\(([1-9][0-9]{0,4}) (minute|hour|day)s?\)$`)

// parse returns the distance between two firings.
func parse(expression string) (time.Duration, error) {
	found := rate.FindStringSubmatch(expression)
	if found == nil {
		return 0, fmt.Errorf("the local stack understands rate(n minutes|hours|days), not %q", expression)
	}
	n, err := strconv.Atoi(found[1])
	return time.Duration(n) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[found[2]], err
}

// New returns the schedules. An expression that is not a rate is an error that names its schedule.
func New(list []Schedule, now func() time.Time, log *failures.Log) (*Schedules, error) {
	s := &Schedules{all: map[string]*Schedule{}, now: now, failures: log}
	for _, one := range list {
		var err error
		if one.every, err = parse(one.Expression); err != nil {
			return nil, fmt.Errorf("%s: %w", one.LogicalID, err)
		}
		s.all[one.LogicalID] = &one
	}
	return s, nil
}

// Run fires every schedule on time until ctx ends, then waits for the current runs. It does not repeat runs that a stopped stack
// missed, as EventBridge would, because every function catches up by itself.
func (s *Schedules) Run(ctx context.Context) {
	var running sync.WaitGroup
	for _, one := range s.all {
		running.Go(func() { s.follow(ctx, one, &running) })
	}
	running.Wait()
}

// follow fires one schedule on time. As on AWS, a run that takes longer than the interval does not delay the next one, because the
// functions take leases.
func (s *Schedules) follow(ctx context.Context, one *Schedule, running *sync.WaitGroup) {
	for at := s.now().Add(one.every); ; at = at.Add(one.every) { // from the last firing, so that a slow timer does not let the schedule drift
		timer := time.NewTimer(at.Sub(s.now()))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			running.Go(func() { s.attempt(ctx, one, at) })
		}
	}
}

// attempt fires with retries. What fails every time goes to the dead letters.
func (s *Schedules) attempt(ctx context.Context, one *Schedule, at time.Time) {
	var err error
	for n := range 1 + one.Retries {
		if n > 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(retryAfter):
			}
		}
		if _, err = one.Function.Invoke(ctx, one.event(at)); err == nil || ctx.Err() != nil || errors.Is(err, runtime.ErrClosed) {
			return
		}
	}
	why := "InvokeFailed"
	var failed *runtime.Error
	if errors.As(err, &failed) {
		why = failed.Type
	}
	s.failures.Add(failures.Failure{At: s.now().UTC(), Source: one.LogicalID, Queue: one.DeadLetter, Reason: why, Attempts: 1 + one.Retries})
}

// Fire invokes a schedule's function once, now, and returns its result.
func (s *Schedules) Fire(ctx context.Context, logicalID string) ([]byte, error) {
	one, ok := s.all[logicalID]
	if !ok {
		return nil, ErrUnknown
	}
	return one.Function.Invoke(ctx, one.event(s.now()))
}

// event returns the schedule's input, or without one the event that EventBridge Scheduler would make.
func (one *Schedule) event(at time.Time) []byte {
	if one.Input != "" {
		return []byte(one.Input)
	}
	event, _ := json.Marshal(map[string]any{
		"version": "0", "id": uuid.NewString(), "detail-type": "Scheduled Event", "source": "aws.scheduler",
		"account": "000000000000", "time": at.UTC().Format(time.RFC3339), "region": "eu-west-2",
		"resources": []string{"arn:aws:scheduler:eu-west-2:000000000000:schedule/default/" + one.LogicalID}, "detail": "{}",
	})
	return event
}
