package main

import (
	"errors"
	"fmt"
	"io"
	"os/user"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// status is what an operator may see of a request. It has no address, no details, and no names of objects.
type status struct {
	ID            string               `json:"id"`
	Right         privacy.Right        `json:"right"`
	State         request.State        `json:"state"`
	Jurisdiction  privacy.Jurisdiction `json:"jurisdiction,omitempty"`
	PolicyVersion string               `json:"policyVersion"`
	ReceivedAt    time.Time            `json:"receivedAt"`
	Repeats       int                  `json:"repeats,omitempty"` // how often the same was asked for again before it was confirmed
	RepeatedAt    time.Time            `json:"repeatedAt,omitzero"`
	VerifiedAt    time.Time            `json:"verifiedAt,omitzero"`
	ClosedAt      time.Time            `json:"closedAt,omitzero"`
	NextStep      request.Step         `json:"nextStep,omitempty"`
	NextAt        time.Time            `json:"nextAt,omitzero"`
	Clocks        []request.Clock      `json:"clocks"`
	Tries         int                  `json:"tries,omitempty"`      // failed tries of the mail that is due
	WaitingFor    string               `json:"waitingFor,omitempty"` // "team", while the request waits for the team
	Why           string               `json:"why,omitempty"`        // why it does: stopped, returned, shared, detached, frozen
	Events        []event              `json:"events"`
	Exports       []attempt            `json:"exports"`
}

type event struct {
	At     time.Time         `json:"at"`
	Kind   request.EventKind `json:"kind"`
	Reason string            `json:"reason,omitempty"` // why a mail came back, or why the request waits for the team
}

type attempt struct {
	Attempt   int          `json:"attempt"`
	State     export.State `json:"state"`
	CreatedAt time.Time    `json:"createdAt"`
	Failures  int          `json:"failures,omitempty"` // in a row
	NextAt    time.Time    `json:"nextAt,omitzero"`
	Bytes     int64        `json:"bytes,omitempty"`
	Downloads []time.Time  `json:"downloads"`
}

// view returns what an operator may see of a request.
func view(f request.File) status {
	r := f.Request
	s := status{
		ID: r.ID, Right: r.Right, State: r.State, Jurisdiction: r.Jurisdiction, PolicyVersion: r.PolicyVersion,
		ReceivedAt: r.ReceivedAt, Repeats: r.Repeats, RepeatedAt: r.RepeatedAt, VerifiedAt: r.VerifiedAt, ClosedAt: r.ClosedAt, NextStep: r.Step, NextAt: r.NextAt,
		Tries: r.Try, Clocks: request.Clocks(r), Events: []event{}, Exports: []attempt{},
	}
	if why, waits := export.ForTeam(f); waits {
		s.WaitingFor, s.Why = "team", why
	}
	for _, e := range f.Events {
		s.Events = append(s.Events, event{e.At, e.Kind, e.Reason})
	}
	for _, e := range export.Of(f) {
		s.Exports = append(s.Exports, attempt{e.Number, e.State, e.CreatedAt, e.Try, e.NextAt, e.Bytes, append([]time.Time{}, e.Downloads...)})
	}
	return s
}

// requestCommand shows the state of one rights request. Its subcommand restarts a stopped export.
func requestCommand(tables *tables) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "request <id>", Short: "Show the state of a rights request: deadlines, events, exports", Args: cobra.ExactArgs(1),
		Long: `Show a rights request: its state and next step, how often the same was asked for again, the deadline under each law and which
one is binding, what has happened so far, and its exports. You find the id in the functions' log lines, and in the status
link of the mails about the request: the receipt of its confirmation, and its answer. The command does not show the
address, what the person wrote, or the names of the exports' objects. It warns on stderr if the binding deadline has
passed, and if the request waits for the team: because an export has stopped, because the mail with the answer came back, or
because there is doubt whose address it came by.`,
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
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(retryCommand(tables))
	return cmd
}

var errUnknown = errors.New("there is no such request, or its retention has ended")

// requestOf checks the id of a request and opens the store of requests.
func (t *tables) requestOf(id string) (*requests.Store, error) {
	if _, err := uuid.Parse(id); err != nil {
		return nil, errors.New("this is not the id of a request: an id looks like 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de")
	}
	return t.requests()
}

// retryCommand answers a request again that waits for the team.
func retryCommand(tables *tables) *cobra.Command {
	cmd := &cobra.Command{
		Use: "retry <id>", Short: "Answer a request again that waits for the team", Args: cobra.ExactArgs(1),
		Long: `Answer a request again that waits for the team: its export has stopped, after 80 failures in a row, which take three days, the
mail with its answer came back, or there was doubt whose address it came by. The service looks up the address again, makes a new
bundle, and mails its link. While there is doubt, the request goes back to the team. Fix the cause first: "Runbooks" in
infra/README.md says how.

The command writes an audit entry with the name of your account on this machine, which is
kept for three years. So it also needs LEDGER_TABLE, the name of the table in the output LedgerTableName, and dynamodb:PutItem
on both tables.`,
		Example: "  ctl request retry 019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de",
		RunE: func(cmd *cobra.Command, args []string) error {
			store, err := tables.requestOf(args[0])
			if err != nil {
				return err
			}
			if store.Ledger, err = tables.name("LEDGER_TABLE", "LedgerTable"); err != nil {
				return err
			}
			err = export.Retry(cmd.Context(), store, args[0], operator(), policy.InForce(tables.now()).SpanOf(policy.AuditEntry), tables.now())
			switch {
			case errors.Is(err, request.ErrUnknown):
				return errUnknown
			case errors.Is(err, export.ErrNotStopped):
				return errors.New("this request does not wait for the team: no export of it has stopped, no answer came back, and nobody doubts its address")
			case err != nil:
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "The answer is made again within a minute. `"+tables.command("request", args[0])+"` shows its progress.")
			return err
		},
	}
	tables.read(cmd, "REQUESTS_TABLE", "RequestsTableName")
	return cmd
}

// operator returns the account that runs the command, for the audit entry.
func operator() audit.Actor {
	name := "unknown"
	if account, err := user.Current(); err == nil {
		name = account.Username
	}
	return audit.Actor{Kind: audit.Operator, ID: name}
}

// describe writes a request as a table.
func describe(cmd *cobra.Command, s status) error {
	out := newTable(cmd)
	out.row("Request", s.ID)
	out.row("Right", s.Right)
	out.row("State", s.State)
	if s.WaitingFor != "" {
		out.row("Waits for", "the "+s.WaitingFor+", "+s.Why)
	}
	out.row("Received", date(s.ReceivedAt))
	if s.Repeats > 0 {
		out.row("Repeated", fmt.Sprintf("%d times, last %s", s.Repeats, date(s.RepeatedAt)))
	}
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
		why := ""
		if e.Reason != "" {
			why = ", " + e.Reason
		}
		out.row("Event", fmt.Sprintf("%s %s%s", date(e.At), e.Kind, why))
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

// after says how often something has failed, or returns "" for n = 0.
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

// meanings says what the team does about a request, by why it waits for the team. Each ends with the command that follows.
var meanings = map[string]string{
	export.WhyStopped:        "An export has stopped. Fix the cause, then run",
	export.WhyReturned:       "The mail with the answer came back. Once the mailbox works again, run",
	string(subject.Shared):   "Several people use the address, so nothing is answered by it automatically. Answer by hand, or run, once one person alone uses it",
	string(subject.Detached): "The address was taken away from the person, and may have another owner. Answer by hand, or run, once it is theirs again",
	string(subject.Frozen):   "Somebody contests a change of the person's addresses. Once you have released the address, run",
}

// warn warns if a request waits for the team, and if a verified request is still open after its binding deadline (promise H13).
func warn(w io.Writer, s status, tables *tables) error {
	if meaning := meanings[s.Why]; meaning != "" {
		if _, err := fmt.Fprintf(w, "%s: %s\n", meaning, tables.command("request retry", s.ID)); err != nil {
			return err
		}
	}
	for _, c := range s.Clocks {
		if c.Binding && !s.State.Final() && s.State != request.Verifying && tables.now().After(c.DueAt) {
			_, err := fmt.Fprintf(w, "The binding deadline has passed: %s %s, due %s\n", c.Law, c.Kind, date(c.DueAt))
			return err
		}
	}
	return nil
}
