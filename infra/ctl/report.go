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
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
