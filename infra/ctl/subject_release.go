package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// releaseCommand ends the freeze of an address (threat T33).
func releaseCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "release", Short: "End the freeze of an address that you type, once you know that the contested change was right", Args: typedOnly,
		Long: `End the freeze of an address. An address is frozen when somebody who was told of a change contests it: then nothing is answered by
the address until the team has looked. If the change was right, run this command. If it was wrong, do not: let the system that
made it take the address back (PUT /v1/subjects/{id} without the address, or POST /v1/subjects/separate after a join).

The address waits again as if it had been attached now, which is as long as the policy says. The command asks for the address,
so that it is not in the history of your shell, and writes an audit entry with the name of your account on this machine, which
is kept for three years. So it also needs ALIAS_KEY, LEDGER_TABLE (the output LedgerTableName), and dynamodb:UpdateItem and
dynamodb:PutItem on these two tables.`,
		Example: "  ctl subject release --local",
		RunE: func(cmd *cobra.Command, _ []string) error {
			look, err := tables.lookup()
			if err != nil {
				return err
			}
			ledger, err := tables.name("LEDGER_TABLE", "LedgerTable")
			if err != nil {
				return err
			}
			subjects, err := tables.name("SUBJECTS_TABLE", "SubjectsTable")
			if err != nil {
				return err
			}
			key, err := addressKey(cmd, look.Aliases)
			if err != nil {
				return err
			}
			look.Store = tables.identities(subjects, ledger)
			if err := look.Release(cmd.Context(), operator(), key); errors.Is(err, identity.ErrNotFrozen) {
				return errors.New("this address is not frozen: nothing was changed")
			} else if err != nil {
				return err
			}
			return tables.released(cmd, look, key)
		},
	}
	tables.read(cmd, "SUBJECTS_TABLE", "SubjectsTableName")
	cmd.SetFlagErrorFunc(discreetFlags)
	return cmd
}

// released says what becomes of requests by an address after its freeze. The address may be in doubt for another reason.
func (t *tables) released(cmd *cobra.Command, look lookup, key string) error {
	shown, err := look.find(cmd.Context(), key)
	if err != nil {
		return err
	}
	next := t.adviceOf(shown.Alias)
	if shown.Alias.Doubt == subject.NoDoubt {
		next = fmt.Sprintf("Requests that are confirmed from this address are answered from %s.", date(shown.Alias.AnswersFrom))
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "The freeze has ended. %s\nA request that went to the team meanwhile stays there: `%s` answers it.\n",
		next, t.command("request retry", "<id>"))
	return err
}
