package objection

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Answer imposes what a request asks for, and makes what follows due. What nobody has to prove holds for everybody behind the address, whatever doubt
// there is about it. Anything else goes to the team if there is doubt whose address it is (threat T27).
func (a *Answer) Answer(ctx context.Context, file request.File, now time.Time) error {
	r := file.Request
	if len(r.On) > 0 {
		return a.keep(ctx, file, now)
	}
	typed, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	if !r.Unproven {
		known, _, err := a.Addresses.Find(ctx, typed)
		if err != nil {
			return err
		}
		if why := file.Doubt(known); why != subject.NoDoubt {
			return a.forTeam(ctx, file, string(why), now)
		}
	}
	limited, full, err := a.impose(ctx, r, typed)
	if err != nil {
		return err
	}
	if full {
		return a.forTeam(ctx, file, whyFull, now)
	}
	r.On = persons(limited, r.ID)
	items := a.imposed(&r, now)
	_, err = a.Register.Save(ctx, file, items...)
	return err
}

// impose changes the standing of everybody whom the request concerns. full reports that somebody has too many limits already.
func (a *Answer) impose(ctx context.Context, r request.Request, typed subject.Address) (limited map[privacy.SubjectID]standing.State, full bool, err error) {
	decide := func(from standing.Snapshot) (standing.State, time.Time) {
		now := a.Now()
		to, isFull := limit(r, from.State, now)
		full = full || isFull
		if to.Equal(from.State) {
			return to, from.ExpiresAt
		}
		return to, to.KnownUntil(a.Policy(now))
	}
	limited, err = a.Subjects.Limit(ctx, a.Keys.Alias(typed), typed.Spelling, decide)
	if err != nil || r.Subject == "" {
		return limited, full, err
	}
	// The address was taken away from somebody after the request was filed by it.
	root, state, found, err := a.Subjects.ChangeOf(ctx, r.Subject, decide)
	if found {
		limited[root] = state
	}
	return limited, full, err
}

// limit returns the state after the request has imposed what it asks for.
//
// An opt-out and an objection count from when they were filed or confirmed, however late they are imposed, so that a consent that was given since then
// is the newer one. Times are in whole seconds, so an objection and a consent in one second leave the purpose forbidden. A restriction counts from when
// it is imposed: only writes that began before then do not know of it (fault F27).
func limit(r request.Request, from standing.State, now time.Time) (to standing.State, full bool) {
	at := r.ReceivedAt
	if r.VerifiedAt.After(at) {
		at = r.VerifiedAt
	}
	at = at.Add(time.Second)
	switch {
	case from.Limited(r.ID):
		return from, false
	case r.Right == privacy.OptOut:
		return from.OptedOut(standing.OptOut{Request: r.ID, Source: source(r), At: at}), false
	case r.Right == privacy.Objection:
		o := standing.Objection{Request: r.ID, Source: source(r), At: at, Purposes: r.Purposes}
		if r.Unproven {
			return from.ObjectedAnyway(o), false
		}
		return from.Objected(o)
	default:
		at = now.UTC().Round(0)
		return from.Restricted(standing.Restriction{Request: r.ID, At: at, Ground: r.Ground, Purposes: r.Purposes, Categories: r.Categories})
	}
}

// source says who has asked. Another request of theirs may be only a repetition of this one, somebody else's never is: whoever has filed a request may
// take it back, and with it what it imposed.
func source(r request.Request) string {
	if r.Mailbox == "" {
		return string(r.Subject)
	}
	return r.Mailbox
}

// imposed decides what follows once the limit holds. A request that forbids nothing new is only a repetition. Nobody has to be told of it, it is not
// listed, and nothing is kept that was typed into it, so that nobody can fill a mailbox with them (threat T32). One that somebody has confirmed is
// answered all the same.
func (a *Answer) imposed(r *request.Request, now time.Time) []request.Item {
	if len(r.On) == 0 {
		if r.Unproven {
			r.Close(request.Fulfilled, now)
			r.Forget()
			event := r.Record(request.EventRepeated, now)
			return append([]request.Item{*r, event}, unlisted(*r)...)
		}
		r.State = request.Fulfilling
		r.Next(request.StepTell, now)
		event := r.Record(request.EventRepeated, now)
		return []request.Item{*r, event}
	}
	event := r.Record(request.EventImposed, now)
	switch {
	case suspends(*r):
		r.State = request.Fulfilling
		r.Next(request.StepAnswer, now)
	case r.Unproven:
		r.Close(request.Fulfilled, now)
		r.Next(request.StepTell, now)
	default:
		r.State = request.Fulfilling
		r.Next(request.StepTell, now)
	}
	return append([]request.Item{*r, event}, listed(*r)...)
}

// listed returns the entry of the request, which lasts as long as what the request imposed. A request that was filed while several people used its
// address may be listed under nobody.
func listed(r request.Request) []request.Item {
	if r.Mailbox == "" && r.Subject == "" {
		return nil
	}
	return []request.Item{r.Listing()}
}

func unlisted(r request.Request) []request.Item {
	if r.Mailbox == "" {
		return nil
	}
	return []request.Item{request.Unlisting{Mailbox: r.Mailbox, Request: r.ID}}
}

// keep gives the stored records the expiries that follow from a restriction, until the last pass over them is done.
func (a *Answer) keep(ctx context.Context, file request.File, now time.Time) error {
	r := file.Request
	again, err := a.keepAll(ctx, r)
	if err != nil {
		return err
	}
	if r.Next(request.StepTell, now); !again.IsZero() {
		r.Next(request.StepAnswer, again)
	}
	_, err = a.Register.Save(ctx, file, r)
	return err
}

// keepAll keeps the records of everybody whom the request concerns, and returns when that must be done again: when the last of them needs it.
func (a *Answer) keepAll(ctx context.Context, r request.Request) (again time.Time, err error) {
	for _, id := range r.On {
		next, err := a.Keep(ctx, id)
		if err != nil {
			return time.Time{}, err
		}
		if next.After(again) {
			again = next
		}
	}
	return again, nil
}

func (a *Answer) forTeam(ctx context.Context, file request.File, why string, now time.Time) error {
	return request.LeaveToTeam(ctx, a.Register, a.ForTeam, file, why, now)
}
