package main

import (
	"errors"
	"fmt"
	"os/user"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// retryCommand answers a request again that waits for the team.
func retryCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "retry <id>", Short: "Answer a request again that waits for the team", Args: cobra.ExactArgs(1),
		Long: `Answer a request again that waits for the team: its export has stopped, after 80 failures in a row, which take three days, the
mail with its answer came back, or there was doubt whose address it came by. The service looks up the address again, makes a new
bundle, and mails its link. While there is doubt, the request goes back to the team. Fix the cause first: "Runbooks" in
infra/README.md says how.` + needsLedger,
		Example: "  ctl request retry 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestToActOn(args[0])
			if err != nil {
				return err
			}
			err = export.Retry(cmd.Context(), store, args[0], operator(), policy.InForce(tables.now()).SpanOf(policy.AuditEntry), tables.now())
			switch {
			case errors.Is(err, request.ErrUnknown):
				return errUnknown
			case errors.Is(err, export.ErrNotStopped):
				return errors.New("this request does not wait for the team: no export of it has stopped, no answer came back, and nobody doubts its address")
			case err != nil:
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "The answer is made again within a minute. `"+tables.command("request", args[0])+"` shows its progress.")
			return err
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	return cmd
}

// operator returns the account that runs the command, for the audit entry.
func operator() audit.Actor {
	name := "unknown"
	if account, err := user.Current(); err == nil {
		name = account.Username
	}
	return audit.Actor{Kind: audit.Operator, ID: name}
}
