package export

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// The parts of the mails with answers.
const (
	partExport  = "export-"  // followed by the number of the attempt
	partNothing = "nothing-" // followed by the version of the request when the mail was begun
)

// Mail returns the tags of the mail with the attempt's link.
func (a Attempt) Mail() feedback.Mail {
	return request.Request{ID: a.Request}.Mail(partExport, a.Number)
}

// NothingMail returns the tags of the mail that nothing is stored, which is about to be sent about the request as it is stored.
func NothingMail(r request.Request) feedback.Mail { return r.Mail(partNothing, r.Version) }

// Reports decides what follows if the mail with an answer came back: the request is open again, unless the person has the answer in another way
// (fault F24). Its deadline stays the same, since that counts from the receipt. It implements [request.AnswerReports].
type Reports struct{}

// Returned implements [request.AnswerReports].
func (Reports) Returned(file request.File, e feedback.Event, now time.Time) (items []request.Item, reopened bool) {
	if number, isExport := strings.CutPrefix(e.Part, partExport); isExport {
		n, err := strconv.Atoi(number)
		a, known := Of(file).numbered(n)
		if err != nil || !known {
			return nil, false
		}
		return exportReturned(file, a, e, now)
	}
	if strings.HasPrefix(e.Part, partNothing) {
		return nothingReturned(file, e, now)
	}
	return nil, false
}

// exportReturned decides about the mail with the link to an export. A report about the newest attempt can arrive before the acceptance of its
// mail is stored; the attempt has ended then, too. An attempt whose link was used has arrived, whatever the report says.
func exportReturned(file request.File, a Attempt, e feedback.Event, now time.Time) (items []request.Item, reopened bool) {
	r := file.Request
	if (a.State == Sent || a.State == Sending || a.State == Revoked) && len(a.Downloads) == 0 {
		if a.State != Revoked { // the object of a revoked attempt has to be deleted
			a.NextAt = time.Time{}
		}
		a.State = Returned
		var others []request.Item
		others, reopened = reopen(&r, file.With(a), request.Fulfilling)
		items = append(append(items, others...), a)
	}
	event := r.RecordReturned(request.EventAnswerReturned, e, now)
	return append(items, r, event), reopened
}

// nothingReturned decides about the mail that nothing is stored. It is the answer if the request was closed by it, or would be: its acceptance
// may not be stored yet.
func nothingReturned(file request.File, e feedback.Event, now time.Time) (items []request.Item, reopened bool) {
	r := file.Request
	underway := r.Step == request.StepAnswer && e.Part == NothingMail(r).Part
	if underway {
		r.Rest()
		if a, waits := Of(file).unresolved(); waits {
			a.State = Cancelled
			items = append(items, a)
		}
	}
	if underway || answeredBy(file, e.Part) {
		var others []request.Item
		others, reopened = reopen(&r, file.With(append(items, r)...), request.Open)
		items = append(items, others...)
	}
	event := r.RecordReturned(request.EventAnswerReturned, e, now)
	return append(items, r, event), reopened
}

// answeredBy reports whether the newest answer of the request is the mail with this part, which said that nothing is stored.
func answeredBy(file request.File, part string) bool {
	for _, e := range slices.Backward(file.Events) {
		if e.Kind == request.EventNothingStored {
			return e.Mail == part
		}
	}
	return false
}

// reopen puts a request whose answer came back into the state before that answer, unless another export was mailed, which counts as the answer.
// Such exports are stored again as they are. So if the report about one of them is being stored at the same time, one of the two decisions is
// made again. waits says that the request then waits for the team: nothing is underway that answers it.
func reopen(r *request.Request, file request.File, before request.State) (others []request.Item, waits bool) {
	if !r.Confirmed() || r.State.Final() && r.State != request.Fulfilled {
		return nil, false
	}
	for _, a := range Of(file) {
		if a.State == Sent || a.State == Revoked && !a.OpenUntil.IsZero() { // a revoked one was mailed if its link ever opened
			others = append(others, a)
		}
	}
	if len(others) > 0 {
		return others, false
	}
	if r.State == request.Fulfilled {
		r.State, r.ClosedAt = before, time.Time{}
	}
	return nil, r.Step == "" && !underway(file)
}

// HasReturned reports whether the request waits for the team, because the mail with its answer came back.
func HasReturned(file request.File) bool {
	r := file.Request
	if !r.Confirmed() || r.State.Final() || r.Step != "" || HasStopped(file) {
		return false
	}
	if _, other := doubted(file); other {
		return false
	}
	return !underway(file) && slices.ContainsFunc(file.Events, func(e request.Event) bool { return e.Kind == request.EventAnswerReturned })
}

// arrived returns what is stored with a use of the attempt's link. If its mail was reported as having come back, the use proves that it
// arrived: many automatic replies look like mails that came back. The answer then counts from this use on.
func arrived(file request.File, a Attempt, now time.Time) []request.Item {
	if a.State != Returned {
		return []request.Item{a}
	}
	waits := HasReturned(file)
	a.State = Sent
	if !waits { // withdrawn, answered in another way, or about to be
		return []request.Item{a}
	}
	r := file.Request
	r.Close(request.Fulfilled, now.UTC().Truncate(time.Second))
	event := r.Record(request.EventAnswered, r.ClosedAt)
	return []request.Item{r, a, event}
}
