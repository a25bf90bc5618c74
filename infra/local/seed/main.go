// Command seed sends records to the service that `make run` started: an invented population (-n), or the lines of an
// NDJSON file (-file). The same n on the same day gives the same people, so a second run finds everything unchanged. With
// the population come a few people who are known by more than one address; it prints who they are.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/seed/people"
)

func main() {
	n := flag.Int("n", 1000, "how many people to invent")
	file := flag.String("file", "", "send the lines of this NDJSON file instead")
	flag.Parse()
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, "http://localhost:"+port, *n, *file, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "seed:", err)
		os.Exit(1)
	}
}

// run sends the lines and writes a table of their outcomes to out. It returns an error if lines were not stored.
func run(ctx context.Context, url string, n int, file string, out io.Writer) error {
	groups, count, err := source(n, file)
	if err != nil {
		return err
	}
	c := newClient(url)
	if err := c.login(ctx); err != nil {
		return err
	}
	started := time.Now()
	result, err := send(ctx, c, groups, watch(os.Stderr, count))
	var known []people.Case
	if err == nil && file == "" && n > 0 {
		known, err = (&player{c, result}).play(ctx, people.Cases(time.Now()))
	}
	result.write(out, time.Since(started))
	result.holders.write(out, time.Now())
	if errors.Is(err, context.Canceled) {
		return errors.New("interrupted; you can send the same again, and nothing is stored twice")
	}
	if err != nil {
		return err
	}
	if file == "" {
		suggest(out, url, n)
		introduce(out, known)
	}
	return result.err()
}

// suggest prints addresses to try in the request form, because nobody knows the addresses of invented people.
func suggest(out io.Writer, url string, n int) {
	addresses := people.Customers(n, 2, time.Now())
	if len(addresses) == 0 {
		return
	}
	_, _ = fmt.Fprintf(out, "\nYou can ask for the data of one of these people on %s/request:\n", url)
	for _, address := range addresses {
		_, _ = fmt.Fprintln(out, "  "+address)
	}
	_, _ = fmt.Fprintf(out, "Every mail arrives at %s/_local/mail.\n", url)
}

// source returns the lines to send, those of one data subject together, and how many such groups there are.
func source(n int, file string) (iter.Seq[group], int, error) {
	if file != "" {
		groups, err := readFile(file)
		return slices.Values(groups), len(groups), err
	}
	if n < 0 {
		return nil, 0, errors.New("-n must not be negative")
	}
	return numbered(people.Population(n, time.Now())), people.Groups(n), nil
}

// numbered gives the lines their numbers.
func numbered(all iter.Seq[[][]byte]) iter.Seq[group] {
	return func(yield func(group) bool) {
		number := 0
		for lines := range all {
			var g group
			for _, text := range lines {
				number++
				g = append(g, line{number, text})
			}
			if !yield(g) {
				return
			}
		}
	}
}
