package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/notice"
)

// actions says for each act what its command is about.
var actions = map[notice.Act]struct{ short, long string }{
	notice.Pause: {"Stop a campaign for a while",
		`Stop a notice campaign until you resume it. Mails that were already handed to SES still arrive.`},
	notice.Resume: {"Let a paused campaign go on",
		`Let a paused notice campaign go on where it stopped. Nobody is mailed twice.`},
	notice.Cancel: {"End a campaign for good, before it is complete",
		`End a notice campaign for good. People who have not been mailed yet will not be, and this version of the policy cannot be
announced again. The command asks you to type the version once more, unless you pass --yes.`},
	notice.Retry: {"Try again what failed, after you have fixed the cause",
		`Try again what failed for a reason that may pass: whatever blocks the campaign, and each recipient whom the notice did not
reach although a later mail may. Fix the cause first: "Runbooks" in infra/README.md says how.`},
}

// actNeeds ends the help of an act.
const actNeeds = `

The act writes an audit entry with the name of your account on this machine, which is kept for three years. So it also needs
LEDGER_TABLE, the name of the table in the output LedgerTableName, dynamodb:UpdateItem on the first table and
dynamodb:PutItem on the second.`

// actCommand acts on one campaign.
func actCommand(tables *tables, act notice.Act) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use: string(act) + " <version>", Short: actions[act].short, Args: cobra.ExactArgs(1), Long: actions[act].long + actNeeds,
		Example: "  ctl notices " + string(act) + " 2027-01-04",
		RunE: func(cmd *cobra.Command, args []string) error {
			control, err := tables.notices()
			if err != nil {
				return err
			}
			if _, err := tables.name("LEDGER_TABLE", "LedgerTable"); err != nil {
				return err
			}
			before, err := control.Find(cmd.Context(), args[0])
			if err != nil {
				return tables.plain(err)
			}
			if act == notice.Cancel && !yes && before.State != notice.Cancelled {
				if err := typedAgain(cmd, args[0]); err != nil {
					return err
				}
			}
			after, err := control.Do(cmd.Context(), act, args[0], operator())
			if err != nil {
				return tables.plain(err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), tables.happened(act, after.View()))
			return err
		},
	}
	tables.read(cmd, "NOTICES_TABLE", "NoticesTableName")
	if act == notice.Cancel {
		cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	}
	return cmd
}

// happened says what an act did, and what the operator may want next.
func (t *tables) happened(act notice.Act, v notice.View) string {
	said := fmt.Sprintf("The campaign about %s is %s now: %s.", v.Version, v.State, states[v.State])
	switch act {
	case notice.Pause:
		return said + " To let it go on: " + t.command("notices resume", v.Version)
	case notice.Resume, notice.Retry:
		next := "show" // watching ends when everybody was mailed once
		if v.State != notice.Following {
			next = "watch"
		}
		return said + " It goes on within a minute: " + t.command("notices "+next, v.Version)
	default:
		return said
	}
}

// typedAgain asks the operator to type the version, since what follows cannot be undone.
func typedAgain(cmd *cobra.Command, version string) error {
	answer, err := ask(cmd, "Nobody else will be told about "+version+", for good. Type the version to end its campaign: ")
	if err == nil && answer != version {
		err = errors.New("this is not the version: nothing was changed")
	}
	return err
}

// ask writes a question to stderr and reads one line of the answer, which it never repeats.
func ask(cmd *cobra.Command, question string) (string, error) {
	if _, err := fmt.Fprint(cmd.ErrOrStderr(), question); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(cmd.InOrStdin(), 1000)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSpace(line), nil
}
