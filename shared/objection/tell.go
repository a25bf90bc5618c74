package objection

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Tell mails that what the request asked for holds, to the spelling on record. A request that somebody confirmed counts as answered only once SES has
// accepted the mail, and one that is weighed then waits for the team.
func (a *Answer) Tell(ctx context.Context, file request.File, now time.Time) error {
	r := file.Request
	typed, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	known, stored, err := a.Addresses.Find(ctx, typed)
	if err != nil {
		return err
	}
	if !r.Unproven {
		if why := file.Doubt(known); why != subject.NoDoubt {
			return a.forTeam(ctx, file, string(why), now)
		}
	}
	if r.Email = known.Spelling; !stored || r.Email == "" {
		r.Email = typed.Spelling
	}
	r.Again(now, subject.MailAgain) // the next try, in case that it is not accepted (faults F03, F04, F23)
	if file, err = a.Register.Save(ctx, file, r); err != nil {
		return err
	}
	r = file.Request
	part := r.LimitedMail().Part
	err = a.Mailer.Limited(ctx, r.Email, r, r.StatusToken(a.Tokens))
	if unmailable := errors.Is(err, subject.ErrUnmailable); unmailable && r.Unproven {
		r.Rest() // the limit holds all the same
		_, err := a.Register.Save(ctx, file, r)
		return err
	} else if subject.MailNotAccepted(err) { // the next try is due
		return nil
	}
	if err != nil {
		return err
	}
	event := r.Record(request.EventAnswered, now)
	event.Mail = part
	items := []request.Item{event}
	waits := weighed(r) && len(r.On) > 0 && !r.State.Final()
	switch {
	case waits:
		items = append(items, r.ToTeam(request.WhyJudgement, now))
	case r.State.Final():
		r.Rest()
	default:
		r.Close(request.Fulfilled, now)
	}
	if _, err = a.Register.Save(ctx, file, append(items, r)...); err == nil && waits {
		a.ForTeam(ctx, r.ID)
	}
	return err
}

// Reports decides what follows if the mail that a limit holds came back. The limit holds all the same. A request that somebody confirmed is not
// answered then, so it waits for the team (fault F24). It implements [request.AnswerReports].
type Reports struct{}

// Returned implements [request.AnswerReports].
func (Reports) Returned(file request.File, e feedback.Event, now time.Time) (items []request.Item, reopened bool) {
	r := file.Request
	if !strings.HasPrefix(e.Part, request.PartLimited) {
		return nil, false
	}
	underway := r.Step == request.StepTell && e.Part == r.LimitedMail().Part // its acceptance is not stored yet
	if underway {
		r.Rest()
	}
	if (underway || answeredBy(file, e.Part)) && !r.Unproven && (r.State == request.Fulfilling || r.State == request.Fulfilled) {
		r.State, r.ClosedAt, reopened = request.Open, time.Time{}, true
	}
	event := r.RecordReturned(request.EventAnswerReturned, e, now)
	return []request.Item{r, event}, reopened
}

func answeredBy(file request.File, part string) bool {
	for _, e := range file.Events {
		if e.Kind == request.EventAnswered && e.Mail == part {
			return true
		}
	}
	return false
}
