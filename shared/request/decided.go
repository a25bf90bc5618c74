package request

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// What follows from a decision of the team.
const (
	EventExtended          EventKind = "extended"           // SES accepted the notice that the answer takes longer: the extension is in force
	EventExtensionDropped  EventKind = "extension_dropped"  // it never came into force: its notice was not accepted in time, or may not be mailed
	EventClosed            EventKind = "closed"             // the outcome was mailed, or told in another way; its Reason is the result
	EventReleased          EventKind = "released"           // the team vouches for the address: what waited because of it is answered
	EventExtensionReturned EventKind = "extension_returned" // the notice came back
	EventClosingReturned   EventKind = "closing_returned"   // the mail with the outcome came back, so it counts as not told (fault F24)
)

// decided does the steps that follow from a decision of the team.
func (f *Fulfilment) decided(ctx context.Context, file File, now time.Time) error {
	team, ok := f.Answers[work.Team].(*Team)
	if !ok {
		return fmt.Errorf("request: nobody does the step %q", file.Request.Step)
	}
	if file.Request.Step == StepExtend {
		return team.extend(ctx, file, now)
	}
	return team.close(ctx, file, now)
}

// sent says what became of a mail about a decision.
type sent string

const (
	accepted sent = "accepted" // by SES
	again    sent = "again"    // not accepted; the next try is due
	never    sent = "never"    // no mail may go to the address, or ever reaches it
)

// mail mails a decision to the address of a request, as it is spelt on record (threats T01, T16). The next try is stored first, in case that the mail
// is not accepted (faults F03, F04, F23). A request that was taken out of its mailbox is never mailed about: its address stands for somebody
// else, or for nobody (threat T27).
func (t *Team) mail(ctx context.Context, file File, now time.Time, send func(context.Context, string, Request, subject.Token) error) (File, string, sent, error) {
	r := file.Request
	typed, err := subject.ParseAddress(r.Email)
	if err != nil || r.Mailbox == "" {
		return file, "", never, nil //nolint:nilerr // nobody can be mailed there
	}
	to := typed.Spelling
	if known, stored, err := t.Addresses.Find(ctx, typed); err != nil {
		return file, "", again, err
	} else if stored && known.Spelling != "" {
		to = known.Spelling
	}
	r.Again(now, subject.MailAgain)
	if file, err = t.Register.Save(ctx, file, r); err != nil {
		return file, "", again, err
	}
	switch err := send(ctx, to, file.Request, file.Request.StatusToken(t.Tokens)); {
	case err == nil:
		return file, to, accepted, nil
	case errors.Is(err, subject.ErrUnmailable):
		return file, "", never, nil
	case subject.MailNotAccepted(err):
		return file, "", again, nil
	default:
		return file, "", again, err
	}
}

// extend mails the notice of an extension. The extension is in force once SES has accepted the notice before the original deadline. Otherwise it is
// dropped, since a person who was not told in time can count on the original deadline (GDPR Art. 12(3), CCPA regulations §7021(b)).
func (t *Team) extend(ctx context.Context, file File, now time.Time) error {
	if now.After(file.Request.originalDue()) {
		return t.drop(ctx, file, "late", now)
	}
	file, _, became, err := t.mail(ctx, file, now, t.Mailer.Extended)
	switch {
	case err != nil || became == again:
		return err
	case became == never:
		return t.drop(ctx, file, WhyUnmailable, now)
	}
	r := file.Request
	part := r.ExtendedMail().Part
	if r.Extension.NoticeSent = t.Now().UTC().Truncate(time.Second); !r.Extended() { // SES took so long that the day was over
		return t.drop(ctx, file, "late", now)
	}
	r.Rest()
	event := r.Record(EventExtended, now)
	event.Mail = part
	_, err = t.Register.Save(ctx, file, r, event)
	return err
}

// drop drops an extension that is not in force, and raises an alarm: the original deadline stands.
func (t *Team) drop(ctx context.Context, file File, why string, now time.Time) error {
	r := file.Request
	r.Extension = Extension{}
	r.Rest()
	event := r.Record(EventExtensionDropped, now)
	event.Reason = why
	if _, err := t.Register.Save(ctx, file, r, event); err != nil {
		return err
	}
	t.ForTeam(ctx, r.ID)
	return nil
}

// close mails the outcome of a request and closes it then. While the mail is not accepted, the request stays open: an outcome that nobody was told
// is no answer (fault F24). If nobody can be mailed, the request goes back to the team.
func (t *Team) close(ctx context.Context, file File, now time.Time) error {
	file, to, became, err := t.mail(ctx, file, now, t.Mailer.Closed)
	switch {
	case err != nil || became == again:
		return err
	case became == never:
		return t.leave(ctx, file, WhyUnmailable, now)
	}
	r := file.Request
	part := r.ClosedMail().Part
	r.Email = to
	event := r.conclude(t.Policy(now), now)
	event.Mail = part
	_, err = t.Register.Save(ctx, file, r, event)
	return err
}

// conclude closes the request with its outcome. What a refused objection or restriction had imposed is lifted then, after the person was told
// (GDPR Art. 18(3); promise H04), and so is what a refused report about a child had stopped, and the part of an objection that was not agreed with. What
// stands of an objection that was never imposed, such as one from an address that several people use, is imposed then.
func (r *Request) conclude(p *policy.Policy, now time.Time) Event {
	state := Fulfilled
	if r.Outcome.Result == Declined {
		state = Refused
	}
	r.Close(state, now)
	lifts := state == Refused && (r.Right == privacy.Restriction || r.Child != "")
	if r.Right == privacy.Objection {
		r.Stands = r.StandsAfter(r.Outcome, p)
		lifts = r.Outcome.Result != Done || len(r.On) == 0 && len(r.Stands) > 0
	}
	if lifts {
		r.Next(StepLift, now)
	}
	event := r.Record(EventClosed, now)
	event.Reason = string(r.Outcome.Result)
	return event
}

// StandsAfter returns the purposes of an objection that stay forbidden after an outcome. Nobody can refuse an objection to direct marketing (GDPR
// Art. 21(3)).
func (r Request) StandsAfter(o Outcome, p *policy.Policy) (all []privacy.Purpose) {
	for _, id := range r.Purposes {
		of, _ := p.Purpose(id)
		if of.DirectMarketing || o.Result != Declined && !slices.Contains(o.GoesOn, id) {
			all = append(all, id)
		}
	}
	return all
}
