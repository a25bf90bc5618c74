package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// describeSubject writes what is behind an alias as a table.
func describeSubject(cmd *cobra.Command, s shownSubject) error {
	out := newTable(cmd)
	out.row("Typed", strings.Join(stateOf(s.Alias), "; "))
	for _, p := range s.DataSubjects {
		out.row()
		out.row("Data subject", p.ID)
		out.row("Known since", date(p.KnownSince))
		out.row("Contract", contractOf(p))
		out.row("Account holder", yesNo(p.AccountHolder))
		out.row("Marketing", marketingOf(p))
		if !p.AccountDataEnds.IsZero() {
			out.row("Account data", "expires "+date(p.AccountDataEnds))
		}
		out.row("Expires", orNever(date(p.ExpiresAt)))
		if p.Erasure != "" {
			out.row("Erased", fmt.Sprintf("%s, by the request %s", date(p.ErasedAt), p.Erasure))
		}
		for _, h := range p.Holds {
			out.row("Legal hold", h.line())
		}
		if p.JoinedTo != "" {
			out.row("Joined to", p.JoinedTo)
		}
		for _, f := range p.Formerly {
			out.row("Formerly", fmt.Sprintf("%s, joined %s", f.ID, date(f.JoinedAt)))
		}
		for _, a := range p.Aliases {
			out.row("Alias", strings.Join(stateOf(a), "; "))
		}
		for _, a := range p.TakenAway {
			out.row("Taken away", strings.Join(stateOf(a), "; "))
		}
	}
	return out.Flush()
}

// stateOf says what stands for and against an alias: its kind first, then a clause for each fact.
func stateOf(a shownAlias) []string {
	kind := "an address"
	if a.Kind == "id" {
		kind = "an id"
	}
	if a.Client != "" {
		kind += " of " + a.Client
	}
	clauses := []string{kind}
	add := func(is bool, clause string) {
		if is {
			clauses = append(clauses, clause)
		}
	}
	add(a.Typed, "the one you typed")
	add(a.Primary, "letters go there")
	add(a.SharedBy > 0, fmt.Sprintf("shared by %d data subjects", a.SharedBy))
	add(!a.FrozenAt.IsZero(), "frozen since "+date(a.FrozenAt))
	add(!a.DetachedAt.IsZero(), fmt.Sprintf("detached from %s on %s, in doubt until %s", a.From, date(a.DetachedAt), date(a.DoubtUntil)))
	add(!a.AttachedAt.IsZero(), "attached "+date(a.AttachedAt))
	add(!a.AnswersFrom.IsZero(), "answers from "+date(a.AnswersFrom))
	for _, id := range a.StandsFor {
		clauses = append(clauses, fmt.Sprintf("stands for %s now", id))
	}
	return clauses
}

// line says it in one line.
func (h shownHold) line() string {
	of := list(h.Categories)
	if of == "" {
		of = "all data"
	}
	return fmt.Sprintf("%s, since %s, on %s: %s", h.ID, date(h.Since), of, strings.Join(strings.Fields(seen(h.Ground)), " "))
}

func contractOf(p shownPerson) string {
	switch p.Contract {
	case standing.Running:
		return "running"
	case standing.Ended:
		return "ends or ended " + date(p.ContractEndsAt)
	default:
		return "none"
	}
}

func marketingOf(p shownPerson) string {
	if p.MarketingEnds.IsZero() {
		return p.Marketing
	}
	return p.Marketing + ", marketing data expires " + date(p.MarketingEnds)
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// orNever replaces the dash of a date that does not exist.
func orNever(date string) string {
	if date == "-" {
		return "never, while something has no end"
	}
	return date
}

// adviseSubject says on stderr what becomes of requests that come by the alias, if they are not simply answered.
func adviseSubject(w io.Writer, s shownSubject, tables *tables) error {
	advice := tables.adviceOf(s.Alias)
	if advice == "" {
		return nil
	}
	_, err := fmt.Fprintln(w, advice)
	return err
}

// adviceOf says what becomes of requests that come by an alias. It returns "" if they are simply answered.
func (t *tables) adviceOf(a shownAlias) string {
	switch {
	case a.Doubt == subject.Frozen:
		return "Somebody contests the change that led to this address. Its requests go to the team until you run: " + t.flags("ctl subject release")
	case a.Doubt == subject.Shared:
		return "Several people use this address. Its requests go to the team, and systems must send the id of the one whom they mean."
	case a.Doubt == subject.Detached:
		return "This address was taken away from somebody not long ago, so it may have a new owner. Its requests go to the team."
	case !a.AnswersFrom.IsZero():
		return "This address was attached not long ago. Requests from it are answered from " + date(a.AnswersFrom) + "."
	default:
		return ""
	}
}
