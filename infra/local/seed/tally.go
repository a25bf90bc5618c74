package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

const maxExamples = 10 // lines named below the table

// outcomes are the service's outcomes in the order of the table, with their meanings. Any other outcome gets a row below them.
var outcomes = []struct{ name, meaning string }{
	{"stored", "new, or newer than what was stored under its id"},
	{"unchanged", "the same as what is stored under its id, or older: nothing was written"},
	{"retention_over", "so old that its retention period had ended already: not stored"},
}

// failedMeaning is what a row of errors means.
const failedMeaning = "refused or not answered: not stored; the lines below say why"

// tally counts the outcomes of the lines.
type tally struct {
	mu       sync.Mutex
	taken    map[string]int // by outcome
	errors   map[string]int // by title
	acts     []string       // acts on identities that were refused: the call and the title of the refusal
	examples []string
	holders  *holders
}

func newTally() *tally {
	return &tally{taken: map[string]int{}, errors: map[string]int{}, holders: newHolders()}
}

// take counts a line that the service took.
func (t *tally) take(l line, name string) {
	t.holders.take(l.text)
	t.mu.Lock()
	defer t.mu.Unlock()
	if name == "" {
		name = "(no outcome)"
	}
	t.taken[name]++
}

// fail counts a line that was not taken in. reasons name fields, never values.
func (t *tally) fail(l line, title, reasons string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.errors[title]++
	if len(t.examples) < maxExamples {
		t.examples = append(t.examples, fmt.Sprintf("line %d: %s.%s", l.number, title, reasons))
	}
}

// refuseAct counts an act on identities that was not carried out. what names the call and the refusal, and no address.
func (t *tally) refuseAct(what string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.acts = append(t.acts, what)
}

// refusedActs is how many acts on identities were not carried out.
func (t *tally) refusedActs() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.acts)
}

// err says what the service did not take, if there is anything.
func (t *tally) err() error {
	lines, acts := t.failed(), t.refusedActs()
	switch {
	case lines > 0 && acts > 0:
		return fmt.Errorf("%d lines were not stored; acts on identities that were not carried out: %d", lines, acts)
	case lines > 0:
		return fmt.Errorf("%d lines were not stored", lines)
	case acts > 0:
		return fmt.Errorf("acts on identities that were not carried out: %d", acts)
	default:
		return nil
	}
}

// failed is how many lines were not taken in.
func (t *tally) failed() int { return sum(&t.mu, t.errors) }

// count is how many lines are settled, one way or the other.
func (t *tally) count() int { return sum(&t.mu, t.taken) + sum(&t.mu, t.errors) }

func sum(mu *sync.Mutex, by map[string]int) int {
	mu.Lock()
	defer mu.Unlock()
	total := 0
	for _, n := range by {
		total += n
	}
	return total
}

// write writes the table.
func (t *tally) write(out io.Writer, took time.Duration) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name string, n int, meaning string) {
		_, _ = fmt.Fprintln(table, strings.TrimRight(fmt.Sprintf("  %s\t%8d\t%s", name, n, meaning), "\t"))
	}
	_, _ = fmt.Fprintf(table, "outcome\t   lines\tmeaning\n")
	other := maps.Clone(t.taken)
	for _, o := range outcomes {
		row(o.name, t.taken[o.name], o.meaning)
		delete(other, o.name)
	}
	for _, name := range slices.Sorted(maps.Keys(other)) {
		row(name, other[name], "")
	}
	for _, title := range slices.Sorted(maps.Keys(t.errors)) {
		row("error: "+title, t.errors[title], failedMeaning)
	}
	total := t.count()
	row("all", total, "")
	_ = table.Flush()
	_, _ = fmt.Fprintf(out, "%s, %.0f lines per second\n", took.Round(10*time.Millisecond), float64(total)/max(took.Seconds(), 0.001))
	for _, act := range t.acts {
		_, _ = fmt.Fprintln(out, "  "+act)
	}
	slices.Sort(t.examples)
	for _, example := range t.examples {
		_, _ = fmt.Fprintln(out, "  "+example)
	}
	if more := t.failed() - len(t.examples); more > 0 {
		_, _ = fmt.Fprintf(out, "  and %d more\n", more)
	}
}
