package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/letters"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mail"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// previewCommand shows the letter about a version.
func previewCommand(tables *tables) *cobra.Command {
	var page string
	cmd := &cobra.Command{
		Use: "preview <version>", Short: "Show the letter about a version of the policy", Args: cobra.ExactArgs(1),
		Long: `Write the subject and the text of the letter about a version of the policy to the terminal, and its HTML to a file if you name
one. It is the same letter for everybody. The command reads no table and sends nothing. It knows the versions that were
published when ctl was built.

The links in the letter need ORIGIN, the URL at which people reach the service. With --local, they lead to the stack that
make run started on PORT.`,
		Example: "  ctl notices preview 2027-01-04 --local --html letter.html",
		RunE: func(cmd *cobra.Command, args []string) error {
			letter, err := tables.letter(cmd, args[0])
			if err != nil {
				return err
			}
			if page != "" {
				if err := os.WriteFile(page, []byte(letter.HTML), 0o644); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "Subject: %s\n\n%s", letter.Subject, letter.Text)
			return err
		},
	}
	tables.here(cmd)
	cmd.Flags().StringVar(&page, "html", "", "write the HTML to this `file`")
	return cmd
}

// testCommand sends the letter about a version to one address.
func testCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "test <version>", Short: "Send the letter about a version to one address that you type", Args: cobra.ExactArgs(1),
		Long: `Send the letter about a version of the policy to one address, as its campaign would send it. The command asks for the address,
so that it is in no history of your shell and in no list of processes. It stores the address nowhere.

On AWS, the command reads AWS_REGION and the credentials, ORIGIN (the URL at which people reach the service), MAIL_FROM (the
parameter MailFrom) and MAIL_CONFIGURATION_SET (the output MailConfigurationName). You need ses:SendEmail and
ses:SendBulkEmail. With --local, the letter arrives in the inbox of the stack that make run started on PORT.`,
		Example: "  ctl notices test 2027-01-04 --local",
		RunE: func(cmd *cobra.Command, args []string) error {
			letter, err := tables.letter(cmd, args[0])
			if err != nil {
				return err
			}
			sender, err := tables.sender()
			if err != nil {
				return err
			}
			address, err := ask(cmd, "Address: ")
			if err != nil {
				return err
			}
			bulk := mail.BulkMessage{Subject: letter.Subject, Text: letter.Text, HTML: letter.HTML, Kind: feedback.Notice, About: args[0]}
			answers, err := sender.Bulk(cmd.Context(), bulk, []feedback.Recipient{{Address: address, Part: "test"}})
			if err != nil {
				return err
			}
			if said := answers[0]; said.Verdict != feedback.Accepted {
				return errors.New(notSent(said))
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "SES took the letter.")
			return err
		},
	}
	tables.here(cmd)
	return cmd
}

// notSent says why SES did not take the letter.
func notSent(a feedback.Answer) string {
	switch a.Verdict {
	case feedback.Unmailable:
		return "no mail can reach this address: nothing was sent"
	case feedback.Uncertain:
		return "SES did not answer: the letter may have been sent"
	default:
		return "SES did not take the letter: " + reason(notice.Reason(a.Reason))
	}
}

// here adds the flag of commands that read no table.
func (t *tables) here(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&t.local, "local", false, "use the local stack (set PORT and DATA as for make run)")
}

// letter writes the letter about a version.
func (t *tables) letter(cmd *cobra.Command, version string) (notice.Letter, error) {
	if !policy.Versions().Has(version) {
		return notice.Letter{}, errors.New("no such version was published when ctl was built")
	}
	origin := os.Getenv("ORIGIN")
	if t.local {
		origin = "http://localhost:" + localPort()
	} else if origin == "" {
		return notice.Letter{}, errors.New("ORIGIN is not set: set it to the URL at which people reach the service, or use --local")
	}
	letter, err := letters.Notices{Origin: links.Origin(strings.TrimSuffix(origin, "/"))}.Letter(cmd.Context(), version)
	if err != nil {
		return letter, errors.New(strings.TrimPrefix(err.Error(), "letters: "))
	}
	return letter, nil
}

// sender opens SES, on AWS or in the local stack.
func (t *tables) sender() (*mail.Sender, error) {
	from, set := os.Getenv("MAIL_FROM"), os.Getenv("MAIL_CONFIGURATION_SET")
	if t.local {
		template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
		if err != nil {
			return nil, err
		}
		from, set = template.Parameters["MailFrom"].Default, "MailConfiguration"
		if err := useLocal(); err != nil {
			return nil, err
		}
	}
	if from == "" || set == "" {
		return nil, errors.New("MAIL_FROM or MAIL_CONFIGURATION_SET is not set: set both, or use --local")
	}
	return mail.Open(from, set, metric.Meter{Out: io.Discard, Stack: "ctl", Now: t.now}), nil
}

// localPort returns the port of the local stack.
func localPort() string {
	if port := os.Getenv("PORT"); port != "" {
		return port
	}
	return "8080"
}
