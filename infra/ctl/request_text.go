package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/request"
)

// textCommand shows what a person wrote.
func textCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "text <id>", Short: "Show what was typed into a request, which is recorded", Args: cobra.ExactArgs(1),
		Long: `Show what was typed into a request: the address, who filed it for somebody else, the address of a child, the text, and the mails to
the privacy address that belong to it, without their attachments. Use it only to decide the request: it is the one command that shows personal data. The audit entry is written before anything is shown,
and people are told who has looked at their data.

Nobody has proven who wrote the text of a complaint: its address can be anybody's. The same holds for a mail that nobody has
confirmed, and for one of which it says here that anybody may have sent it.` + needsLedger,
		Example: "  ctl request text 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestToActOn(args[0])
			if err != nil {
				return err
			}
			file, err := request.View(cmd.Context(), store, args[0], operator(), tables.now())
			if err != nil {
				return plainly(err)
			}
			return typed(cmd, file.Request)
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	return cmd
}

// typed writes all that was typed into a request.
func typed(cmd *cobra.Command, r request.Request) error {
	out := newTable(cmd)
	if r.Email == "" && len(r.Messages) > 0 {
		out.row("Address", "none that could be answered")
	} else {
		out.row("Address", seen(r.Email))
	}
	if r.Agent != (request.Agent{}) {
		out.row("Filed by", seen(r.Agent.Name)+", "+seen(r.Agent.Email)+", "+seen(r.Agent.Relation))
	}
	if r.Child != "" {
		out.row("Child", seen(r.Child))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if r.Details != "" {
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n", seen(r.Details)); err != nil {
			return err
		}
	}
	for _, m := range r.Messages {
		words := seen(m.Text)
		if words == "" {
			words = "(no words could be read)"
		}
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "\n%s\n%s\n", arrival(m), words); err != nil {
			return err
		}
	}
	return nil
}

// arrival says when a mail arrived, and what is to be known about it.
func arrival(m request.Message) string {
	says := "By mail on " + date(m.At)
	if !m.Sure {
		says += ", and anybody may have sent it"
	}
	if m.Cut {
		says += ", not whole"
	}
	if m.Attachments > 0 {
		says += fmt.Sprintf(", without its attachments (%d)", m.Attachments)
	}
	return says + ":"
}

// seen returns a text without what changes how a terminal shows the rest.
func seen(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	return strings.Map(func(c rune) rune {
		if c != '\n' && c != '\t' && (unicode.IsControl(c) || unicode.Is(unicode.Cf, c)) {
			return -1
		}
		return c
	}, text)
}

// readReason reads lines up to one that has only a dot.
func readReason(r io.Reader) (string, error) {
	var lines []string
	scan := bufio.NewScanner(r)
	scan.Buffer(nil, mostTyped+1)
	for scan.Scan() && scan.Text() != "." {
		lines = append(lines, scan.Text())
	}
	return strings.TrimSpace(strings.Join(lines, "\n")), scan.Err()
}
