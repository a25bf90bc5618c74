package request

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// decisionReturned decides what follows if a mail about a decision came back. mine is false for another mail.
//
// An outcome that came back counts as not told, so the request is open again and waits for the team (fault F24). What was lifted stays lifted. An
// extension stays in force, since its notice left in time; the team is alarmed, so that it can tell the person in another way.
func (f File) decisionReturned(e feedback.Event, now time.Time) (items []Item, reopened, mine bool) {
	r := f.Request
	switch {
	case isPart(PartExtended, e.Part):
		event := r.RecordReturned(EventExtensionReturned, e, now)
		return []Item{r, event}, !r.State.Final(), true
	case isPart(PartClosed, e.Part):
		counts := f.countsAsTold(e.Part)
		items = append(items, r.RecordReturned(EventClosingReturned, e, now))
		if counts {
			items = append(items, r.reopen(now))
		}
		return append(items, r), counts, true
	}
	return nil, false, false
}

// countsAsTold reports whether the mail with this part told the outcome by which the request is closed, or would be: its acceptance may not be stored
// yet.
func (f File) countsAsTold(part string) bool {
	r := f.Request
	if r.Step == StepClose {
		return part == r.ClosedMail().Part
	}
	for _, e := range slices.Backward(f.Events) {
		if e.Kind == EventClosed {
			return e.Mail == part && (r.State == Fulfilled || r.State == Refused)
		}
	}
	return false
}

// reopen leaves a request to the team whose outcome nobody was told. What is being lifted is lifted all the same.
func (r *Request) reopen(now time.Time) Event {
	r.State, r.ClosedAt = Open, time.Time{}
	step, due := r.Step, r.Due
	event := r.ToTeam(WhyClosingReturned, now)
	if step == StepLift {
		r.Step, r.Due = step, due
	}
	return event
}

// isPart reports whether a part of a mail consists of a prefix and a number.
func isPart(prefix, part string) bool {
	number, is := strings.CutPrefix(part, prefix)
	_, err := strconv.Atoi(number)
	return is && err == nil
}
