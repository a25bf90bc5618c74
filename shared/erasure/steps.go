package erasure

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Why an erasure waits for the team, besides a doubt about its address.
const (
	WhyUnagreed = "unagreed" // the person has not agreed to the plan
	WhyUntold   = "untold"   // nobody could be told how to cancel it
	whyReturned = "returned" // the mail with its answer came back
)

// known adds to whom what is known of a data subject.
func (x *Eraser) known(ctx context.Context, w *Whom) error {
	root, state, found, err := identity.Root(ctx, x.Subjects, w.Subject)
	if err != nil || !found {
		return err
	}
	w.Subject, w.Standing, w.Persons = root, state, state.Persons(root)
	aliases, err := x.Subjects.Aliases(ctx, state.Aliases...)
	if err != nil {
		return err
	}
	for _, key := range state.Aliases {
		is, found := aliases[key]
		if !found || !subject.IsAddress(key) || is.Shared() {
			continue
		}
		w.Addresses = append(w.Addresses, is)
		if is.Mailbox != "" { // an earlier erasure has erased the spelling
			w.add(is.Mailbox)
		}
		if typed, err := subject.ParseAddress(is.Spelling); err == nil {
			w.add(x.Keys.Mailbox(typed))
		}
	}
	return nil
}

// planned returns the plan as it is now, with its counts.
func (x *Eraser) planned(ctx context.Context, w Whom, now time.Time) (Plan, error) {
	p := x.Policy(now)
	plan := newPlan(p, w.Standing.Erase(w.Request, w.Persons, now, now), now)
	if err := x.countRecords(ctx, w, &plan); err != nil {
		return Plan{}, err
	}
	for _, source := range x.Sources {
		tallies, err := source.Count(ctx, w)
		if err != nil {
			return Plan{}, err
		}
		for kind, t := range tallies {
			item := plan.of(kind)
			item.Count, item.Until, item.Counted = t.Count, t.Until, true
		}
	}
	return plan, nil
}

// plan makes the plan and has the person told that it waits for them. If nothing is stored, they are told that instead.
func (x *Eraser) plan(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	r := file.Request
	w, err := x.whom(ctx, r, e)
	if err != nil {
		return err
	}
	if e.Plan, err = x.planned(ctx, w, now); err != nil {
		return err
	}
	if e.Plan.empty() {
		return x.nothing(ctx, file, e, now)
	}
	return x.offer(ctx, file, e, now)
}

// offer has the person told that a plan waits until they agree to it. The plan is stored first, since the mail says that it is there.
func (x *Eraser) offer(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	r := file.Request
	e.CoolingOff = coolingOff(x.Policy(now), e.Plan, x.CoolingOff)
	event := e.offered(&r, now)
	file, err := x.Register.Save(ctx, file, r, e, event)
	if err != nil {
		return err
	}
	return x.waits(ctx, file, Of(file), now)
}

// offered has an erasure and its request say that the plan waits for the person, who is not told of it yet.
func (e *Erasure) offered(r *request.Request, now time.Time) request.Event {
	e.PlannedAt, e.Offered, e.Reminded, e.Agreed, e.AgreedAt, e.Told, e.ErasesAt = now, false, false, "", time.Time{}, nil, time.Time{}
	e.next(Planned, now)
	r.Waiting = request.ForYou
	return r.Record(request.EventPlanned, now)
}

// waits does what is due while a plan waits. The person is mailed that it does, and reminded once. If they still do not agree, the request goes to the team;
// they can agree all the same.
func (x *Eraser) waits(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	if e.Offered && e.Reminded {
		e.rest(Planned)
		return x.forTeam(ctx, file, e, WhyUnagreed, now)
	}
	typed, err := subject.ParseAddress(file.Request.Email)
	if err != nil {
		return err
	}
	if err := x.Links.Plan(ctx, typed); err != nil {
		return err
	}
	if p := x.Policy(now); e.Offered {
		e.Reminded = true
		e.next(Planned, p.SpanOf(policy.MailboxLink).After(now))
	} else {
		e.Offered = true
		e.next(Planned, now.AddDate(0, 0, p.RemindAfter))
	}
	_, err = x.Register.Save(ctx, file, e)
	return err
}

// forTeam stores the erasure, and leaves its request to the team.
func (x *Eraser) forTeam(ctx context.Context, file request.File, e Erasure, why string, now time.Time) error {
	r := file.Request
	event := leave(&r, why, now)
	if _, err := x.Register.Save(ctx, file, r, e, event); err != nil {
		return err
	}
	x.ForTeam(ctx, r.ID)
	return nil
}

// leave leaves a request to the team. The notice that its answer takes longer goes on to its end.
func leave(r *request.Request, why string, now time.Time) request.Event {
	step, due := r.Step, r.Due
	event := r.ToTeam(why, now)
	if step == request.StepExtend {
		r.Step, r.Due = step, due
	}
	return event
}

// tell tells everybody at an address of the person that the erasure is near, with a way to cancel it. The time in which it can be cancelled begins once
// SES has accepted the last of these mails. If nobody can be told, the request goes to the team.
func (x *Eraser) tell(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	r := file.Request
	if e.CoolingOff > 0 {
		e.ErasesAt = now.Add(e.CoolingOff)
		w, err := x.whom(ctx, r, e)
		if err != nil {
			return err
		}
		for _, to := range recipients(r, w) {
			var again bool
			if file, e, again, err = x.tellOne(ctx, file, e, to, now); err != nil || again {
				return err
			}
		}
	}
	if e.toldNobody() {
		if _, err := x.Register.Save(ctx, file, untold(&r, e, now)...); err != nil {
			return err
		}
		x.ForTeam(ctx, r.ID)
		return nil
	}
	e.ErasesAt = now
	if e.CoolingOff > 0 {
		e.ErasesAt = x.Now().UTC().Add(e.CoolingOff + time.Second - 1).Truncate(time.Second)
	}
	e.next(Cooling, e.ErasesAt)
	_, err := x.Register.Save(ctx, file, e)
	return err
}

// recipient is an address at which somebody is told.
type recipient struct{ key, spelling string }

// recipients returns the address of the request, and the others on record.
func recipients(r request.Request, w Whom) (all []recipient) {
	all = append(all, recipient{"", r.Email})
	own, _ := subject.ParseAddress(r.Email)
	for _, is := range w.Addresses {
		if a, err := subject.ParseAddress(is.Spelling); err == nil && a.Lookup != own.Lookup && !is.Typed {
			all = append(all, recipient{is.Key, is.Spelling})
		}
	}
	return all
}

// tellOne tells somebody at one address, unless that was done. again says that SES did not accept the mail, so that the next try is due.
func (x *Eraser) tellOne(ctx context.Context, file request.File, e Erasure, to recipient, now time.Time) (_ request.File, _ Erasure, again bool, err error) {
	i := slices.IndexFunc(e.Told, func(t Told) bool { return t.Address == to.key })
	if i < 0 {
		i, e.Told = len(e.Told), append(slices.Clone(e.Told), Told{Address: to.key})
	}
	if e.Told[i].Accepted {
		return file, e, false, nil
	}
	e.Told = slices.Clone(e.Told)
	e.Told[i].Mail = e.Version + 1
	e.Again(now, subject.MailAgain) // the next try, in case that it is not accepted (faults F03, F04, F23)
	if file, err = x.Register.Save(ctx, file, e); err != nil {
		return file, e, false, err
	}
	e = Of(file)
	err = x.Mailer.ErasureAgreed(ctx, to.spelling, file.Request, e, file.Request.StatusToken(x.Tokens))
	never := errors.Is(err, subject.ErrUnmailable)
	if err != nil && !never {
		if subject.MailNotAccepted(err) {
			return file, e, true, nil
		}
		return file, e, false, err
	}
	e.Told = slices.Clone(e.Told)
	e.Told[i].Accepted, e.Told[i].Returned = true, never
	e.next(Telling, now)
	file, err = x.Register.Save(ctx, file, e)
	return file, Of(file), false, err
}

// begin begins the erasure, unless its plan has changed since the person agreed to it: then they have to agree again (threat T07). A doubt about the
// address leaves it to the team (threat T27).
func (x *Eraser) begin(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	r := file.Request
	typed, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	known, stored, err := x.Addresses.Find(ctx, typed)
	if err != nil {
		return err
	}
	if doubt := file.Doubt(known); doubt != subject.NoDoubt {
		e.rest(Cancelled)
		return x.forTeam(ctx, file, e, string(doubt), now)
	}
	if stored && e.Subject == "" { // records came in since
		e.Subject = known.Subject
	}
	w, err := x.whom(ctx, r, e)
	if err != nil {
		return err
	}
	if e.Plan, err = x.planned(ctx, w, now); err != nil {
		return err
	}
	unannounced := len(e.Told) == 0 && coolingOff(x.Policy(now), e.Plan, x.CoolingOff) > 0
	if e.Plan.Hash() != e.Agreed || unannounced {
		return x.offer(ctx, file, e, now)
	}
	event := x.started(&r, &e, w, x.Now(), now) // the run that this wakes erases, so that no two runs erase the same
	_, err = x.Register.Save(ctx, file, r, e, event)
	return err
}

// systems lists the systems of the register that may hold data of the person, but for those in which this service stores it.
func systems(p *policy.Policy, plan Plan) (all []System) {
	for _, s := range p.Systems {
		if s.Service || s.Anonymised {
			continue
		}
		if slices.ContainsFunc(plan.Items, func(i Item) bool { return i.Count > 0 && slices.ContainsFunc(s.Categories, i.isOf) }) {
			all = append(all, System{ID: s.ID})
		}
	}
	return all
}

// started has an erasure and its request say that it began at the time begun.
func (x *Eraser) started(r *request.Request, e *Erasure, w Whom, begun, now time.Time) request.Event {
	e.BegunAt, e.Mailboxes, e.Systems = begun.UTC().Round(0), w.Mailboxes, systems(x.Policy(now), e.Plan)
	e.next(Erasing, now)
	r.State, r.Waiting = request.Fulfilling, request.NoWait
	return r.Record(request.EventErasing, now)
}
