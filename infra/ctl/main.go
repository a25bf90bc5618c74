// Command ctl is the operator's command line: retention reports, the state of requests, receipts, keys, promises.
//
// It changes nothing that the service holds, and shows no address, no name and no token.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"time"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run executes one command line and returns the exit status: 0, or 1 with a line on stderr.
func run(arguments []string, stdout, stderr io.Writer) int {
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

// command builds the tree of commands; cobra adds help and completion.
func command(now func() time.Time) *cobra.Command {
	root := &cobra.Command{
		Use:   "ctl",
		Short: "What an operator of HelpDesk Expert Privacy needs to see",
		Long: `What an operator of HelpDesk Expert Privacy needs to see.

Commands that read tables find them by AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN (for a
profile: eval "$(aws configure export-credentials --format env)") and by LEDGER_TABLE and REQUESTS_TABLE; or, with --local,
in the stack that ` + "`make run`" + ` started on PORT.`,
		SilenceUsage: true, SilenceErrors: true,
	}
	tables := &tables{now: now}
	root.PersistentFlags().BoolVar(&tables.local, "local", false, "read the local stack's tables (PORT, DATA as for make run)")
	root.AddCommand(keysCommand(), reportCommand(tables), requestCommand(tables), receiptCommand(), promisesCommand())
	return root
}
