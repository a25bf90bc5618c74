package request

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/work"
)

const partChallenge = "challenge-" // followed by the number of challenges minted so far

// ChallengeMail returns the tags of the challenge that is about to be mailed. No two mails of a request that may have left have the same.
func (r Request) ChallengeMail() feedback.Mail { return r.Mail(partChallenge, r.Challenges) }

// Mail returns the tags of a mail about the request. kind ends in "-".
func (r Request) Mail(kind string, number int) feedback.Mail {
	return feedback.Mail{Kind: feedback.Request, About: r.ID, Part: kind + strconv.Itoa(number)}
}

// AnswerReports decides what follows if the mail with an answer came back.
type AnswerReports interface {
	// Returned returns what is stored then, or no items for a mail that it does not know. reopened says that the answer no longer counts as
	// given and that the request waits for the team.
	Returned(file File, e feedback.Event, now time.Time) (items []Item, reopened bool)
}

// Reports takes in what SES reports about the mails of requests. An answer whose mail came back is no answer, and a challenge that came back
// for a time is mailed again (fault F24). Reports that arrive twice, or in another order, change nothing: one mail comes back once.
type Reports struct {
	Register Register
	Answers  map[work.Kind]AnswerReports                 // by the task that answers a right
	Reopened func(ctx context.Context, requestID string) // called when an answer came back and its request waits for the team
	Policy   func(now time.Time) *policy.Policy          // policy.InForce
	Now      func() time.Time
}

// Take stores what follows from a report. Only a mail that did not arrive has a consequence: one that arrived is what every mail counts as.
// Take decides again while another writer changes the file, and returns [ErrChanged] if that does not end.
func (p *Reports) Take(ctx context.Context, e feedback.Event) error {
	if !e.Failed() || !IsID(e.About) {
		return nil
	}
	for range 10 {
		file, err := p.Register.Load(ctx, e.About)
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		if err != nil {
			return err
		}
		items, reopened := p.decide(file, e, p.Now().UTC().Truncate(time.Second))
		if len(items) == 0 {
			return nil
		}
		if _, err := p.Register.Save(ctx, file, items...); errors.Is(err, ErrChanged) {
			continue
		} else if err != nil {
			return err
		}
		if reopened {
			p.Reopened(ctx, e.About)
		}
		return nil
	}
	return ErrChanged
}

func (p *Reports) decide(file File, e feedback.Event, now time.Time) (items []Item, reopened bool) {
	if file.returned(e.Part) {
		return nil, false
	}
	if strings.HasPrefix(e.Part, partChallenge) {
		return p.challenge(file, e, now), false
	}
	if answers, ok := p.Answers[Rights[file.Request.Right].Answer]; ok {
		return answers.Returned(file, e, now)
	}
	return nil, false
}

// challenge decides about a challenge that came back. If it is the newest of a request that waits for its button, it is mailed again later,
// unless no later mail would reach the address. A mail that was never sent must not make its request lapse, so that is tried again without end.
func (p *Reports) challenge(file File, e feedback.Event, now time.Time) []Item {
	r := file.Request
	if r.State == Verifying && e.Part == r.ChallengeMail().Part {
		life, tries := p.Policy(now).SpanOf(policy.Challenge), file.challengesReturned()+1
		again := now.Add(returnedAgain(tries))
		if e.Outcome != feedback.Bounced || !e.Permanent && file.mayMailAgain(life, again) {
			r.Next(StepChallenge, again)
			r.Try = tries // as for a mail that was refused, so that the limit of the day only delays it
		} else {
			r.Next(StepLapse, file.linksEnd(p.Policy(r.ReceivedAt).SpanOf(policy.Challenge).After(r.ReceivedAt)))
		}
	}
	event := r.RecordReturned(EventChallengeReturned, e, now)
	return []Item{r, event}
}

// RecordReturned records that a mail came back. The event names the mail and SES's reason, and never the address.
func (r *Request) RecordReturned(kind EventKind, e feedback.Event, now time.Time) Event {
	event := r.Record(kind, now)
	event.Mail, event.Reason = e.Part, e.Reason
	return event
}

// returnedAgain returns how long a challenge waits after it has come back the given number of times, which is at least 1. SES itself has tried
// for hours by then, and many automatic replies look like mails that came back. So the pauses are long: they end at a day.
func returnedAgain(times int) time.Duration { return 6 * time.Hour << min(times-1, 2) }

// returned reports whether the history tells that the mail with this part came back.
func (f File) returned(part string) bool {
	for _, e := range f.Events {
		if (e.Kind == EventChallengeReturned || e.Kind == EventAnswerReturned) && e.Mail == part {
			return true
		}
	}
	return false
}

func (f File) challengesReturned() (n int) {
	for _, e := range f.Events {
		if e.Kind == EventChallengeReturned {
			n++
		}
	}
	return n
}

// mayMailAgain reports whether a challenge that came back may be mailed again at a time: while the link of the first challenge that SES
// accepted would still work.
func (f File) mayMailAgain(life policy.Span, at time.Time) bool {
	for _, e := range f.Events {
		if e.Kind == EventChallenged || e.Kind == EventChallengeReturned { // a report can come before the acceptance is stored
			return at.Before(life.After(e.At))
		}
	}
	return true
}

// linksEnd returns when the last link of all challenges that may have arrived expires, or the given time if that is later.
func (f File) linksEnd(least time.Time) time.Time {
	for _, c := range f.Challenges {
		if c.Hash != nil && c.ExpiresAt.After(least) {
			least = c.ExpiresAt
		}
	}
	return least
}
