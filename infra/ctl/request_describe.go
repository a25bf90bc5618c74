package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/helpdeskexpert/privacy/shared/request"
)

// describe writes a request as a table.
func describe(cmd *cobra.Command, s status) error {
	out := newTable(cmd)
	out.row("Request", s.ID)
	out.row("Right", s.Right)
	out.row("State", s.State)
	switch s.WaitingFor {
	case request.NoWait, request.ForService:
	case request.ForTeam:
		out.row("Waits for", "the team, "+s.Why+becauseOf(s.Why))
	case request.ForYou:
		out.row("Waits for", "the person, to agree to the plan of their erasure")
	case request.ForCooling:
		out.row("Waits for", "the time to be over in which the person can cancel")
	case request.ForDays:
		out.row("Waits for", "its address to be known for long enough")
	}
	for _, line := range s.Asked.lines() {
		out.row("Asks for", line)
	}
	if s.About != "" {
		out.row("Answers", "a mail about request "+s.About)
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
	if e := s.Erasure; e != nil {
		out.row("Erasure", e.line())
		if e.Plan != nil {
			out.row("Plan", e.Plan.line())
		}
		for _, name := range e.Outstanding {
			out.row("Outstanding", name)
		}
	}
	if e := s.Extension; e != nil {
		out.row("Extension", e.line())
	}
	if o := s.Outcome; o != nil {
		goesOn := ""
		for _, id := range o.GoesOn {
			goesOn += fmt.Sprintf(", %s goes on", id)
		}
		out.row("Outcome", fmt.Sprintf("%s%s, decided %s", o.Result, goesOn, date(o.DecidedAt)))
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

// becauseOf explains why a mail waits for the team that nobody has confirmed, or returns "" for another reason.
func becauseOf(why string) string {
	switch why {
	case request.WhyUnopened:
		return ": nobody has opened the link that was mailed because of it"
	case request.WhyUnsure:
		return ": nothing vouches for its sender, so no link was mailed"
	case request.WhyNoSender:
		return ": it names nobody who could be answered"
	default:
		return ""
	}
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

// lines says what a request asks for, a choice a line.
func (a *askedFor) lines() (lines []string) {
	if a == nil {
		return nil
	}
	add := func(name, value string) {
		if value != "" {
			lines = append(lines, name+" "+value)
		}
	}
	add("scope", string(a.Scope))
	add("ground", string(a.Ground))
	add("purposes", list(a.Purposes))
	add("categories", list(a.Categories))
	add("filed by", a.By)
	if a.Declared {
		lines = append(lines, "with the declaration of who the person is")
	}
	if a.Child {
		lines = append(lines, "the address of a child is named")
	}
	if a.Details {
		lines = append(lines, "the person wrote a text")
	}
	switch a.Mails {
	case 0:
	case 1:
		lines = append(lines, "what a mail says")
	default:
		lines = append(lines, fmt.Sprintf("what %d mails say", a.Mails))
	}
	return lines
}

func list[T ~string](values []T) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return strings.Join(all, ", ")
}

// line says where an extension stands.
func (e extension) line() string {
	switch {
	case e.NoticeSent.IsZero():
		return "decided " + date(e.DecidedAt) + ", not in force: its notice has not left yet"
	case e.InForce:
		return "in force, its notice left " + date(e.NoticeSent)
	default:
		return "not in force: its notice left too late, " + date(e.NoticeSent)
	}
}
