package export

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// The reasons for which a request waits for the team, besides those of [subject.Doubt].
const (
	WhyStopped  = "stopped"  // its export failed too often ([HasStopped])
	WhyReturned = "returned" // the mail with its answer came back ([HasReturned])
)

// ForTeam reports whether the request waits for the team, and why: [WhyStopped], [WhyReturned], or a [subject.Doubt] about its address. Of an erasure, the
// request itself says so.
func ForTeam(file request.File) (why string, waits bool) {
	if request.Rights[file.Request.Right].Answer == work.Erase {
		return file.WaitsForTeam()
	}
	if why, waits = doubted(file); waits {
		return why, true
	}
	switch {
	case HasStopped(file):
		return WhyStopped, true
	case HasReturned(file):
		return WhyReturned, true
	}
	return "", false
}

// ofAnswers are the events that say what became of an answer or an outcome, besides those of a doubt and of a mail that came back.
var ofAnswers = [...]request.EventKind{
	request.EventExporting, request.EventStopped, request.EventRetried, request.EventAnswered, request.EventNothingStored, request.EventClosed,
}

// doubted reports whether the request waits for the team because of a doubt about its address: that is what last became of its answer.
func doubted(file request.File) (why string, waits bool) {
	r := file.Request
	if !r.Confirmed() || r.Step != "" || r.State.Final() && r.State != request.Fulfilled || underway(file) {
		return "", false
	}
	for _, e := range slices.Backward(file.Events) {
		if e.Kind == request.EventForTeam {
			return e.Reason, true
		}
		if slices.Contains(ofAnswers[:], e.Kind) {
			return "", false
		}
	}
	return "", false
}

// underway reports whether an export of the request is being made.
func underway(file request.File) bool { return Of(file).Underway() }

// forTeam leaves a request to the team. Nothing is mailed, and no export is made.
func (o *Opening) forTeam(ctx context.Context, file request.File, why subject.Doubt, now time.Time) error {
	var also []request.Item
	if a, waits := Of(file).unresolved(); waits {
		a.State = Cancelled
		also = append(also, a)
	}
	return request.LeaveToTeam(ctx, o.Register, o.ForTeam, file, string(why), now, also...)
}

// wait puts the answer off while the address is new. Who is behind the address is looked up anew then.
func (o *Opening) wait(ctx context.Context, file request.File, until, now time.Time) error {
	_, err := o.Register.Save(ctx, file, file.PutOff(until, now)...)
	return err
}

// Cuts ends exports whose address stands for somebody else, or for nobody. It implements [request.AnswerCuts].
type Cuts struct{}

// Cut implements [request.AnswerCuts]. The links of all exports die, and their objects are deleted. An export that nobody has begun to make is
// looked up anew, or cancelled; one that is being made is revoked, and another takes its place.
func (Cuts) Cut(r *request.Request, file request.File, again bool, now time.Time) (items []request.Item, underway bool) {
	for _, a := range Of(file) {
		before := a.State
		switch {
		case a.State == Pending && again:
			a.Subject, a.NextAt = privacy.SubjectID(""), time.Time{}
		case a.State == Pending:
			a.State, a.NextAt = Cancelled, time.Time{}
		case a.State == Building: // its run, or the next one after its lease, deletes the object
			a.State = Revoked
		case a.State == Sending || a.State == Sent:
			a.State = Revoked
			a.end(now)
		case a.TokenHash != nil: // its mail may have left
			a.end(now)
		default:
			continue
		}
		items = append(items, a)
		if before == Pending || before == Building || before == Sending {
			underway = true
		}
		if again && (before == Building || before == Sending) {
			items = append(items, next(r, "", time.Time{}, now))
		}
	}
	if again && underway {
		r.Next(request.StepAnswer, now)
	}
	return items, underway
}

// end lets the link of an attempt die. The next run deletes its object.
func (a *Attempt) end(now time.Time) {
	a.TokenHash = nil
	if a.OpenUntil.After(now) {
		a.OpenUntil = now
	}
	if a.Object != "" {
		a.NextAt = now
	}
}
