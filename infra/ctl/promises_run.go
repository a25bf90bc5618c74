package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
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

// runTests runs every test, including those of the pages' scripts. A failed test is a result, not an error.
func runTests(cmd *cobra.Command) (register.Run, error) {
	if _, err := exec.LookPath("node"); err != nil { // say so now rather than at the end of a long run
		return register.Run{}, err
	}
	commit := tested(cmd.Context())
	run, err := runGo(cmd)
	if err != nil {
		return run, err
	}
	run.Commit = commit
	return run, runScripts(cmd.Context(), run.Results)
}

// tested returns the commit that is checked out, with a + if files were changed since; it is empty outside a clone.
func tested(ctx context.Context) string {
	git := func(arguments ...string) string {
		out, err := program(ctx, "git", arguments...).Output()
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(out))
	}
	commit := git("rev-parse", "--short", "HEAD")
	if commit != "" && git("status", "--porcelain") != "" {
		commit += "+"
	}
	return commit
}

// runGo runs the Go tests. If stderr is a terminal, it shows a bar that counts packages.
func runGo(cmd *cobra.Command) (register.Run, error) {
	packages, err := program(cmd.Context(), "go", "list", "./...").Output()
	if err != nil {
		return register.Run{}, err
	}
	bar := progressbar.NewOptions(strings.Count(string(packages), "\n"), progressbar.OptionSetWriter(cmd.ErrOrStderr()),
		progressbar.OptionSetDescription("testing"), progressbar.OptionShowCount(), progressbar.OptionFullWidth(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetVisibility(term.IsTerminal(int(os.Stderr.Fd()))))
	all := program(cmd.Context(), "go", "test", "-json", "./...")
	out, err := all.StdoutPipe()
	if err != nil {
		return register.Run{}, err
	}
	if err := all.Start(); err != nil {
		return register.Run{}, err
	}
	run, err := register.ReadRun(io.TeeReader(out, &counter{bar: bar}), module)
	if ended := all.Wait(); !ranToItsEnd(ended) {
		return run, ended
	}
	return run, errors.Join(err, bar.Exit())
}

// runScripts runs the tests of the pages' scripts and adds a result for each file.
func runScripts(ctx context.Context, results register.Results) error {
	const folder = "shared/pages/src"
	files, err := filepath.Glob(filepath.Join(engine.Root(), folder, "*.test.js"))
	if err != nil {
		return err
	}
	for _, file := range files {
		ended := program(ctx, "node", "--test", file).Run()
		if !ranToItsEnd(ended) {
			return ended
		}
		results[[2]string{folder, filepath.Base(file)}] = map[bool]string{true: "pass", false: "fail"}[ended == nil]
	}
	return nil
}

// program runs a program in the root of the repository.
func program(ctx context.Context, name string, arguments ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, name, arguments...)
	c.Dir = engine.Root()
	return c
}

// ranToItsEnd reports whether a program ran to its end, whether it succeeded or failed.
func ranToItsEnd(err error) bool {
	var failed *exec.ExitError
	return err == nil || errors.As(err, &failed)
}

// counter moves the bar by one for each package that has ended.
type counter struct {
	bar  *progressbar.ProgressBar
	rest []byte
}

// Write reads the events of `go test -json`.
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
