package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"

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

// stateWord is the state of a campaign for a table.
func stateWord(v notice.View) string {
	switch {
	case v.Orphaned:
		return string(v.State) + " (not in this release)"
	case v.Reason != "":
		return fmt.Sprintf("%s (%s)", v.State, v.Reason)
	default:
		return string(v.State)
	}
}

// showNoticeCommand shows one campaign with the exact counts of its recipients.
func showNoticeCommand(tables *tables) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "show <version>", Short: "Show one campaign: its state, why it is blocked, and who was told, in numbers", Args: cobra.ExactArgs(1),
		Long: `Show one notice campaign. Every recipient is counted once, by what became of the notice. Only those count as told whose mail
server took the mail. Counting reads every recipient, so it takes some seconds for a large campaign; "ctl notices watch" is
cheaper. The command warns on stderr if something needs you. It shows numbers only, never a recipient.`,
		Example: "  ctl notices show 2027-01-04",
		RunE: func(cmd *cobra.Command, args []string) error {
			control, err := tables.notices()
			if err != nil {
				return err
			}
			one, err := control.Show(cmd.Context(), args[0])
			if err != nil {
				return tables.plain(err)
			}
			if asJSON {
				return show(cmd.OutOrStdout(), one.View())
			}
			return errors.Join(describeCampaign(cmd, one.View()), tables.warnNotice(cmd, one.View()))
		},
	}
	tables.read(cmd, "NOTICES_TABLE", "NoticesTableName")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// describeCampaign writes a campaign as a table.
func describeCampaign(cmd *cobra.Command, v notice.View) error {
	out := newTable(cmd)
	out.row("Version", v.Version)
	out.row("Kind", v.Kind+audiences[v.Kind])
	out.row("State", fmt.Sprintf("%s: %s", v.State, states[v.State]))
	if v.Reason != "" {
		out.row("Reason", reason(v.Reason))
	}
	out.row("Starts", date(v.AnnounceAt))
	out.row("Deadline", date(v.Deadline))
	out.row("Started", date(v.StartedAt))
	out.row("Ended", date(v.FinishedAt))
	out.row("Expected", v.Expected)
	c := v.Counts
	out.row("Told", fmt.Sprintf("%d of %d recipients: their mail server took the mail", c.Told, c.Recipients))
	out.row("Accepted", fmt.Sprintf("%d: SES took the mail and has not said yet whether it arrived", c.Accepted))
	out.row("Waiting", fmt.Sprintf("%d: SES did not take the mail for now; it is sent again", c.Waiting))
	out.row("Unknown", fmt.Sprintf("%d: nobody knows whether SES took the mail; it is cleared up, or sent again", c.Unknown))
	out.row("Failed", fmt.Sprintf("%d: the mail did not reach them", c.Failed))
	because := make([]notice.Reason, 0, len(c.FailedBecause))
	for why := range c.FailedBecause {
		because = append(because, why)
	}
	slices.SortFunc(because, func(a, b notice.Reason) int { return cmp.Or(c.FailedBecause[b]-c.FailedBecause[a], cmp.Compare(a, b)) })
	for _, why := range because {
		out.row("", fmt.Sprintf("%d %s", c.FailedBecause[why], reason(why)))
	}
	out.row("Perhaps twice", fmt.Sprintf("%d: these may have got the mail twice", c.PerhapsTwice))
	out.row("Complained", fmt.Sprintf("%d: these reported the mail as spam", c.Complained))
	return out.Flush()
}

// warnNotice says what needs the operator.
func (t *tables) warnNotice(cmd *cobra.Command, v notice.View) error {
	var warnings []string
	if v.Orphaned {
		warnings = append(warnings, "This release does not have the version. Nothing happens until a release has it.")
	}
	if v.State == notice.Blocked {
		warnings = append(warnings, "The campaign is blocked and tries again each minute. Fix the cause. To retry failed recipients too: "+t.command("notices retry", v.Version))
	}
	running := v.State == notice.Scheduled || v.State == notice.Running || v.State == notice.Blocked || v.State == notice.Paused
	if running && t.now().After(v.Deadline) {
		warnings = append(warnings, "The deadline has passed, and not everybody was mailed.")
	}
	for _, warning := range warnings {
		if _, err := fmt.Fprintln(cmd.ErrOrStderr(), warning); err != nil {
			return err
		}
	}
	return nil
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
	return notice.Control{Register: store, Recipients: store, Published: published, Kept: policy.InForce(t.now()).SpanOf(policy.AuditEntry), Now: t.now}, nil
}

// published reports whether this build of ctl has a version.
func published(version string) bool {
	return slices.ContainsFunc(policy.Versions(), func(v policy.Published) bool { return v.Version == version })
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
