package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
)

// player sends the steps of cases, one after another.
type player struct {
	client *client
	tally  *tally
}

// play sends the steps of the cases and returns those that the service took whole. The error says why not all were sent.
func (p *player) play(ctx context.Context, cases []people.Case) (taken []people.Case, err error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	for _, c := range cases {
		refused := p.tally.failed() + p.tally.refusedActs()
		for _, step := range c.Steps {
			if step.Act != nil {
				p.act(ctx, *step.Act, stop)
			} else {
				p.records(ctx, step.Lines, stop)
			}
			if ctx.Err() != nil {
				return taken, context.Cause(ctx)
			}
		}
		if p.tally.failed()+p.tally.refusedActs() == refused {
			taken = append(taken, c)
		}
	}
	return taken, nil
}

// records sends the lines of a step as the lines of a population are sent.
func (p *player) records(ctx context.Context, lines [][]byte, stop context.CancelCauseFunc) {
	l := lane{client: p.client, tally: p.tally, seen: &progress{out: io.Discard, all: 1}, stop: stop}
	var g group
	for i, text := range lines {
		g = append(g, line{p.tally.count() + i + 1, text})
	}
	l.take(ctx, g)
	l.flush(ctx)
}

// act carries out an act on identities, and repeats what may succeed later.
func (p *player) act(ctx context.Context, a people.Act, stop context.CancelCauseFunc) {
	pause := firstPause
	for try := 1; ; try++ {
		_, err := p.client.admitted(ctx, a.Method, a.Path, "application/json", a.Body)
		refused, answered := errors.AsType[refusal](err)
		switch {
		case err == nil, answered && a.Again != 0 && refused.status == a.Again:
			return
		case try < attempts && ctx.Err() == nil && (!answered || refused.again()):
			wait(ctx, pause)
			pause *= 2
			continue
		}
		p.tally.refuseAct(fmt.Sprintf("%s %s: %s", a.Method, a.Path, callTitle(ctx, err)))
		if !answered {
			stop(errGone)
		}
		return
	}
}

// introduce prints who the people of the cases are.
func introduce(out io.Writer, cases []people.Case) {
	if len(cases) == 0 {
		return
	}
	_, _ = fmt.Fprintln(out, "\nThese people show what somebody can be known by:")
	for _, c := range cases {
		_, _ = fmt.Fprintln(out, "  "+c.Shows)
	}
	_, _ = fmt.Fprintln(out, "`go run ./infra/ctl subject --local` asks for an address and shows what is on record behind it.")
}
