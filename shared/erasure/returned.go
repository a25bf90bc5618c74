package erasure

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// How the tags of the mails about an erasure begin. The version of the erasure follows.
const (
	PartAgreed  = "agreed-"
	PartErased  = "erased-"
	PartNothing = "nothing-"
)

// AgreedMail returns the tags of the mail that says how to cancel an erasure, which is about to be sent about the erasure as it is stored.
func AgreedMail(r request.Request, e Erasure) feedback.Mail { return r.Mail(PartAgreed, e.Version) }

// ErasedMail returns the tags of the mail with the certificate, likewise.
func ErasedMail(r request.Request, e Erasure) feedback.Mail { return r.Mail(PartErased, e.Version) }

// NothingMail returns the tags of the mail that says that nothing is stored, likewise.
func NothingMail(r request.Request, e Erasure) feedback.Mail { return r.Mail(PartNothing, e.Version) }

// Reports decides what follows if a mail about an erasure came back (fault F24). It implements [request.AnswerReports].
type Reports struct{}

// Returned implements [request.AnswerReports]. A certificate that came back is no answer, so the request goes to the team; what was erased stays erased. If
// the mails with a way to cancel came back from every address, nobody could cancel: the erasure goes to the team too, and the person can agree again.
func (Reports) Returned(file request.File, e feedback.Event, now time.Time) (items []request.Item, reopened bool) {
	switch {
	case isPart(PartAgreed, e.Part):
		return agreedReturned(file, e, now)
	case isPart(PartErased, e.Part):
		return answerReturned(file, e, request.EventAnswered, Mailing, now)
	case isPart(PartNothing, e.Part):
		return answerReturned(file, e, request.EventNothingStored, Planning, now)
	default:
		return nil, false
	}
}

func isPart(prefix, part string) bool {
	number, is := strings.CutPrefix(part, prefix)
	_, err := strconv.Atoi(number)
	return is && err == nil
}

// agreedReturned decides about a mail with a way to cancel.
func agreedReturned(file request.File, report feedback.Event, now time.Time) (items []request.Item, reopened bool) {
	r, e := file.Request, Of(file)
	event := r.RecordReturned(request.EventAgreedReturned, report, now)
	i := slices.IndexFunc(e.Told, func(t Told) bool { return PartAgreed+strconv.Itoa(t.Mail) == report.Part })
	if i < 0 || e.State != Telling && e.State != Cooling {
		return []request.Item{r, event}, false
	}
	e.Told = slices.Clone(e.Told)
	e.Told[i].Accepted, e.Told[i].Returned = true, true
	if e.State == Telling || !e.toldNobody() {
		return []request.Item{r, e, event}, false
	}
	return append(untold(&r, e, now), event), true
}

// toldNobody reports whether every mail with a way to cancel came back.
func (e Erasure) toldNobody() bool {
	return len(e.Told) > 0 && !slices.ContainsFunc(e.Told, func(t Told) bool { return !t.Returned })
}

// untold leaves an erasure to the team of which nobody could be told. The person can agree to the plan again.
func untold(r *request.Request, e Erasure, now time.Time) []request.Item {
	e.Agreed, e.AgreedAt, e.Told, e.ErasesAt = "", time.Time{}, nil, time.Time{}
	e.rest(Planned)
	event := leave(r, WhyUntold, now)
	return []request.Item{*r, e, event}
}

// answerReturned decides about the mail with an answer. It is the answer if the request was closed by it, or would be: its acceptance may not be stored yet.
func answerReturned(file request.File, report feedback.Event, answered request.EventKind, mailing State, now time.Time) (items []request.Item, reopened bool) {
	r, e := file.Request, Of(file)
	event := r.RecordReturned(request.EventAnswerReturned, report, now)
	underway := e.State == mailing && report.Part == Reports{}.part(mailing, r, e)
	if !underway && (r.State != request.Fulfilled || !answeredBy(file, answered, report.Part)) {
		return []request.Item{r, event}, false
	}
	if underway {
		e.next(Watching, now.Add(again))
	}
	r.State, r.ClosedAt = request.Open, time.Time{}
	forTeam := leave(&r, whyReturned, now)
	return []request.Item{r, e, event, forTeam}, true
}

// part returns the part of the answer that is being mailed in a state.
func (Reports) part(mailing State, r request.Request, e Erasure) string {
	if mailing == Mailing {
		return ErasedMail(r, e).Part
	}
	return NothingMail(r, e).Part
}

// answeredBy reports whether the newest answer of the request is the mail with this part.
func answeredBy(file request.File, answered request.EventKind, part string) bool {
	for _, e := range slices.Backward(file.Events) {
		if e.Kind == answered {
			return e.Mail == part
		}
	}
	return false
}
