package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// needsHold ends the help of the commands about legal holds.
const needsHold = `

The command writes an audit entry with the name of your account on this machine and with the name of the second person, which
is kept for three years. So it also needs REQUESTS_TABLE and LEDGER_TABLE (the outputs RequestsTableName and LedgerTableName),
and dynamodb:UpdateItem and dynamodb:PutItem on the three tables. "ctl subject" shows the id of a data subject and their holds.`

// holdCommand has the acts on legal holds.
func holdCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{Use: "hold", Short: "Place and end legal holds, which keep data past its period and from being erased"}
	cmd.AddCommand(placeHoldCommand(tables), releaseHoldCommand(tables))
	return cmd
}

func placeHoldCommand(tables *tables) *cobra.Command {
	var second string
	var categories []string
	cmd := &cobra.Command{
		Use: "place <data subject>", Short: "Keep data of a data subject past its period and from being erased", Args: cobra.ExactArgs(1),
		Long: `Keep data of a data subject past its period and from being erased, because it is needed for legal claims. The command asks for
the ground, which the person can read in an answer to access: name nobody in it. Two persons have to agree: you, and somebody
whose name you pass. Name the categories that are needed; without any, all of the person's data is kept.` + needsHold,
		Example: "  ctl hold place 01jd2c4q7a107c3e9d552f6b8a --second-person maria --category transaction",
		RunE: func(cmd *cobra.Command, args []string) error {
			holds, err := tables.holds()
			if err != nil {
				return err
			}
			if _, err := fmt.Fprint(cmd.ErrOrStderr(), "The ground. Name nobody. End with a line that has only a dot:\n"); err != nil {
				return err
			}
			ground, err := readReason(io.LimitReader(cmd.InOrStdin(), mostTyped))
			if err != nil {
				return err
			}
			var of []privacy.Category
			for _, c := range categories {
				of = append(of, privacy.Category(c))
			}
			id, err := holds.PlaceHold(cmd.Context(), operator(), second, privacy.SubjectID(args[0]), ground, of)
			if err != nil {
				return aboutHold(err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "The hold %s is in force. Stored data follows within minutes.\n", id)
			return err
		},
	}
	tables.read(cmd, "SUBJECTS_TABLE", "SubjectsTableName")
	cmd.Flags().StringVar(&second, "second-person", "", "the `name` of the second person who agrees")
	cmd.Flags().StringArrayVar(&categories, "category", nil, "a `category` that is kept, once for each")
	return cmd
}

func releaseHoldCommand(tables *tables) *cobra.Command {
	var second string
	cmd := &cobra.Command{
		Use: "release <data subject> <hold>", Short: "End a legal hold", Args: cobra.ExactArgs(2),
		Long: `End a legal hold. Data whose period is over is deleted then, and what an erasure had to leave out because of the hold is erased.
Two persons have to agree: you, and somebody whose name you pass.` + needsHold,
		Example: "  ctl hold release 01jd2c4q7a107c3e9d552f6b8a 6f0b1c0e-… --second-person maria",
		RunE: func(cmd *cobra.Command, args []string) error {
			holds, err := tables.holds()
			if err != nil {
				return err
			}
			if err := holds.ReleaseHold(cmd.Context(), operator(), second, privacy.SubjectID(args[0]), args[1]); err != nil {
				return aboutHold(err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "The hold has ended. Stored data follows within minutes.")
			return err
		},
	}
	tables.read(cmd, "SUBJECTS_TABLE", "SubjectsTableName")
	cmd.Flags().StringVar(&second, "second-person", "", "the `name` of the second person who agrees")
	return cmd
}

// holds opens the acts on legal holds.
func (t *tables) holds() (*identity.Identity, error) {
	var names identities.Tables
	for _, one := range []struct {
		name                *string
		variable, logicalID string
	}{{&names.Subjects, "SUBJECTS_TABLE", "SubjectsTable"}, {&names.Requests, "REQUESTS_TABLE", "RequestsTable"}, {&names.Ledger, "LEDGER_TABLE", "LedgerTable"}} {
		name, err := t.name(one.variable, one.logicalID)
		if err != nil {
			return nil, err
		}
		*one.name = name
	}
	return &identity.Identity{Store: identities.New(dynamo.Open(), names, t.now), Policy: policy.InForce, Now: t.now}, nil
}

// aboutHold returns the error of an act on a legal hold in an operator's words.
func aboutHold(err error) error {
	for known, says := range map[error]string{
		identity.ErrAlone:     "a legal hold needs two persons: pass the name of somebody else with --second-person",
		identity.ErrNobody:    "there is no such data subject",
		identity.ErrNoHold:    "there is no such hold on this data subject",
		identity.ErrManyHolds: "this data subject has too many holds already",
	} {
		if errors.Is(err, known) {
			return errors.New(says)
		}
	}
	return plainly(err)
}
