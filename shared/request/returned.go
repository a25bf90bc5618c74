package request

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/work"
)

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

// Reports takes in what SES reports about the mails of requests. An answer whose mail came back is no answer (fault F24). Reports that
// arrive twice, or in another order, change nothing: one mail comes back once.
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
	if file.returned(e.Part) || file.Request.Forgotten() { // nobody could be answered again
		return nil, false
	}
	if items, reopened, mine := file.decisionReturned(e, now); mine {
		return items, reopened
	}
	if answers, ok := p.Answers[Rights[file.Request.Right].Answer]; ok {
		return answers.Returned(file, e, now)
	}
	return nil, false
}

// TakeLink takes in a report about the mail with a link to a mailbox: that the mail came back stands on the timeline of every request that waits
// behind it. Whether another is mailed is up to package mailbox.
func (p *Reports) TakeLink(ctx context.Context, e feedback.Event) error {
	if !e.Failed() {
		return nil
	}
	under, err := p.Register.Under(ctx, e.About)
	if err != nil {
		return err
	}
	for _, r := range under {
		if r.State != Verifying {
			continue
		}
		if err := p.linkReturned(ctx, r.ID, e); err != nil {
			return err
		}
	}
	return nil
}

func (p *Reports) linkReturned(ctx context.Context, id string, e feedback.Event) error {
	for range 10 {
		file, err := p.Register.Load(ctx, id)
		if errors.Is(err, ErrUnknown) {
			return nil
		}
		if err != nil {
			return err
		}
		r := file.Request
		if r.State != Verifying || file.returned(e.Part) {
			return nil
		}
		event := r.RecordReturned(EventLinkReturned, e, p.Now().UTC().Truncate(time.Second))
		if _, err := p.Register.Save(ctx, file, r, event); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}

// RecordReturned records that a mail came back. The event names the mail and SES's reason, and never the address.
func (r *Request) RecordReturned(kind EventKind, e feedback.Event, now time.Time) Event {
	event := r.Record(kind, now)
	event.Mail, event.Reason = e.Part, e.Reason
	return event
}

// returned reports whether the history tells that the mail with this part came back.
func (f File) returned(part string) bool {
	kinds := []EventKind{EventLinkReturned, EventAnswerReturned, EventAgreedReturned, EventExtensionReturned, EventClosingReturned}
	return slices.ContainsFunc(f.Events, func(e Event) bool { return e.Mail == part && slices.Contains(kinds, e.Kind) })
}
