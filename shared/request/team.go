package request

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Why a request waits for the team, besides a doubt about its address ([subject.Doubt]).
const (
	WhyJudgement       = "judgement"        // somebody has to decide it
	WhyNotStopped      = "not_stopped"      // the same; and too much is in force for the child's address already, so consent and marketing go on there
	WhyUnmailable      = "unmailable"       // its outcome was decided, but no mail may go to its address, or ever reaches it
	WhyClosingReturned = "closing_returned" // the mail with its outcome came back
)

// Children protects children whose data somebody has reported.
type Children interface {
	// Stop ends at once all that rests on consent, and all direct marketing, for everybody behind the address. It names the request as the reason. It
	// may be called twice. It returns [ErrNotStopped] if too much is in force there already.
	Stop(ctx context.Context, address string, request string) error
	// Resume takes back what Stop did because of the request, and nothing else. It may be called twice.
	Resume(ctx context.Context, address string, request string) error
}

// ErrNotStopped is the error of [Children] if so much is in force for an address that nothing can be added.
var ErrNotStopped = errors.New("request: too much is in force for this address")

// TeamMailer mails what the team has decided. The errors are those of [subject.MailNotAccepted], or failures of this service.
type TeamMailer interface {
	// Extended mails that the answer takes longer, and why. The mail has the tags of [Request.ExtendedMail].
	Extended(ctx context.Context, to string, r Request, status subject.Token) error
	// Closed mails the outcome. The mail has the tags of [Request.ClosedMail].
	Closed(ctx context.Context, to string, r Request, status subject.Token) error
}

// Team leaves requests to the privacy team that need judgement, and does the steps that follow from its decisions about any request. It implements
// [Answerer] and [Lifter].
type Team struct {
	Register  Register
	Addresses Addresses
	Children  Children
	Mailer    TeamMailer
	Tokens    subject.Key
	Told      func(ctx context.Context, r Request) error  // has the receipt of a request mailed that nothing had to prove
	ForTeam   func(ctx context.Context, requestID string) // called when a request came to wait for the team
	Policy    func(now time.Time) *policy.Policy          // policy.InForce
	Now       func() time.Time
}

// Answer leaves a request to the team: it stays open, and no step is due.
//
// A child is protected first (promise I02). The receipt of a complaint is its acknowledgement, so it is made due first too (promise L03). Whoever
// asks for an erasure or a correction must be the data subject. So their request goes to the team with the doubt about its address, if there is one,
// and only once the address is no longer new (threats T27, T33).
func (t *Team) Answer(ctx context.Context, file File, now time.Time) error {
	switch r := file.Request; {
	case r.Unproven:
		return t.complaint(ctx, file, now)
	case r.Right == privacy.ChildErasure:
		why := WhyJudgement
		if r.Child != "" {
			if err := t.Children.Stop(ctx, r.Child, r.ID); errors.Is(err, ErrNotStopped) {
				why = WhyNotStopped
			} else if err != nil {
				return err
			}
		}
		return t.leave(ctx, file, why, now)
	case r.Right == privacy.Question: // the answer shows nobody's data
		return t.leave(ctx, file, WhyJudgement, now)
	default:
		return t.ofSubject(ctx, file, now)
	}
}

// ofSubject leaves a request to the team that only the data subject may make.
func (t *Team) ofSubject(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	proven, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	known, _, err := t.Addresses.Find(ctx, proven)
	if err != nil {
		return err
	}
	if why := file.Doubt(known); why != subject.NoDoubt {
		return t.leave(ctx, file, string(why), now)
	}
	if from, waits := file.AnswersFrom(t.Policy(now), known, now); waits {
		_, err := t.Register.Save(ctx, file, file.PutOff(from, now)...)
		return err
	}
	return t.leave(ctx, file, WhyJudgement, now)
}

// Lift takes back what a report about a child has stopped, since the team has refused it or the reporter has withdrawn it.
func (t *Team) Lift(ctx context.Context, file File, now time.Time) error {
	r := file.Request
	if r.Child != "" {
		if err := t.Children.Resume(ctx, r.Child, r.ID); err != nil {
			return err
		}
	}
	var items []Item
	if !file.Lifted() {
		items = append(items, r.Record(EventLifted, now))
	}
	r.Rest()
	r.LiftAgain(now)
	_, err := t.Register.Save(ctx, file, append(items, r)...)
	return err
}

// Lifted reports whether the lift was noted already that the last decision of the team or the person asks for.
func (f File) Lifted() bool {
	for _, e := range slices.Backward(f.Events) {
		if slices.Contains([]EventKind{EventLifted, EventImposed, EventWithdrawn, EventClosed}, e.Kind) {
			return e.Kind == EventLifted || e.Kind == EventImposed
		}
	}
	return false
}

// leave is [LeaveToTeam].
func (t *Team) leave(ctx context.Context, file File, why string, now time.Time, also ...Item) error {
	return LeaveToTeam(ctx, t.Register, t.ForTeam, file, why, now, also...)
}

// LeaveToTeam leaves a request to the team, for a reason as in [Request.ToTeam], and then calls forTeam with its id, which raises an alarm. It stores other
// items with it.
func LeaveToTeam(
	ctx context.Context, register Register, forTeam func(ctx context.Context, requestID string), file File, why string, now time.Time, also ...Item,
) error {
	r := file.Request
	event := r.ToTeam(why, now)
	if _, err := register.Save(ctx, file, append(also, r, event)...); err != nil {
		return err
	}
	forTeam(ctx, r.ID)
	return nil
}

// Doubt says why nothing may be answered by the address of the request. Once the team has released the request, a freeze counts no more, unless it
// hides another doubt: then nobody, or more than one, is behind the address. A request that was taken out of its mailbox, because its address stands
// for its data subject no longer, is answered only if the address stands for them again (threat T27).
func (f File) Doubt(known subject.Known) subject.Doubt {
	why, owner := known.Doubt, f.Request.Subject
	if why == subject.Frozen && known.Subject != "" && !f.releasedAt().IsZero() {
		why = subject.NoDoubt
	}
	formerly := func(former subject.Former) bool { return former.ID == owner }
	if why == subject.NoDoubt && owner != "" && known.Subject != owner && !slices.ContainsFunc(known.Formerly, formerly) {
		return subject.Detached
	}
	return why
}

// PutOff returns the items that put the answer off, since the address of the request is new. If it became newer still, the history says so once.
func (f File) PutOff(until, now time.Time) (items []Item) {
	r := f.Request
	if n := len(f.Events); n == 0 || f.Events[n-1].Kind != EventWaits {
		items = append(items, r.Record(EventWaits, now))
	}
	r.Next(StepAnswer, until)
	return append(items, r)
}

// AnswersFrom says from when the request may be answered, if its address is new, and whether that is later than now (threat T33). An address that was
// attached before the team released the request counts as known.
func (f File) AnswersFrom(p *policy.Policy, known subject.Known, now time.Time) (from time.Time, waits bool) {
	if known.AttachedAt.IsZero() || !known.AttachedAt.After(f.releasedAt()) {
		return time.Time{}, false
	}
	from = p.AnswersFrom(known.AttachedAt)
	return from, from.After(now)
}

// releasedAt returns when the team released the request. It is zero if the team never did, or if the links of the request were cut since: then
// something has happened to its address that the team did not know.
func (f File) releasedAt() (at time.Time) {
	for _, e := range f.Events {
		if e.Kind == EventReleased && !f.Request.CutAt.After(e.At) {
			at = e.At
		}
	}
	return at
}
