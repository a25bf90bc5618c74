package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// reportCommand shows the latest retention report (promise F07).
func reportCommand(tables *tables) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "report", Short: "Show the latest retention report: what was deleted, what is oldest, what is overdue", Args: cobra.NoArgs,
		Long: `Show the retention report of the latest sweep, with a row for each category of data:

  DELETED  records that this sweep removed; DynamoDB's own TTL removes others
  OVERDUE  records still stored more than 24 hours after their retention ended: the promise F07 is broken
  OLDEST   when the period of the oldest record left began`,
		Example: "  ctl report\n  ctl report --local --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := tables.ledger()
			if err != nil {
				return err
			}
			report, err := store.Latest(cmd.Context())
			if err != nil {
				return err
			}
			if asJSON {
				return show(cmd.OutOrStdout(), report)
			}
			_, _ = fmt.Fprintf(cmd.OutOrStdout(), "Swept at %s\n\n", date(report.SweptAt))
			out := newTable(cmd)
			out.row("CATEGORY", "RULE", "DELETED", "OVERDUE", "OLDEST")
			for _, c := range report.Categories {
				oldest := "-"
				if c.Oldest != nil {
					oldest = date(*c.Oldest)
				}
				out.row(c.Category, c.Rule, c.Deleted, c.Overdue, oldest)
			}
			out.row("all", "", report.Deleted(), report.Overdue(), "")
			return out.Flush()
		},
	}
	tables.read(cmd, "LEDGER_TABLE", "LedgerTableName")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
