package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/dynamo/ledger"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// reportCommand shows the latest retention report (promise F07).
func reportCommand(tables *tables) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "report", Short: "Show the latest retention report: what was deleted, what is oldest, what is overdue", Args: cobra.NoArgs,
		Long: `Show the retention report of the latest sweep, with a row for each category of data:

  RULE     the rule of the retention schedule
  DELETED  the records that this sweep deleted; DynamoDB's TTL deletes others
  OVERDUE  the records still stored more than 24 hours after their retention ended; each one breaks promise F07
  OLDEST   when the retention period of the oldest stored record began

A second table has a row for each kind of item that the service keeps for itself. DynamoDB's TTL deletes these items within
days. The sweep looks at what is left: at all of a small table, and at one part after another of a large one.

  LOOKED      the items that this sweep looked at
  EXPIRED     those of them that are still stored after their retention ended
  EXPIRED AT  when the first of these expired; 72 hours later an alarm rings
  IGNORED     those that TTL will never delete: the expiry is missing, has a wrong type, or is more than five years ago`,
		Example: "  ctl report\n  ctl report --local --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := tables.ledger()
			if err != nil {
				return err
			}
			report, err := store.Latest(cmd.Context())
			if errors.Is(err, ledger.ErrNoReport) {
				return tables.noReport()
			}
			if err != nil {
				return err
			}
			if asJSON {
				return show(cmd.OutOrStdout(), report)
			}
			return errors.Join(showCategories(cmd, report), showOwn(cmd, report.Own))
		},
	}
	tables.read(cmd, "LEDGER_TABLE", "LedgerTableName")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func showCategories(cmd *cobra.Command, report retention.Report) error {
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
}

// showOwn shows what the service keeps for itself. Reports of older versions do not have it.
func showOwn(cmd *cobra.Command, rows []retention.OwnReport) error {
	if len(rows) == 0 {
		return nil
	}
	_, _ = fmt.Fprintln(cmd.OutOrStdout())
	out := newTable(cmd)
	out.row("OWN KIND", "RULE", "LOOKED", "EXPIRED", "EXPIRED AT", "IGNORED")
	for _, o := range rows {
		expired := "-"
		if o.ExpiredAt != nil {
			expired = date(*o.ExpiredAt)
		}
		out.row(o.Kind, o.Rule, o.Looked, o.Expired, expired, o.Ignored)
	}
	return out.Flush()
}

// noReport says how to get a report at once.
func (t *tables) noReport() error {
	if !t.local {
		return errors.New(`no sweep has reported yet: one runs every hour; to run one now: aws lambda invoke --function-name "$PURGE_FUNCTION:live" /dev/stdout ` +
			`(set PURGE_FUNCTION to the output PurgeFunctionName of the stack)`)
	}
	return fmt.Errorf("no sweep has reported yet: one runs every hour; to run one now: curl -X POST http://localhost:%s/_local/schedules/PurgeSchedule", localPort())
}
