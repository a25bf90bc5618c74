package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// status is what an operator may see of a request: neither address nor details, and of exports no name of an object.
type status struct {
	ID            string               `json:"id"`
	Right         privacy.Right        `json:"right"`
	State         request.State        `json:"state"`
	Jurisdiction  privacy.Jurisdiction `json:"jurisdiction,omitempty"`
	PolicyVersion string               `json:"policyVersion"`
	ReceivedAt    time.Time            `json:"receivedAt"`
	VerifiedAt    time.Time            `json:"verifiedAt,omitzero"`
	ClosedAt      time.Time            `json:"closedAt,omitzero"`
	NextStep      request.Step         `json:"nextStep,omitempty"`
	NextAt        time.Time            `json:"nextAt,omitzero"`
	Clocks        []request.Clock      `json:"clocks"`
	Tries         int                  `json:"tries,omitempty"`   // of the mail that is due, which SES has not accepted so far
	Stopped       bool                 `json:"stopped,omitempty"` // an export failed too often; the request waits for the team
	Events        []event              `json:"events"`
	Exports       []export             `json:"exports"`
}

type event struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"`
}

type export struct {
	Attempt   int                 `json:"attempt"`
	State     request.ExportState `json:"state"`
	CreatedAt time.Time           `json:"createdAt"`
	Failures  int                 `json:"failures,omitempty"` // in a row so far
	NextAt    time.Time           `json:"nextAt,omitzero"`
	Bytes     int64               `json:"bytes,omitempty"`
	Downloads []time.Time         `json:"downloads"`
}

func view(f request.File) status {
	r := f.Request
	s := status{
		ID: r.ID, Right: r.Right, State: r.State, Jurisdiction: r.Jurisdiction, PolicyVersion: r.PolicyVersion,
		ReceivedAt: r.ReceivedAt, VerifiedAt: r.VerifiedAt, ClosedAt: r.ClosedAt, NextStep: r.Step, NextAt: r.NextAt,
		Tries: r.Tries, Stopped: f.Stopped(), Clocks: request.Clocks(r), Events: []event{}, Exports: []export{},
	}
	for _, e := range f.Events {
		s.Events = append(s.Events, event{e.At, e.Kind})
	}
	for _, e := range f.Exports {
		s.Exports = append(s.Exports, export{e.Attempt, e.State, e.CreatedAt, e.Failures, e.NextAt, e.Bytes, append([]time.Time{}, e.Downloads...)})
	}
	return s
}

// requestCommand shows the state of one rights request, and begins its export again.
func requestCommand(tables *tables) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "request <id>", Short: "Show a rights request: state, clocks, events, exports; never the address", Args: cobra.ExactArgs(1),
		Long: `Show where a rights request stands: its state and next step, which law's clock is due when and which one binds, what
happened to it, and its exports. Its id is in the function's log lines and in the link of each mail about it. What the
person wrote, the address and the exports' objects are not shown. A deadline that has passed is told on stderr, and so is an
export that has stopped.`,
		Example: "  ctl request 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestOf(args[0])
			if err != nil {
				return err
			}
			file, err := store.Load(cmd.Context(), args[0])
			if errors.Is(err, request.ErrUnknown) {
				return errUnknown
			} else if err != nil {
				return err
			}
			s := view(file)
			if asJSON {
				return show(cmd.OutOrStdout(), s)
			}
			return errors.Join(describe(cmd, s), warn(cmd.ErrOrStderr(), s, tables))
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	cmd.AddCommand(retryCommand(tables))
	return cmd
}

var errUnknown = errors.New("there is no such request, or its retention is over")

// requestOf opens the store of requests for one that is named by its id.
func (t *tables) requestOf(id string) (*requests.Store, error) {
	if _, err := uuid.Parse(id); err != nil {
		return nil, errors.New("this is no id of a request")
	}
	return t.requests()
}

// retryCommand begins an export again that has stopped.
func retryCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "retry <id>", Short: "Begin an export again that has stopped, once its cause is mended", Args: cobra.ExactArgs(1),
		Long: `Begin an export again that has stopped: one that failed 80 times in a row, which takes three days. The address is looked up
again, a new bundle is made, and its link is mailed. Mend the cause first: infra/README.md says how, under "Runbooks".

It is the one command that changes what the service holds, and needs dynamodb:PutItem on the table besides.`,
		Example: "  ctl request retry 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestOf(args[0])
			if err != nil {
				return err
			}
			err = request.Retry(cmd.Context(), store, args[0], tables.now())
			switch {
			case errors.Is(err, request.ErrUnknown):
				return errUnknown
			case errors.Is(err, request.ErrNotStopped):
				return errors.New("no export of this request has stopped")
			case err != nil:
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "The export begins again within a minute. `"+tables.command("request", args[0])+"` shows how it goes.")
			return err
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	return cmd
}

func describe(cmd *cobra.Command, s status) error {
	out := newTable(cmd)
	out.row("Request", s.ID)
	out.row("Right", s.Right)
	out.row("State", s.State)
	out.row("Received", date(s.ReceivedAt))
	out.row("Verified", date(s.VerifiedAt))
	out.row("Closed", date(s.ClosedAt))
	if s.NextStep != "" {
		out.row("Next step", fmt.Sprintf("%s at %s", s.NextStep, date(s.NextAt))+after(s.Tries, "try", "tries"))
	}
	for _, c := range s.Clocks {
		binding := ""
		if c.Binding {
			binding = ", binding"
		}
		out.row("Clock", fmt.Sprintf("%s %s, due %s%s", c.Law, c.Kind, date(c.DueAt), binding))
	}
	for _, e := range s.Events {
		out.row("Event", fmt.Sprintf("%s %s", date(e.At), e.Kind))
	}
	for _, e := range s.Exports {
		next := after(e.Failures, "failure", "failures")
		if !e.NextAt.IsZero() {
			next += ", next at " + date(e.NextAt)
		}
		out.row("Export", fmt.Sprintf("%d %s, made %s, %d bytes, %d downloads", e.Attempt, e.State, date(e.CreatedAt), e.Bytes, len(e.Downloads))+next)
	}
	return out.Flush()
}

// after says how often something came to nothing so far, where it did.
func after(n int, one, many string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return ", after 1 " + one
	default:
		return fmt.Sprintf(", after %d %s", n, many)
	}
}

// warn says it where the binding deadline has passed and a verified request has no final state (promise H13), and where an export has stopped.
func warn(w io.Writer, s status, tables *tables) error {
	if s.Stopped {
		if _, err := fmt.Fprintf(w, "An export has stopped. Mend its cause, then: %s\n", tables.command("request retry", s.ID)); err != nil {
			return err
		}
	}
	for _, c := range s.Clocks {
		if c.Binding && !s.State.Final() && s.State != request.Verifying && tables.now().After(c.DueAt) {
			_, err := fmt.Fprintf(w, "The deadline has passed: %s %s, %s\n", c.Law, c.Kind, date(c.DueAt))
			return err
		}
	}
	return nil
}
