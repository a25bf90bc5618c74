package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// noticesCommand lists the notice campaigns. Its subcommands show one of them, act on it, and show its letter (promises K02, D05).
func noticesCommand(tables *tables) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "notices", Short: "List who is told about new versions of the policy, and how far that is", Args: cobra.NoArgs,
		Long: `List the notice campaigns, the newest first. A campaign starts by itself when a version of the policy is published whose kind is
"significant" or "business_transfer". ACCEPTED counts the mails that SES took while the campaign ran, and FAILED those that
it gave up at once. "ctl notices show" has the exact counts. No command shows who the recipients are.`,
		Example: "  ctl notices\n  ctl notices --local --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			control, err := tables.notices()
			if err != nil {
				return err
			}
			list, err := control.List(cmd.Context())
			if err != nil {
				return err
			}
			views := make([]notice.View, len(list))
			for i, one := range list {
				views[i] = one.View()
			}
			if asJSON {
				return show(cmd.OutOrStdout(), views)
			}
			if len(views) == 0 {
				_, err := fmt.Fprintln(cmd.OutOrStdout(), "No campaign yet. The service looks for new versions of the policy every minute.")
				return err
			}
			out := newTable(cmd)
			out.row("VERSION", "KIND", "STATE", "STARTS", "EXPECTED", "ACCEPTED", "FAILED")
			for _, v := range views {
				out.row(v.Version, v.Kind, stateWord(v), date(v.AnnounceAt), v.Expected, v.Progress.Accepted, v.Progress.Failed)
			}
			return out.Flush()
		},
	}
	tables.read(cmd, "NOTICES_TABLE", "NoticesTableName")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(showNoticeCommand(tables), watchCommand(tables), previewCommand(tables), testCommand(tables))
	for _, act := range []notice.Act{notice.Pause, notice.Resume, notice.Cancel, notice.Retry} {
		cmd.AddCommand(actCommand(tables, act))
	}
	return cmd
}

// notices opens the campaigns for reading.
func (t *tables) notices() (notice.Control, error) {
	name, err := t.name("NOTICES_TABLE", "NoticesTable")
	if err != nil {
		return notice.Control{}, err
	}
	store := &notices.Store{Client: dynamo.Open(), Table: name, Ledger: os.Getenv("LEDGER_TABLE"), Now: t.now}
	if t.local {
		store.Ledger = "LedgerTable"
	}
	return notice.Control{Register: store, Recipients: store, Published: policy.Versions().Has, Policy: policy.InForce, Now: t.now}, nil
}

// plain returns an error in words for the terminal.
func (t *tables) plain(err error) error {
	if refused, ok := errors.AsType[*fault.Error](err); ok {
		if refused.Kind == fault.NotFound {
			return errors.New("there is no notice campaign about this version: `ctl notices` lists those that there are")
		}
		return errors.New(refused.Detail)
	}
	return err
}
