package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// queueView is what the team sees of the requests that are not closed. It has no personal data.
type queueView struct {
	At          time.Time  `json:"at"`
	Open        int        `json:"open"` // all that are not closed
	Overdue     int        `json:"overdue"`
	Waiting     int        `json:"waitingForTeam"`
	Unconfirmed int        `json:"unconfirmed"`
	Requests    []lineView `json:"requests"` // due first

	Outstanding []outstanding `json:"outstanding"` // erasures, oldest first
}

// outstanding is an erasure of which a system has not said yet that it has erased the person too. Its request may be closed.
type outstanding struct {
	ID       string    `json:"id"`
	ErasedAt time.Time `json:"erasedAt,omitzero"`
	Systems  []string  `json:"systems"`
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

// queueOf returns what the team sees. Without all, those are left out that nobody has confirmed, that do not wait for the team and are not overdue.
func queueOf(lines []request.Line, all bool, now time.Time) queueView {
	v := queueView{At: now.UTC().Truncate(time.Second), Open: len(lines), Requests: []lineView{}}
	for _, l := range lines {
		late, unconfirmed := l.Overdue(now), l.State == request.Verifying && l.WaitingFor != request.ForTeam // as a mail may
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
for the team. A mail to the privacy address is a question until its sender says what it means; it waits for the team if nobody
has opened the link that was mailed because of it. Other requests that nobody has confirmed yet are counted; --all shows them
too. The list shows no personal data, and may be some seconds old. It makes four queries of the index "open", however many requests are closed.

Below them it shows the erasures that another system has not confirmed yet, also of requests that are closed. For these it makes
four queries of the index "work", and reads each erasure that is not over.

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
			if v.Outstanding, err = outstandingIn(cmd.Context(), store); err != nil {
				return err
			}
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

// waitsFor says for whom or what a request waits.
var waitsFor = map[request.Wait]string{
	request.ForTeam: "the team", request.ForYou: "the person", request.ForCooling: "cooling off", request.ForDays: "its address",
}

// whenever is later than anything is due.
var whenever = time.Unix(1<<33, 0)

// outstandingIn reads the erasures that another system has not confirmed yet. An erasure is due again as long as there is one.
func outstandingIn(ctx context.Context, store *requests.Store) (all []outstanding, err error) {
	due, err := (&queue.Queue{Client: store.Client, Table: store.Table}).Due(ctx, whenever)
	if err != nil {
		return nil, err
	}
	all = []outstanding{}
	for _, task := range due {
		if task.Kind != work.Erase {
			continue
		}
		file, err := store.Load(ctx, task.Ref)
		if errors.Is(err, request.ErrUnknown) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if e := erasure.Of(file); len(e.Outstanding()) > 0 {
			all = append(all, outstanding{e.Request, e.ErasedAt, e.Outstanding()})
		}
	}
	slices.SortFunc(all, func(a, b outstanding) int { return cmp.Or(a.ErasedAt.Compare(b.ErasedAt), strings.Compare(a.ID, b.ID)) })
	return all, nil
}

// listed writes the queue as a table, and the counts below it.
func listed(cmd *cobra.Command, v queueView) error {
	out := newTable(cmd)
	out.row("DUE", "REQUEST", "RIGHT", "STATE", "WAITS FOR", "RECEIVED")
	for _, l := range v.Requests {
		due, waits := date(l.DueAt), waitsFor[l.WaitingFor]
		if l.Overdue {
			due += " OVERDUE"
		}
		if waits == "" {
			waits = "-"
		}
		out.row(due, l.ID, l.Right, l.State, waits, date(l.ReceivedAt))
	}
	if err := out.Flush(); err != nil {
		return err
	}
	for _, o := range v.Outstanding {
		if _, err := fmt.Fprintf(cmd.OutOrStdout(), "Erasure %s: outstanding %s\n", o.ID, strings.Join(o.Systems, ", ")); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(cmd.OutOrStdout(), "%d open, %d overdue, %d for the team, %d not confirmed yet\n", v.Open, v.Overdue, v.Waiting, v.Unconfirmed)
	return err
}
