package request

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Why an act of the team is refused. Nothing was changed then, and no audit entry was written.
var (
	ErrClosed        = errors.New("request: it is closed already")
	ErrUnconfirmed   = errors.New("request: nobody has confirmed it")
	ErrUnderway      = errors.New("request: the service is working on it")
	ErrTooLate       = errors.New("request: its deadline has passed, so it cannot be extended any more")
	ErrExtended      = errors.New("request: it was extended already")
	ErrNoExtension   = errors.New("request: nothing allows more time for this right")
	ErrNotReleasable = errors.New("request: it does not wait because its address is new or frozen")
)

// Extend gives the answer to a request more time. [Team] mails the notice with the reason; the extension is in force once SES has accepted it in time.
// Whether that was in time, [Team] decides by its own clock. The clock of the caller, who may be an operator, only spares a notice that is too late anyway.
//
// Errors: [ErrUnknown]; [ErrClosed]; [ErrUnconfirmed]; [ErrUnderway]; [ErrTooLate]; [ErrExtended]; [ErrNoExtension]; a [fault.Error] about the
// reason; [ErrChanged] while others interfere.
func Extend(ctx context.Context, register Register, id string, by audit.Actor, reason string, now time.Time) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	return act(ctx, register, id, by, audit.RequestExtended, now, func(file File, now time.Time) ([]Item, error) {
		r := file.Request
		switch {
		case !r.Extension.DecidedAt.IsZero():
			return nil, ErrExtended
		case !r.extendable():
			return nil, ErrNoExtension
		case now.After(r.originalDue()):
			return nil, ErrTooLate
		case r.Step != "" || file.underway():
			return nil, ErrUnderway
		}
		r.Extension = Extension{Reason: reason, By: by, DecidedAt: now}
		r.Next(StepExtend, now)
		return []Item{r}, nil
	})
}

// CloseBy decides the outcome of a request: its result, its reason, and what goes on in spite of an objection. [Team] mails it with the reason, and closes the request once SES has accepted the mail. A notice of an
// extension that has not left yet does not leave any more.
//
// Errors: [ErrUnknown]; [ErrClosed]; [ErrUnconfirmed]; [ErrUnderway], also while an earlier outcome is being mailed; a [fault.Error] about the result,
// the reason or the purposes; [ErrChanged] while others interfere.
func CloseBy(ctx context.Context, register Register, id string, by audit.Actor, o Outcome, now time.Time) error {
	if err := o.check(); err != nil {
		return err
	}
	return act(ctx, register, id, by, audit.RequestClosed, now, func(file File, now time.Time) ([]Item, error) {
		r := file.Request
		if file.underway() || r.Step != "" && r.Step != StepExtend && r.WaitsFor(now) != ForDays {
			return nil, ErrUnderway
		}
		if err := r.decide(o, by, now); err != nil {
			return nil, err
		}
		r.Next(StepClose, now)
		return append(file.ended(), r), nil
	})
}

// CloseTold decides the outcome of a request and closes it at once, without a mail: the person was told the outcome in another way, since no mail
// reaches them. So it may also end a mail to the privacy address that nobody has confirmed.
//
// Errors as those of [CloseBy]; but a mail with an answer or an outcome that is not accepted is given up.
func CloseTold(ctx context.Context, register Register, id string, by audit.Actor, o Outcome, now time.Time) error {
	if err := o.check(); err != nil {
		return err
	}
	return Act(ctx, register, id, by, audit.RequestClosed, now, func(file File, now time.Time) ([]Item, error) {
		r := file.Request
		if err := r.workable(); err != nil && !r.isMail() {
			return nil, err
		}
		mails := r.Try > 0 && Rights[r.Right].Answer != work.Limit // a limit is imposed at this step, which mails nothing
		begins := r.Step == StepAnswer && !mails && r.WaitsFor(now) != ForDays
		if file.underway() || begins || r.Step == StepTell || r.Step == StepLift {
			return nil, ErrUnderway
		}
		if err := r.decide(o, by, now); err != nil {
			return nil, err
		}
		event := r.conclude(policy.InForce(now), now)
		return append(file.ended(), r, event), nil
	})
}

// Release has a request answered that waits because its address is new, or because a change that led to the address is contested: the team knows
// whose address it is, and vouches for it (threat T33). Other doubts about the address remain.
//
// Errors: [ErrUnknown]; [ErrClosed]; [ErrUnconfirmed]; [ErrNotReleasable]; [ErrChanged] while others interfere.
func Release(ctx context.Context, register Register, id string, by audit.Actor, now time.Time) error {
	return act(ctx, register, id, by, audit.RequestReleased, now, func(file File, now time.Time) ([]Item, error) {
		r := file.Request
		if r.WaitsFor(now) != ForDays && !file.waitsFor(string(subject.Frozen)) {
			return nil, ErrNotReleasable
		}
		r.Next(StepAnswer, now)
		event := r.Record(EventReleased, now)
		return []Item{r, event}, nil
	})
}

// View records that somebody reads what a person wrote, and returns the file then. The entry is written first, so nobody reads without one (promise
// H16).
func View(ctx context.Context, register Register, id string, by audit.Actor, now time.Time) (File, error) {
	file, err := register.Load(ctx, id)
	if err != nil {
		return File{}, err
	}
	return register.Save(ctx, file, entry(by, audit.RequestViewed, id, now))
}

// act is [Act] about a request that is neither closed nor unconfirmed.
func act(ctx context.Context, register Register, id string, by audit.Actor, what audit.Act, now time.Time, decide func(File, time.Time) ([]Item, error)) error {
	return Act(ctx, register, id, by, what, now, func(file File, now time.Time) ([]Item, error) {
		if err := file.Request.workable(); err != nil {
			return nil, err
		}
		return decide(file, now)
	})
}

// workable returns why the team cannot act on a request: it is closed, or nothing says that whoever gets the mail has asked for anything.
func (r Request) workable() error {
	switch {
	case r.State.Final():
		return ErrClosed
	case !r.Confirmed():
		return ErrUnconfirmed
	}
	return nil
}

// Act stores what decide returns about a request, with an audit entry. It decides again while another writer interferes.
//
// Errors: those of decide; [ErrUnknown]; [ErrChanged] while others interfere.
func Act(ctx context.Context, register Register, id string, by audit.Actor, what audit.Act, now time.Time, decide func(File, time.Time) ([]Item, error)) error {
	now = now.UTC().Truncate(time.Second)
	for range 5 {
		file, err := register.Load(ctx, id)
		if err != nil {
			return err
		}
		items, err := decide(file, now)
		if err != nil {
			return err
		}
		if _, err = register.Save(ctx, file, append(items, entry(by, what, id, now))...); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}

func entry(by audit.Actor, what audit.Act, id string, now time.Time) AuditEntry {
	kept := policy.InForce(now).SpanOf(policy.AuditEntry)
	return AuditEntry{Entry: audit.New(by, what, id, now), ExpiresAt: kept.After(now)}
}

// decide notes the outcome. An extension whose notice has not left is dropped.
func (r *Request) decide(o Outcome, by audit.Actor, now time.Time) error {
	if err := r.checkGoesOn(o, policy.InForce(now)); err != nil {
		return err
	}
	o.By, o.DecidedAt = by, now
	if r.Outcome = o; r.Step == StepExtend {
		r.Extension = Extension{}
	}
	return nil
}

// checkGoesOn demands the purposes that go on if a part of an objection was agreed with, and refuses any otherwise. Nobody can refuse an objection to
// direct marketing (GDPR Art. 21(3)).
func (r Request) checkGoesOn(o Outcome, p *policy.Policy) error {
	if r.Right != privacy.Objection || o.Result != PartlyDone {
		if len(o.GoesOn) > 0 {
			return fault.At("/purposes", "are named only for an objection that is partly_done")
		}
		return nil
	}
	if len(o.GoesOn) == 0 {
		return fault.At("/purposes", "must name what goes on in spite of the objection")
	}
	for _, id := range o.GoesOn {
		if of, _ := p.Purpose(id); of.DirectMarketing || !slices.Contains(r.Purposes, id) {
			return fault.At("/purposes", "must be among those of the objection, and none of them direct marketing")
		}
	}
	if len(r.StandsAfter(o, p)) == 0 {
		return fault.At("/purposes", "must leave out what was agreed with; if that is nothing, the result is refused")
	}
	return nil
}

// underway reports whether the task that answers the right is at work beside the main step, and cannot be stopped by the team.
func (f File) underway() bool {
	answer, ok := f.Answer.(interface{ Underway() bool })
	return ok && answer.Underway()
}

// Ender is an answer that goes on beside the main step of its request and can be stopped until it has begun in earnest.
type Ender interface {
	// End returns what is stored once the request is withdrawn or the team decides about it. It returns false if it is too late for that.
	End() (items []Item, ends bool)
}

// ended returns what is stored of the answer once the team decides about the request. What has been done stays done.
func (f File) ended() []Item {
	if answer, ok := f.Answer.(Ender); ok {
		if items, ends := answer.End(); ends {
			return items
		}
	}
	return nil
}

// WaitsForTeam reports whether an open request without a step that is due waits for the team, and why.
func (f File) WaitsForTeam() (why string, waits bool) {
	if f.Request.WaitsFor(time.Time{}) != ForTeam {
		return "", false
	}
	for _, e := range slices.Backward(f.Events) {
		if e.Kind == EventForTeam {
			return e.Reason, true
		}
	}
	return "", true
}

// waitsFor reports whether the request waits for the team, for this reason.
func (f File) waitsFor(why string) bool {
	is, waits := f.WaitsForTeam()
	return waits && is == why
}

// check refuses an outcome that says nothing.
func (o Outcome) check() error {
	if o.Result != Done && o.Result != PartlyDone && o.Result != Declined {
		return fault.At("/result", "must be done, partly_done or refused")
	}
	return checkReason(o.Reason)
}

// checkReason refuses a reason that cannot be mailed. A person must be told why (GDPR Art. 12(4)).
func checkReason(reason string) error {
	var at fault.Fields
	if strings.TrimSpace(reason) == "" {
		at.Add("/reason", fault.Required)
	}
	text(&at, "/reason", reason, maxDetails)
	return at.Err()
}
