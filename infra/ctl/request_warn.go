package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// meaning says what the team does about a request that waits for it.
type meaning struct {
	says    string // ends with what comes before a command
	command string // about the request
}

// Commands about a request.
const (
	retry     = "request retry"
	text      = "request text"
	closing   = "request close --result done"
	closeTold = closing + " --told"
)

// meanings says what the team does about a request, by why it waits for the team.
var meanings = map[string]meaning{
	export.WhyStopped:        {"An export has stopped. Fix the cause, then run", retry},
	export.WhyReturned:       {"The mail with the answer came back. Once the mailbox works again, run", retry},
	string(subject.Shared):   {"Several people use the address, so nothing is answered by it automatically. Answer by hand, or run, once one person alone uses it", retry},
	string(subject.Detached): {"The address was taken away from the person, and may have another owner. Answer by hand, or run, once it is theirs again", retry},
	"limits":                 {"So much is in force for the person already that nothing could be added. To read what is asked for, run", text},
	string(subject.Frozen):   {"Somebody contests a change of the person's addresses. Once you have released the address, run", retry},
	request.WhyJudgement:     {"Somebody has to decide this. To read what the person wrote, run", text},
	request.WhyNotStopped: {"Somebody has to decide this. So much is in force for the child's address already that consent and marketing could not be stopped there: stop them by hand. " +
		"To read what was reported, run", text},
	erasure.WhyUnagreed:        {"The person has not agreed to the plan of their erasure, and can still do so. To have the plan made and mailed again, run", retry},
	erasure.WhyUntold:          {"The person agreed to their erasure, but nobody could be told how to cancel it, so it did not begin. They can agree again. To have the plan made and mailed again, run", retry},
	request.WhyUnmailable:      {"The outcome was decided, but no mail may go to the address. Tell the person in another way, then run", closeTold},
	request.WhyClosingReturned: {"The mail with the outcome came back. Tell the person in another way, then run", closeTold},
	request.WhyUnopened:        {"Nobody has opened the link that was mailed because of this mail. Its sender can still do so, by a new link. To read it, run", text},
	request.WhyUnsure:          {"Nothing vouches for the sender of this mail, so anybody may have written it, and nobody was mailed. To read it, run", text},
	request.WhyNoSender:        {"This mail names nobody who could be answered. To read it, run", text},
}

// unconfirmed comes before the command that ends a mail that nobody has confirmed.
const unconfirmed = "Act on nothing that it asks for: nobody has proven who wrote it. If it deserves an answer, give it from your own mailbox, to an address that you know. Then run"

// ends comes before the command that ends every wait for the team.
const ends = "Once it is decided (done, partly_done or refused), run"

// warn says what to do if a request waits, and warns if a request that is not closed has passed its binding deadline (promise H13).
func warn(w io.Writer, s status, tables *tables) error {
	var failed []error
	say := func(says, command string) {
		_, err := fmt.Fprintf(w, "%s: %s\n", says, tables.command(command, s.ID))
		failed = append(failed, err)
	}
	switch s.WaitingFor {
	case request.NoWait, request.ForService, request.ForYou, request.ForCooling:
	case request.ForTeam:
		m, known := meanings[s.Why]
		if !known {
			m = meaning{"Somebody has to decide this. To read what the person wrote, run", text}
		}
		switch say(m.says, m.command); {
		case becauseOf(s.Why) != "":
			say(unconfirmed, closeTold)
		case m.command != closeTold:
			say(ends, closing)
		}
	case request.ForDays:
		say("The address is new, so the request waits. If you know whose it is, run", "request release")
	}
	if s.Erasure != nil {
		for _, system := range s.Erasure.Outstanding {
			_, err := fmt.Fprintf(w, "%s may hold data of the person, and has not said that it has erased it. If it cannot say so itself, run, once it has: %s\n",
				system, tables.command("request erased", s.ID+" "+system))
			failed = append(failed, err)
		}
	}
	if s.Repeats > 0 && s.VerifiedAt.IsZero() && s.WaitingFor == request.ForTeam {
		says := "The same address has sent the same words %d more times.\n"
		if s.Right == privacy.Question {
			says = "More mails came from the same address (%d). They said the same, or came when enough were kept.\n"
		}
		_, err := fmt.Fprintf(w, says, s.Repeats)
		failed = append(failed, err)
	}
	for _, c := range s.Clocks {
		if c.Binding && s.Overdue {
			_, err := fmt.Fprintf(w, "The binding deadline has passed: %s %s, due %s\n", c.Law, c.Kind, date(c.DueAt))
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
