package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how much has been sent: by a bar on a terminal, elsewhere by one line for each tenth.
type progress struct {
	mu    sync.Mutex
	out   io.Writer
	bar   *progressbar.ProgressBar // nil where out is no terminal
	all   int
	done  int
	shown int // tenths
}

// watch shows the progress of count groups from now on.
func watch(out *os.File, count int) *progress {
	p := &progress{out: out, all: count}
	if term.IsTerminal(int(out.Fd())) {
		p.bar = progressbar.NewOptions(count, progressbar.OptionSetWriter(out), progressbar.OptionSetDescription("sending"),
			progressbar.OptionShowCount(), progressbar.OptionFullWidth(), progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionSetRenderBlankState(true))
	}
	return p
}

// add counts groups that were sent. lines is the number of lines that were sent so far.
func (p *progress) add(groups, lines int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += groups
	if p.bar != nil {
		_ = p.bar.Set(p.done)
		return
	}
	if tenth := p.done * 10 / max(p.all, 1); tenth > p.shown {
		p.shown = tenth
		_, _ = fmt.Fprintf(p.out, "sent %d of %d people and days of counts, %d lines\n", p.done, p.all, lines)
	}
}

// end ends the line of the bar, so that what is printed next has a line of its own.
func (p *progress) end() {
	if p.bar != nil {
		_, _ = fmt.Fprintln(p.out)
	}
}
