package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// queueView is what the team sees of the requests that are not closed. It has no personal data.
type queueView struct {
	At          time.Time  `json:"at"`
	Open        int        `json:"open"` // all that are not closed
	Overdue     int        `json:"overdue"`
	Waiting     int        `json:"waitingForTeam"`
	Unconfirmed int        `json:"unconfirmed"`
	Requests    []lineView `json:"requests"` // due first
}

type lineView struct {
	ID           string               `json:"id"`
	Right        privacy.Right        `json:"right"`
	State        request.State        `json:"state"`
	WaitingFor   request.Wait         `json:"waitingFor,omitempty"`
	Jurisdiction privacy.Jurisdiction `json:"jurisdiction,omitempty"`
	ReceivedAt   time.Time            `json:"receivedAt"`
	DueAt        time.Time            `json:"dueAt"`
	Overdue      bool                 `json:"overdue,omitempty"`
}

// queueOf returns what the team sees. Without all, those are left out that nobody has confirmed and that are not overdue.
func queueOf(lines []request.Line, all bool, now time.Time) queueView {
	v := queueView{At: now.UTC().Truncate(time.Second), Open: len(lines), Requests: []lineView{}}
	for _, l := range lines {
		late, unconfirmed := l.Overdue(now), l.State == request.Verifying
		if late {
			v.Overdue++
		}
		if unconfirmed {
			v.Unconfirmed++
		}
		if l.WaitingFor == request.ForTeam {
			v.Waiting++
		}
		if all || late || !unconfirmed {
			v.Requests = append(v.Requests, lineView{l.ID, l.Right, l.State, l.WaitingFor, l.Jurisdiction, l.ReceivedAt, l.DueAt, late})
		}
	}
	return v
}

// requestsCommand shows the queue of the privacy team.
func requestsCommand(tables *tables) *cobra.Command {
	var asJSON, all bool
	cmd := &cobra.Command{
		Use: "requests", Short: "Show the requests that are not closed, due first", Args: cobra.NoArgs,
		Long: `Show the rights requests that are not closed, due first: the deadline that binds, whether it has passed, and which of them wait
for the team. Requests that nobody has confirmed yet are counted; --all shows them too. The list shows no personal data, and
may be some seconds old. It makes four queries of the index "open", however many requests are closed.

"ctl request" shows one of them and says what to do; "Runbooks" in infra/README.md explains how.`,
		Example: "  ctl requests --json",
		RunE: func(cmd *cobra.Command, _ []string) error {
			store, err := tables.requests()
			if err != nil {
				return err
			}
			lines, err := store.Open(cmd.Context())
			if err != nil {
				return err
			}
			v := queueOf(lines, all, tables.now())
			if asJSON {
				return show(cmd.OutOrStdout(), v)
			}
			return listed(cmd, v)
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&all, "all", false, "show those too that nobody has confirmed")
	return cmd
}

// listed writes the queue as a table, and the counts below it.
func listed(cmd *cobra.Command, v queueView) error {
	out := newTable(cmd)
	out.row("DUE", "REQUEST", "RIGHT", "STATE", "WAITS FOR", "RECEIVED")
	for _, l := range v.Requests {
		due, waits := date(l.DueAt), "-"
		if l.Overdue {
			due += " OVERDUE"
		}
		if l.WaitingFor == request.ForTeam {
			waits = "the team"
		}
		out.row(due, l.ID, l.Right, l.State, waits, date(l.ReceivedAt))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d open, %d overdue, %d for the team, %d not confirmed yet\n", v.Open, v.Overdue, v.Waiting, v.Unconfirmed)
	return err
}
