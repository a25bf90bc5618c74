package main

import (
	"errors"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// requestCommand shows the state of one rights request. Its subcommands act on it.
func requestCommand(tables *tables) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "request <id>", Short: "Show the state of a rights request: deadlines, events, exports", Args: cobra.ExactArgs(1),
		Long: `Show a rights request: its state and next step, what it asks for, how often the same was asked for again, the deadline under
each law and which one is binding, what the team decided, what has happened so far, and its exports. You find the id in
"ctl requests", in the functions' log lines, and in the status link of the mails about the request. The command does not show
an address, a name, or what anybody wrote; "ctl request text" does. It warns on stderr if the binding deadline has passed, and
says what to do if the request waits for the team.`,
		Example: "  ctl request 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestOf(args[0])
			if err != nil {
				return err
			}
			file, err := store.Load(cmd.Context(), args[0])
			if errors.Is(err, request.ErrUnknown) {
				return errUnknown
			} else if err != nil {
				return err
			}
			s := view(file, tables.now())
			if asJSON {
				return show(cmd.OutOrStdout(), s)
			}
			return errors.Join(describe(cmd, s), warn(cmd.ErrOrStderr(), s, tables))
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(retryCommand(tables), textCommand(tables), closeCommand(tables), extendCommand(tables), releaseRequestCommand(tables), erasedCommand(tables))
	return cmd
}

var errUnknown = errors.New("there is no such request, or its retention has ended")

// requestOf checks the id of a request and opens the store of requests.
func (t *tables) requestOf(id string) (*requests.Store, error) {
	if _, err := uuid.Parse(id); err != nil {
		return nil, errors.New("this is not the id of a request: an id looks like 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de")
	}
	return t.requests()
}

// requestToActOn opens the store of requests for an act, which the audit log records.
func (t *tables) requestToActOn(id string) (*requests.Store, error) {
	store, err := t.requestOf(id)
	if err != nil {
		return nil, err
	}
	store.Ledger, err = t.name("LEDGER_TABLE", "LedgerTable")
	return store, err
}

// needsLedger ends the help of an act on a request.
const needsLedger = `

The command writes an audit entry with the name of your account on this machine, which is kept for three years. So it also
needs LEDGER_TABLE, the name of the table in the output LedgerTableName, and dynamodb:PutItem on both tables.`
