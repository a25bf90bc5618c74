package main

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/infra/ctl/register"
	"github.com/helpdeskexpert/privacy/infra/local/engine"
)

const module = "github.com/helpdeskexpert/privacy"

// promisesCommand writes the register of promises, threats and faults from the tests in this repository.
func promisesCommand() *cobra.Command {
	var log string
	var test, stdout bool
	cmd := &cobra.Command{
		Use: "promises", Short: "Write infra/promises.md: each promise, the code that keeps it, its tests and their last result", Args: cobra.NoArgs,
		Long: `Write infra/promises.md, the register of promises, threats and faults. For each it names the code that keeps or withstands
it, the tests that prove this, and their last result. The results come from a run of the tests (--test or --log). Without
a run, the page keeps the results that it has. Run this command in a clone of the repository. It reads no table.`,
		Example: "  ctl promises\n  ctl promises --test\n  go test -json ./... >log.json; ctl promises --log log.json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := proven()
			if err != nil {
				return err
			}
			run, err := outcomes(cmd, log, test)
			if err != nil {
				return err
			}
			path := filepath.Join(engine.Root(), "infra", "promises.md")
			before, err := os.ReadFile(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			var page bytes.Buffer
			if err := register.Write(&page, all, run, register.ReadPage(string(before))); err != nil {
				return err
			}
			if stdout {
				_, err = page.WriteTo(cmd.OutOrStdout())
				return err
			}
			return os.WriteFile(path, page.Bytes(), 0o644)
		},
	}
	cmd.Flags().StringVar(&log, "log", "", "take the results from this `file`, which go test -json wrote, and those of the pages' scripts from a run of these")
	cmd.Flags().BoolVar(&test, "test", false, "run every test first")
	cmd.Flags().BoolVar(&stdout, "stdout", false, "print the page instead of writing the file")
	cmd.MarkFlagsMutuallyExclusive("log", "test")
	return cmd
}

// proven returns the rows of the register, each with its tests in this repository.
func proven() ([]register.Row, error) {
	all, err := register.Rows()
	if err != nil {
		return nil, err
	}
	tests, err := register.Find(engine.Root())
	if err != nil {
		return nil, err
	}
	return all, errors.Join(register.Join(all, tests), register.Check(all))
}

// outcomes returns the results that the flags ask for, or none without a flag.
func outcomes(cmd *cobra.Command, log string, test bool) (register.Run, error) {
	switch {
	case test:
		return runTests(cmd)
	case log != "":
		file, err := os.Open(log)
		if err != nil {
			return register.Run{}, err
		}
		defer func() { _ = file.Close() }()
		run, err := register.ReadRun(file, module)
		if err != nil {
			return run, err
		}
		return run, runScripts(cmd.Context(), run.Results)
	}
	return register.Run{}, nil
}
