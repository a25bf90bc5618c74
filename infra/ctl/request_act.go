package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// closeCommand decides the outcome of a request.
func closeCommand(tables *tables) *cobra.Command {
	var result string
	var goesOn []string
	var told bool
	cmd := &cobra.Command{
		Use: "close <id>", Short: "Decide the outcome of a request, and have it mailed", Args: cobra.ExactArgs(1),
		Long: `Decide the outcome of a request: done, partly_done or refused. The command asks for the reason, since that must not be in the
history of your shell. The person reads the reason as you write it, in a mail that also names the authority and the court:
name nobody in it, and nothing about anybody else. After partly_done or refused, say what was not done, and why.

Do first what the person asks for; the command does none of it. The request is closed once SES has accepted the mail. If an
objection or a restriction is refused, it is lifted then. If you agree with only a part of an objection, name with --purposes
what goes on in spite of it: the objection to that is lifted, and the rest stays in force. Nobody can refuse an objection to
direct marketing. If no mail may reach the person, tell them in another way and pass
--told: then no mail leaves, and the request is closed at once. A mail to the privacy address that nobody has confirmed is closed
with --told alone, since nobody has proven who wrote it; what is stored of its words is deleted then.` + needsLedger,
		Example: `  ctl request close 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de --result done
  ctl request close 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de --result partly_done --purposes quality_assurance`,
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestToActOn(args[0])
			if err != nil {
				return err
			}
			reason, err := typedReason(cmd)
			if err != nil {
				return err
			}
			decide, becomes := request.CloseBy, "The outcome is mailed within a minute, and the request is closed once SES has accepted the mail"
			if told {
				decide, becomes = request.CloseTold, "The request is closed, and no mail leaves"
			}
			outcome := request.Outcome{Result: request.Result(result), Reason: reason}
			for _, id := range goesOn {
				outcome.GoesOn = append(outcome.GoesOn, privacy.Purpose(id))
			}
			if err := decide(cmd.Context(), store, args[0], operator(), outcome, tables.now()); err != nil {
				return plainly(err)
			}
			return tables.followed(cmd, becomes, args[0])
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	cmd.Flags().StringVar(&result, "result", "", "done, partly_done or refused")
	cmd.Flags().StringSliceVar(&goesOn, "purposes", nil, "of an objection that is partly_done: what goes on in spite of it")
	cmd.Flags().BoolVar(&told, "told", false, "the person was told in another way: mail nothing")
	if err := cmd.MarkFlagRequired("result"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// extendCommand gives the answer to a request more time.
func extendCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "extend <id>", Short: "Take more time for a request, and have the person told why", Args: cobra.ExactArgs(1),
		Long: `Take more time for a request, once: two more months in the EU and the UK, 45 more days in California. The law allows that only if a
request is complex or there are very many, and if the person is told why before the original deadline. The command asks for
the reason, since that must not be in the history of your shell. The person reads it as you write it: name nobody in it.

The extension is in force once SES has accepted the mail. If it does not until the original deadline, the extension is dropped,
whatever the clock of this machine says, and RequestsForTeamAlarm rings. A report about a child's data and an opt-out cannot be extended.` + needsLedger,
		Example: "  ctl request extend 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestToActOn(args[0])
			if err != nil {
				return err
			}
			reason, err := typedReason(cmd)
			if err != nil {
				return err
			}
			if err := request.Extend(cmd.Context(), store, args[0], operator(), reason, tables.now()); err != nil {
				return plainly(err)
			}
			return tables.followed(cmd, "The notice is mailed within a minute, and the extension is in force once SES has accepted it", args[0])
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	return cmd
}

// releaseRequestCommand has a request answered that waits because of its address.
func releaseRequestCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "release <id>", Short: "Answer a request that waits because its address is new or frozen", Args: cobra.ExactArgs(1),
		Long: `Answer a request that waits because its address is new, or because somebody contests the change that led to it. Run this only
once you know whose address it is: the answer goes there. It counts for this request alone; "ctl subject release" ends the
freeze of an address for all. If several people use the address, or it was taken away, the request stays with the team.` + needsLedger,
		Example: "  ctl request release 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestToActOn(args[0])
			if err != nil {
				return err
			}
			if err := request.Release(cmd.Context(), store, args[0], operator(), tables.now()); err != nil {
				return plainly(err)
			}
			return tables.followed(cmd, "The request is answered within a minute", args[0])
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	return cmd
}

// followed says what became of an act, and how to see more.
func (t *tables) followed(cmd *cobra.Command, becomes, id string) error {
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s. `%s` shows it.\n", becomes, t.command("request", id))
	return err
}

// mostTyped is how many bytes of a reason are read. More than the longest reason fit, so that one that is too long is refused and not cut.
const mostTyped = 1 << 14

// typedReason asks for a reason and reads it from stdin: all of it, or up to a line with a dot alone.
func typedReason(cmd *cobra.Command) (string, error) {
	if _, err := fmt.Fprint(cmd.ErrOrStderr(), "The reason, as the person will read it. Name nobody. End with a line that has only a dot:\n"); err != nil {
		return "", err
	}
	return readReason(io.LimitReader(cmd.InOrStdin(), mostTyped))
}

// plainly returns the error of an act in an operator's words.
func plainly(err error) error {
	for known, says := range map[error]string{
		request.ErrClosed:        "this request is closed already",
		request.ErrUnconfirmed:   "nobody has confirmed this request: until somebody does, nothing is done about it, and it ends by itself. A mail to the privacy address waits for you: answer it from your own mailbox, and close it with --told",
		request.ErrUnderway:      "the service is working on this request: try again in a few minutes, and see its next step",
		request.ErrTooLate:       "by the clock of this machine, the deadline of this request has passed: it cannot be extended any more",
		request.ErrExtended:      "this request was extended already: nothing allows a second extension",
		request.ErrNoExtension:   "nothing allows more time for this right",
		request.ErrNotReleasable: "this request does not wait because its address is new or frozen",
		request.ErrChanged:       "others are changing this request: try again",
		request.ErrUnknown:       errUnknown.Error(),
	} {
		if errors.Is(err, known) {
			return errors.New(says)
		}
	}
	if refused, ok := errors.AsType[*fault.Error](err); ok && len(refused.Fields) > 0 {
		field := refused.Fields[0]
		return errors.New("the " + strings.TrimPrefix(field.Pointer, "/") + " " + field.Detail + ": nothing was changed")
	}
	return err
}
