package erasure

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Opening opens erasures. It implements [request.Answerer].
type Opening struct {
	Register  request.Register
	Addresses request.Addresses
	Mailboxes request.Mailboxes
	ForTeam   func(ctx context.Context, requestID string) // called when a request came to wait for the team
	Policy    func(now time.Time) *policy.Policy          // policy.InForce
}

// Answer opens the erasure of whoever is behind the address of a request, whose plan is made next. If they were erased already, it has the certificate
// mailed again. If there is doubt whose address it is, the request goes to the team instead (threat T27). While the address is new, it waits (threat T33).
func (o *Opening) Answer(ctx context.Context, file request.File, now time.Time) error {
	r := file.Request
	proven, err := subject.ParseAddress(r.Email)
	if err != nil {
		return err
	}
	known, stored, err := o.Addresses.Find(ctx, proven)
	if err != nil {
		return err
	}
	if why := file.Doubt(known); why != subject.NoDoubt {
		return request.LeaveToTeam(ctx, o.Register, o.ForTeam, file, string(why), now)
	}
	if from, waits := file.AnswersFrom(o.Policy(now), known, now); waits {
		_, err := o.Register.Save(ctx, file, file.PutOff(from, now)...)
		return err
	}
	if r.Email = known.Spelling; !stored || r.Email == "" {
		r.Email = proven.Spelling
	}
	var items []request.Item
	if r.Mailbox == "" { // it had been taken out of the mailbox, and the address is that of its data subject again
		r.Mailbox, r.Subject = o.Mailboxes.Mailbox(proven), ""
		items = append(items, r.Listing())
	}
	r.Rest()
	e := Of(file)
	switch {
	case !e.Begun(): // one that was left to the team begins anew
		r.Waiting = request.ForService
		anew := begin(r, known.Subject, now)
		anew.Version = e.Version
		e = anew
	case e.State == Watching: // its certificate could not be mailed, or came back
		r.State = request.Fulfilling
		e.next(Mailing, now)
	default:
		r.State = request.Fulfilling
	}
	_, err = o.Register.Save(ctx, file, append(items, r, e)...)
	return err
}

// Cuts ends the erasure of a request whose links are cut. It implements [request.AnswerCuts].
type Cuts struct{}

// Cut implements [request.AnswerCuts]. An erasure that has not begun ends, and begins anew with its plan if again says so. One that has begun goes on.
func (Cuts) Cut(r *request.Request, file request.File, again bool, now time.Time) (items []request.Item, underway bool) {
	e := Of(file)
	if e.Version == 0 || e.Begun() || e.State == Cancelled || r.State.Final() {
		return nil, false
	}
	e.rest(Cancelled)
	if again {
		r.Waiting = request.NoWait
		r.Next(request.StepAnswer, now)
	}
	return []request.Item{e}, true
}
