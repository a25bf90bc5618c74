package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/helpdeskexpert/privacy/shared/notice"
)

// look is how often watch asks. Each time it reads one item.
const look = 2 * time.Second

// watchCommand follows a campaign until everybody was mailed once.
func watchCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "watch <version>", Short: "Watch a campaign until everybody was mailed once", Args: cobra.ExactArgs(1),
		Long: `Watch a notice campaign until everybody was mailed once, or until it ends otherwise. On a terminal the command shows a bar with
the rate and the time that is left. Otherwise it writes a line whenever something changes. It asks every two seconds and
reads one item each time. Ctrl-C stops watching; the campaign goes on.`,
		Example: "  ctl notices watch 2027-01-04",
		RunE: func(cmd *cobra.Command, args []string) error {
			control, err := tables.notices()
			if err != nil {
				return err
			}
			out := watched(&lines{out: cmd.OutOrStdout(), now: tables.now})
			if file, ok := cmd.OutOrStdout().(*os.File); ok && term.IsTerminal(int(file.Fd())) {
				out = newBar(file, tables.now)
			}
			last, err := watch(cmd.Context(), look, out, func(ctx context.Context) (notice.View, error) {
				one, err := control.Find(ctx, args[0])
				return one.View(), err
			})
			if err == nil && last.State != "" {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "The campaign is %s: %s.\n", last.State, states[last.State])
			}
			return tables.plain(err)
		},
	}
	tables.read(cmd, "NOTICES_TABLE", "NoticesTableName")
	return cmd
}

// watched shows how far a campaign is.
type watched interface {
	show(v notice.View) error
	end() error // nothing else is shown
}

// watch looks at a campaign again and again and shows it, until everybody was mailed once, or the campaign ends otherwise. It returns what it
// saw last. When the operator stops it, that is no error.
func watch(ctx context.Context, every time.Duration, out watched, find func(context.Context) (notice.View, error)) (last notice.View, err error) {
	defer func() { err = errors.Join(err, out.end()) }()
	ticks := time.NewTicker(every)
	defer ticks.Stop()
	for {
		v, err := find(ctx)
		if ctx.Err() != nil {
			return last, nil
		}
		if err != nil {
			return last, err
		}
		last = v
		if err := out.show(v); err != nil {
			return last, err
		}
		switch v.State {
		case notice.Following, notice.Finished, notice.Cancelled, notice.Before:
			return last, nil
		default: // it goes on
		}
		select {
		case <-ctx.Done():
			return last, nil
		case <-ticks.C:
		}
	}
}

// mailed is how many recipients the first walk has dealt with.
func mailed(v notice.View) int { return v.Progress.Accepted + v.Progress.Failed }

// lines writes one line for each change.
type lines struct {
	out  io.Writer
	now  func() time.Time
	last notice.View
}

func (l *lines) show(v notice.View) error {
	if v == l.last {
		return nil
	}
	l.last = v
	_, err := fmt.Fprintf(l.out, "%s  %s  %d of %d mailed, %d failed, %d waiting, %d unknown\n",
		date(l.now()), stateWord(v), v.Progress.Accepted, max(v.Expected, mailed(v)), v.Progress.Failed, v.Progress.Waiting, v.Progress.Unknown)
	return err
}

func (l *lines) end() error { return nil }

// bar shows the progress on a terminal, with the rate of the mails and the time that is left.
type bar struct {
	*progressbar.ProgressBar
	out  io.Writer
	pace pace
	now  func() time.Time
}

func newBar(out io.Writer, now func() time.Time) *bar {
	return &bar{out: out, now: now, ProgressBar: progressbar.NewOptions(1, progressbar.OptionSetWriter(out), progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(false), progressbar.OptionFullWidth())}
}

func (b *bar) show(v notice.View) error {
	done, total := mailed(v), max(v.Expected, mailed(v), 1)
	b.ChangeMax(total)
	b.Describe(stateWord(v) + b.pace.words(b.now(), done, total-done))
	return b.Set(done)
}

// end leaves the line of the bar, so that whatever follows has a line of its own.
func (b *bar) end() error {
	err := b.Exit()
	if len(b.pace.seen) == 0 {
		return err
	}
	_, failed := fmt.Fprintln(b.out)
	return errors.Join(err, failed)
}

// span is how far back the rate of the mails looks.
const span = time.Minute

// pace knows how fast a campaign went lately. What was mailed before the operator began to watch does not count.
type pace struct {
	seen []sighting
}

type sighting struct {
	at   time.Time
	done int
}

// words says how many mails a second there were in the last minute, and how long the rest takes at that rate. It says nothing while nothing
// moves.
func (p *pace) words(now time.Time, done, left int) string {
	p.seen = append(p.seen, sighting{now, done})
	for len(p.seen) > 2 && now.Sub(p.seen[1].at) >= span {
		p.seen = p.seen[1:]
	}
	first := p.seen[0]
	passed, mails := now.Sub(first.at), done-first.done
	if passed <= 0 || mails <= 0 {
		return ""
	}
	rest := time.Duration(float64(passed) / float64(mails) * float64(left)).Round(time.Second)
	return fmt.Sprintf(", %.1f mails/s, %s left", float64(mails)/passed.Seconds(), rest)
}
