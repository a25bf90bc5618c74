package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/notice"
)

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
		Long: `Show one notice campaign. Every recipient is counted once, by what became of the notice. A recipient counts as told only if
their mail server took the mail. A recipient is one address. If a mail to it is lost for good, the notice goes to another address of the
same person, who then counts there. Counting reads every recipient, so it takes some seconds for a large campaign; "ctl notices watch" is
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
	out.row("Failed", fmt.Sprintf("%d: the mail did not reach this address", c.Failed))
	because := make([]notice.Reason, 0, len(c.FailedBecause))
	for why := range c.FailedBecause {
		because = append(because, why)
	}
	slices.SortFunc(because, func(a, b notice.Reason) int { return cmp.Or(c.FailedBecause[b]-c.FailedBecause[a], cmp.Compare(a, b)) })
	for _, why := range because {
		out.row("", fmt.Sprintf("%d %s", c.FailedBecause[why], reason(why)))
	}
	out.row("Followed", fmt.Sprintf("%d of the failed: the notice went on to another address of the same person", c.Followed))
	out.row("Left to you", fmt.Sprintf("%d of the failed: the notice went to no other address; retry, or reach these people another way", c.Failed-c.Followed))
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
