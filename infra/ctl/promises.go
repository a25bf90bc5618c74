package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/helpdeskexpert/privacy/infra/ctl/register"
	"github.com/helpdeskexpert/privacy/infra/local/engine"
)

const module = "github.com/helpdeskexpert/privacy"

// promisesCommand writes the register of promises, threats and faults from the tests of this repository.
func promisesCommand() *cobra.Command {
	var log string
	var test, stdout bool
	cmd := &cobra.Command{
		Use: "promises", Short: "Write infra/promises.md: each promise, where it is kept, the tests that show it, their last result", Args: cobra.NoArgs,
		Long: `Write infra/promises.md, the register of promises, threats and faults: where each is kept or withstood, the tests of this
clone that show it, and their last result. The results are those of a run (--test, --log); without one the page keeps
those it has. It runs within a clone, and asks no table.`,
		Example: "  ctl promises\n  ctl promises --test\n  go test -json ./... >log.json; ctl promises --log log.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := proven()
			if err != nil {
				return err
			}
			results, err := outcomes(cmd, log, test)
			if err != nil {
				return err
			}
			path := filepath.Join(engine.Root(), "infra", "promises.md")
			before, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			var page bytes.Buffer
			if err := register.Write(&page, all, results, register.ReadPage(string(before))); err != nil {
				return err
			}
			if stdout {
				_, err = page.WriteTo(cmd.OutOrStdout())
				return err
			}
			return os.WriteFile(path, page.Bytes(), 0o644)
		},
	}
	cmd.Flags().StringVar(&log, "log", "", "take the results from this `file`, an output of go test -json")
	cmd.Flags().BoolVar(&test, "test", false, "run every test first")
	cmd.Flags().BoolVar(&stdout, "stdout", false, "print the page and leave the file alone")
	cmd.MarkFlagsMutuallyExclusive("log", "test")
	return cmd
}

// proven lists the register with the tests of this repository.
func proven() ([]register.Row, error) {
	all, err := register.Rows()
	if err != nil {
		return nil, err
	}
	tests, err := register.Find(engine.Root())
	if err != nil {
		return nil, err
	}
	return all, register.Join(all, tests)
}

// outcomes are the results that the flags ask for; without one there are none.
func outcomes(cmd *cobra.Command, log string, test bool) (register.Results, error) {
	switch {
	case test:
		return runTests(cmd)
	case log != "":
		file, err := os.Open(log)
		if err != nil {
			return nil, err
		}
		defer func() { _ = file.Close() }()
		return register.ReadResults(file, module)
	}
	return register.Results{}, nil
}

// runTests runs every test, with a bar that counts packages where stderr is a terminal. Failed tests are results, no error.
func runTests(cmd *cobra.Command) (register.Results, error) {
	list := exec.CommandContext(cmd.Context(), "go", "list", "./...")
	list.Dir = engine.Root()
	packages, err := list.Output()
	if err != nil {
		return nil, err
	}
	bar := progressbar.NewOptions(strings.Count(string(packages), "\n"), progressbar.OptionSetWriter(cmd.ErrOrStderr()),
		progressbar.OptionSetDescription("testing"), progressbar.OptionShowCount(), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetVisibility(term.IsTerminal(int(os.Stderr.Fd()))))
	all := exec.CommandContext(cmd.Context(), "go", "test", "-json", "./...")
	all.Dir = engine.Root()
	out, err := all.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := all.Start(); err != nil {
		return nil, err
	}
	results, err := register.ReadResults(io.TeeReader(out, &counter{bar: bar}), module)
	var failed *exec.ExitError
	if ended := all.Wait(); ended != nil && !errors.As(ended, &failed) {
		return nil, ended
	}
	return results, errors.Join(err, bar.Exit())
}

// counter moves the bar by one for each package that has ended.
type counter struct {
	bar  *progressbar.ProgressBar
	rest []byte
}

// Write reads the events that pass by.
func (c *counter) Write(p []byte) (int, error) {
	c.rest = append(c.rest, p...)
	for {
		i := bytes.IndexByte(c.rest, '\n')
		if i < 0 {
			return len(p), nil
		}
		var event struct{ Action, Test string }
		if json.Unmarshal(c.rest[:i], &event) == nil && event.Test == "" && (event.Action == "pass" || event.Action == "fail" || event.Action == "skip") {
			_ = c.bar.Add(1)
		}
		c.rest = c.rest[i+1:]
	}
}
