package erasure

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// erase erases everything that is not withheld. The note for a restore comes first, then the fence in the standing: from then on nothing new is taken in.
// A write that began before the fence may arrive later, so the last pass begins once no such write can arrive any more (fault F27).
func (x *Eraser) erase(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	began := x.Now()
	w, _, err := x.sweep(ctx, file.Request, e, now)
	if err != nil {
		return err
	}
	settled := w.Standing.Erasure.At.Add(x.Writers + time.Second - 1).Truncate(time.Second)
	if e.Subject != "" && began.Before(settled) {
		e.next(Erasing, settled)
		_, err := x.Register.Save(ctx, file, e)
		return err
	}
	r := file.Request
	e.ErasedAt = now
	if e.Certificate, err = x.Certifier.Certify(r, e, now); err != nil {
		return err
	}
	e.next(Mailing, now)
	event := r.Record(request.EventErased, now)
	if file, err = x.Register.Save(ctx, file, r, e, event); err != nil {
		return err
	}
	return x.mail(ctx, file, Of(file), now)
}

// sweep erases once what is not withheld now. waits says that something stays only for now.
func (x *Eraser) sweep(ctx context.Context, r request.Request, e Erasure, now time.Time) (w Whom, waits bool, err error) {
	if w, err = x.whom(ctx, r, e); err != nil {
		return w, false, err
	}
	if e.State == Erasing { // later on the person may have been erased once more, which must not be undone
		if err := x.Replay.Erasing(ctx, w, e.BegunAt); err != nil {
			return w, false, err
		}
		if w.Subject != "" {
			if w, err = x.fence(ctx, w, e.BegunAt, x.Now()); err != nil {
				return w, false, err
			}
		}
	}
	return x.clear(ctx, w, e.State == Erasing, now)
}

// clear erases what is not withheld of a person whose standing says that they were erased. answers says that the request is answered after that.
func (x *Eraser) clear(ctx context.Context, w Whom, answers bool, now time.Time) (_ Whom, waits bool, err error) {
	if w.Subject != "" {
		latest, err := x.eraseRecords(ctx, w, now)
		if err != nil {
			return w, false, err
		}
		if w, err = x.settle(ctx, w, answers, latest); err != nil {
			return w, false, err
		}
		if _, err := x.Keep(ctx, w.Subject); err != nil { // what is withheld follows the contract from now on
			return w, false, err
		}
	}
	for _, source := range x.Sources {
		later, err := source.Erase(ctx, w, now)
		if err != nil {
			return w, false, err
		}
		waits = waits || later
	}
	return w, waits, nil
}

// fence has the standing say that the person was erased at the time given. A second call changes nothing. Nor does a call for an erasure that was begun before
// another one took effect which covers all that this one does.
func (x *Eraser) fence(ctx context.Context, w Whom, begun, at time.Time) (Whom, error) {
	return x.change(ctx, w, func(s standing.State, file time.Time) standing.State {
		if superseded(w, begun, s) {
			return s
		}
		return s.Erase(w.Request, w.Persons, file, at)
	})
}

// settle has the standing follow what a pass has found: the person has to be known until the last of what is withheld has expired, which is at the time
// given, and as long as the file of the request if it is answered now.
func (x *Eraser) settle(ctx context.Context, w Whom, answers bool, latest time.Time) (Whom, error) {
	return x.change(ctx, w, func(s standing.State, file time.Time) standing.State {
		if answers {
			s = s.Settled(file, x.Now())
		}
		return s.Settled(latest, x.Now())
	})
}

// change changes the standing. file is until when the file of a request is kept that is answered now.
func (x *Eraser) change(ctx context.Context, w Whom, to func(s standing.State, file time.Time) standing.State) (Whom, error) {
	root, after, found, err := x.Subjects.ChangeOf(ctx, w.Subject, func(from standing.Snapshot) (standing.State, time.Time) {
		p := x.Policy(x.Now())
		to := to(from.State, p.SpanOf(policy.Request).After(x.Now()))
		if to.Equal(from.State) {
			return to, from.ExpiresAt
		}
		return to, to.KnownUntil(p)
	})
	if err != nil || !found {
		return w, err
	}
	w.Subject, w.Standing.State, w.Persons = root, after, after.Persons(root)
	return w, nil
}

// superseded reports whether everybody whose records an erasure covers was erased by another one that took effect no earlier than this one was begun.
func superseded(w Whom, begun time.Time, s standing.State) bool {
	return !slices.ContainsFunc(w.Persons, func(id privacy.SubjectID) bool {
		last, erased := s.CoveredBy(id)
		return !erased || last.Request == w.Request || last.At.Before(begun)
	})
}

// mail mails the certificate. The request is answered once SES has accepted the mail. If nobody may be mailed at the address any more, the request goes to
// the team (threat T27).
func (x *Eraser) mail(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	why, err := x.unmailable(ctx, file)
	if err != nil {
		return err
	}
	if why == "" {
		e.Again(now, subject.MailAgain) // the next try, in case that it is not accepted (faults F03, F04, F23)
		if file, err = x.Register.Save(ctx, file, e); err != nil {
			return err
		}
		e = Of(file)
		err = x.Mailer.Erased(ctx, file.Request.Email, file.Request, e, file.Request.StatusToken(x.Tokens))
		if errors.Is(err, subject.ErrUnmailable) {
			why, err = request.WhyUnmailable, nil
		}
	}
	if subject.MailNotAccepted(err) {
		return nil
	}
	if err != nil {
		return err
	}
	part := ErasedMail(file.Request, e).Part
	e.next(Watching, now.Add(again))
	if why != "" {
		return x.forTeam(ctx, file, e, why, now)
	}
	return x.answered(ctx, file, e, request.EventAnswered, part, now)
}

// unmailable says why the answer may not be mailed to the address of the request, or "" if it may.
func (x *Eraser) unmailable(ctx context.Context, file request.File) (string, error) {
	if file.Request.Mailbox == "" { // it was taken out of its mailbox
		return request.WhyUnmailable, nil
	}
	typed, err := subject.ParseAddress(file.Request.Email)
	if err != nil {
		return "", err
	}
	known, _, err := x.Addresses.Find(ctx, typed)
	if err == nil && file.Doubt(known) != subject.NoDoubt {
		return request.WhyUnmailable, nil
	}
	return "", err
}

// answered closes a request whose answer SES has accepted.
func (x *Eraser) answered(ctx context.Context, file request.File, e Erasure, kind request.EventKind, part string, now time.Time) error {
	r := file.Request
	event := r.Record(kind, now)
	event.Mail = part
	r.Close(request.Fulfilled, now)
	_, err := x.Register.Save(ctx, file, r, e, event)
	return err
}

// nothing mails that nothing is stored, and closes the request.
func (x *Eraser) nothing(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	e.Again(now, subject.MailAgain)
	file, err := x.Register.Save(ctx, file, e)
	if err != nil {
		return err
	}
	r, e := file.Request, Of(file)
	part := NothingMail(r, e).Part
	err = x.Mailer.NothingToErase(ctx, r.Email, r, e, r.StatusToken(x.Tokens))
	e.next(Watching, now.Add(again))
	switch {
	case errors.Is(err, subject.ErrUnmailable):
		return x.forTeam(ctx, file, e, request.WhyUnmailable, now)
	case subject.MailNotAccepted(err):
		return nil
	case err != nil:
		return err
	}
	return x.answered(ctx, file, e, request.EventNothingStored, part, now)
}

// again is how often an erasure looks whether what was withheld can be erased.
const again = 24 * time.Hour

// watch erases what a contract, a hold or an open request has withheld so far. It comes back each day until nothing is left that only an event ends. An
// erasure that a later one of the same person covers leaves that to the later one.
func (x *Eraser) watch(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	r, waits, keeps := file.Request, false, false
	if e.Begun() {
		w, err := x.whom(ctx, r, e)
		if err != nil {
			return err
		}
		if w.Subject == "" || !superseded(w, e.BegunAt, w.Standing.State) {
			if w, waits, err = x.sweep(ctx, r, e, now); err != nil {
				return err
			}
			keeps = x.withheldForNow(w, now)
		}
	}
	stripped := x.strip(&r, now)
	r.Keeps = keeps && r.State.Final()
	if waits || keeps || !stripped || len(e.Outstanding()) > 0 { // the team finds it in the index of due work until the last system has answered
		e.next(Watching, now.Add(again))
	} else {
		e.rest(Done)
	}
	e.ExpiresAt = endsWith(r)
	items := []request.Item{e}
	if r.Email != file.Request.Email || r.Keeps != file.Request.Keeps {
		items = append(items, r, r.Listing())
	}
	_, err := x.Register.Save(ctx, file, items...)
	return err
}

// strip takes the address and the text out of a request that was answered, once no report can come any more that its answer came back. It reports whether
// nothing is left to be taken out.
func (x *Eraser) strip(r *request.Request, now time.Time) (stripped bool) {
	if !r.State.Final() || x.Policy(now).SpanOf(policy.MailEvent).After(r.ClosedAt).After(now) {
		return false
	}
	r.Forget()
	return true
}

// withheldForNow reports whether a contract or a hold withholds data.
func (x *Eraser) withheldForNow(w Whom, now time.Time) bool {
	for _, item := range newPlan(x.Policy(now), w.Standing.State, now).Items {
		if item.Ground == privacy.LegalHold || item.While != "" && !item.Erased() {
			return w.Subject != ""
		}
	}
	return false
}
