package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

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
	Bytes     int64               `json:"bytes,omitempty"`
	Downloads []time.Time         `json:"downloads"`
}

func view(f request.File) status {
	r := f.Request
	s := status{
		ID: r.ID, Right: r.Right, State: r.State, Jurisdiction: r.Jurisdiction, PolicyVersion: r.PolicyVersion,
		ReceivedAt: r.ReceivedAt, VerifiedAt: r.VerifiedAt, ClosedAt: r.ClosedAt, NextStep: r.Step, NextAt: r.NextAt,
		Clocks: request.Clocks(r), Events: []event{}, Exports: []export{},
	}
	for _, e := range f.Events {
		s.Events = append(s.Events, event{e.At, e.Kind})
	}
	for _, e := range f.Exports {
		s.Exports = append(s.Exports, export{e.Attempt, e.State, e.CreatedAt, e.Bytes, append([]time.Time{}, e.Downloads...)})
	}
	return s
}

// requestCommand shows the state of one rights request.
func requestCommand(tables *tables) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "request <id>", Short: "Show a rights request: state, clocks, events, exports; never the address", Args: cobra.ExactArgs(1),
		Long: `Show where a rights request stands: its state and next step, which law's clock is due when and which one binds, what
happened to it, and its exports. Its id is in the function's log lines and in the link of each mail about it. What the
person wrote, the address and the exports' objects are not shown. A deadline that has passed is told on stderr.`,
		Example: "  ctl request 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de",
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := uuid.Parse(args[0]); err != nil {
				return errors.New("this is no id of a request")
			}
			store, err := tables.requests()
			if err != nil {
				return err
			}
			file, err := store.Load(cmd.Context(), args[0])
			if errors.Is(err, request.ErrUnknown) {
				return errors.New("there is no such request, or its retention is over")
			} else if err != nil {
				return err
			}
			s := view(file)
			if asJSON {
				return show(cmd.OutOrStdout(), s)
			}
			return errors.Join(describe(cmd, s), warn(cmd.ErrOrStderr(), s, tables.now()))
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
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
		out.row("Next step", fmt.Sprintf("%s at %s", s.NextStep, date(s.NextAt)))
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
		out.row("Export", fmt.Sprintf("%d %s, made %s, %d bytes, %d downloads", e.Attempt, e.State, date(e.CreatedAt), e.Bytes, len(e.Downloads)))
	}
	return out.Flush()
}

// warn says it where the binding deadline has passed and a verified request has no final state (promise H13).
func warn(w io.Writer, s status, now time.Time) error {
	for _, c := range s.Clocks {
		if c.Binding && !s.State.Final() && s.State != request.Verifying && now.After(c.DueAt) {
			_, err := fmt.Fprintf(w, "The deadline has passed: %s %s, %s\n", c.Law, c.Kind, date(c.DueAt))
			return err
		}
	}
	return nil
}
