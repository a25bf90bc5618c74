// Command ctl is the operator's command line: retention reports, the state of requests, the standing of data subjects, notice campaigns, receipts,
// keys, promises.
//
// Few commands change anything: `request retry`, `close`, `extend` and `release` act on a request, `subject release` ends the freeze of an address,
// `notices pause`, `resume`, `cancel` and `retry` act on a campaign, and `hold place` and `release` act on a legal hold. Each of them leaves an audit entry. No command shows an address, a name or a
// token, but for `request text`, which shows what was typed into a request and leaves an audit entry first.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run executes one command line and returns the exit status: 0, or 1 with a line on stderr.
func run(arguments []string, stdout, stderr io.Writer) int {
	slog.SetDefault(slog.New(slog.DiscardHandler)) // what the service logs, ctl returns as an error
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root := command(time.Now)
	root.SetArgs(arguments)
	root.SetOut(stdout)
	root.SetErr(stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		_, _ = fmt.Fprintln(stderr, "ctl:", err)
		return 1
	}
	return 0
}

// version returns the version of the module, if the build knows it, and that of the current policy.
func version() string {
	built := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		built = info.Main.Version
	}
	return built + ", policy " + policy.VersionInForce(time.Now())
}

// command builds the tree of commands; cobra adds help, completion and --version.
func command(now func() time.Time) *cobra.Command {
	root := &cobra.Command{
		Use:   "ctl",
		Short: "Show operators of HelpDesk Expert Privacy what the service does",
		Long: `Show operators of HelpDesk Expert Privacy what the service does.

No command but "ctl request text" shows an address, a name or a token. Few commands change anything: "ctl request" has acts on
a request, "ctl subject release" ends the freeze of an address, "ctl notices" has acts on a campaign, and "ctl hold" places and
ends legal holds. Each of them, and "ctl request text", leaves an audit entry. In infra/README.md, "Operating" explains how to run ctl, and "Runbooks" when.`,
		Version: version(), SilenceUsage: true, SilenceErrors: true,
	}
	tables := &tables{now: now}
	root.AddCommand(keysCommand(), reportCommand(tables), requestCommand(tables), requestsCommand(tables), subjectCommand(tables), noticesCommand(tables), holdCommand(tables), restoreCommand(now), verifyCommand(), promisesCommand())
	return root
}
