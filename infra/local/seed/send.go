package main

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
)

// Limits of one call. POST /v1/records takes 1,000 lines and 4 MiB; fewer lines make a call that ends well within its
// 30 seconds and a bar that moves.
const (
	maxLines = 500
	maxBytes = 4 << 20
	lanes    = 3 // calls at a time
	attempts = 5 // calls in a row that bring nothing forward before lines are given up
)

// firstPause is the pause before the second attempt; it doubles from one attempt to the next.
var firstPause = 200 * time.Millisecond

// lane sends groups one after another. All lines of a data subject use the same lane, so that their account lines are stored before
// the others are sent, even if they need several calls.
type lane struct {
	client *client
	tally  *tally
	seen   *progress
	lines  []line
	bytes  int
	groups int // that end in lines
	stop   context.CancelCauseFunc
}

// errGone ends the sending, because everything that is left would fail just as slowly.
var errGone = errors.New("the service no longer gives usable answers; send the same again when it runs")

// send sends all groups and returns the outcomes of their lines. The error says why not all were sent.
func send(ctx context.Context, c *client, groups iter.Seq[group], seen *progress) (*tally, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	result := newTally()
	next := make(chan group)
	var wg sync.WaitGroup
	for range lanes {
		wg.Go(func() {
			l := lane{client: c, tally: result, seen: seen, stop: stop}
			for g := range next {
				l.take(ctx, g)
			}
			l.flush(ctx)
		})
	}
	for g := range groups {
		if ctx.Err() != nil {
			break
		}
		next <- g
	}
	close(next)
	wg.Wait()
	seen.end()
	return result, context.Cause(ctx)
}

// take adds a group to the next call, and sends calls that are full.
func (l *lane) take(ctx context.Context, g group) {
	for _, one := range g {
		size := len(one.text) + 1
		if size > maxBytes {
			l.tally.fail(one, "longer than 4 MiB, not sent", "")
			continue
		}
		if len(l.lines) == maxLines || l.bytes+size > maxBytes {
			l.flush(ctx)
		}
		l.lines, l.bytes = append(l.lines, one), l.bytes+size
	}
	l.groups++
}

// flush sends the lines that were taken, and repeats what may succeed later.
func (l *lane) flush(ctx context.Context) {
	pause, idle := firstPause, 0
	for left := l.lines; len(left) > 0; {
		last := idle == attempts-1
		again := l.call(ctx, left, last)
		if idle++; len(again) < len(left) {
			pause, idle = firstPause, 0
		}
		if left = again; len(left) > 0 {
			wait(ctx, pause)
			pause *= 2
		}
	}
	l.seen.add(l.groups, l.tally.count())
	l.lines, l.bytes, l.groups = nil, 0, 0
}

// call sends lines once and returns those to send again: none if this is their last chance.
func (l *lane) call(ctx context.Context, lines []line, last bool) (again []line) {
	answers, err := l.client.records(ctx, lines)
	last = last || ctx.Err() != nil
	if err != nil {
		refused, answered := errors.AsType[refusal](err)
		if !last && (!answered || refused.again()) {
			return lines
		}
		title := callTitle(ctx, err)
		for _, one := range lines {
			l.tally.fail(one, title, "")
		}
		if !answered {
			l.stop(errGone)
		}
		return nil
	}
	for i, a := range answers {
		switch {
		case a.Error == nil:
			l.tally.take(lines[i], a.Outcome)
		case a.Error.Retryable && !last:
			again = append(again, lines[i])
		default:
			l.tally.fail(lines[i], a.Error.Title, reasons(a))
		}
	}
	return again
}

// callTitle names the failure of a whole call. The text of a network error names ports, which differ from call to call.
func callTitle(ctx context.Context, err error) string {
	if refused, ok := errors.AsType[refusal](err); ok {
		return "call refused: " + refused.Error()
	}
	if ctx.Err() != nil {
		return "interrupted"
	}
	return "call failed: no usable answer"
}

func reasons(a answer) string {
	text := ""
	for _, e := range a.Error.Errors {
		text += fmt.Sprintf(" %s %s.", e.Pointer, e.Detail)
	}
	return text
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
