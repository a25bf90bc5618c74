package request

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Choose says for the sender of a mail, who has opened a link, what they mean by the mail, and confirms that (promise H12, threat T06). The filing is that
// of the right, without an address. A text that the right demands may be in the mail. [privacy.Question] means no right: the mail goes to the team as a
// question, or is added to the request that it answers, if the team is working on that; Choose then returns that request.
//
// The deadline counts from the arrival of the mail (promise H13).
//
// Errors: fault.Unacceptable, which names every mistake in the filing; fault.Forbidden without a fresh proof for a right that has to be proven; [ErrLink]
// for what is no mail that waits behind the mailbox.
func (q *Requester) Choose(ctx context.Context, id string, proof subject.Proof, f Filing) (Request, error) {
	if f.Right == privacy.Question {
		return q.ask(ctx, id, proof, f)
	}
	address := ""
	file, err := q.changeOf(ctx, id, proof, func(file File, now time.Time) ([]Item, error) {
		r := file.Request
		if !r.isMail() {
			return nil, ErrLink
		}
		p := q.Policy(now)
		if err := r.checkChoice(f, p); err != nil {
			return nil, err
		}
		address = r.Email
		r.Right, r.Asked, r.Unproven, r.Details, r.About = f.Right, f.asked(), f.unproven(p), f.Details, ""
		r.Jurisdiction, r.Language, r.VerifiedAt = f.Jurisdiction, f.Language, now // what it stops counts from now, not from the arrival
		if r.State = Open; r.Unproven {                                            // somebody who has opened a link is believed at least as much as anybody who fills the form in
			items := r.filed(now)
			return append(items, r), nil
		}
		if err := proof.MustBeFresh(); err != nil {
			return nil, err
		}
		r.Next(StepAnswer, now)
		event := r.Record(EventVerified, now)
		return []Item{r, event}, nil
	})
	if err == nil && file.Request.Unproven && file.Request.Step == "" { // the caller reads the answer in the policy
		answered := file.Request
		answered.Email = address
		q.told(ctx, answered, EventReceived)
	}
	return file.Request, err
}

// checkChoice names the mistakes in a filing that says what a mail means.
func (r Request) checkChoice(f Filing, p *policy.Policy) error {
	var at fault.Fields
	at.Need("/email", "x", f.Email == "", "must be left out: it is the address from which the mail came")
	at.Need("/visitor", "x", f.Visitor == "", "must be left out: a mail comes from no browser")
	at.Need("/onBehalfOf", "x", f.OnBehalfOf == nil, "must be left out: use the form to ask for somebody else")
	if err := at.Err(); err != nil {
		return err
	}
	f.Email = r.Email
	if f.Details == "" && slices.ContainsFunc(r.Messages, func(m Message) bool { return m.Text != "" }) {
		f.Details = "in the mail"
	}
	return f.Check(p)
}

// checkQuestion refuses whatever is said besides that a mail is a question: all of it is in the mail.
func (f Filing) checkQuestion() error {
	var at fault.Fields
	has := f.all()
	for _, name := range slices.Sorted(maps.Keys(has)) {
		at.Need("/"+name, "x", !has[name], "is not part of a question")
	}
	return at.Err()
}

// ask confirms a mail as a question, or adds it to the request that it answers.
func (q *Requester) ask(ctx context.Context, id string, proof subject.Proof, f Filing) (Request, error) {
	var to File
	file, err := q.changeOf(ctx, id, proof, func(file File, now time.Time) ([]Item, error) {
		r := file.Request
		if !r.isMail() {
			return nil, ErrLink
		}
		err := f.checkQuestion()
		if err != nil {
			return nil, err
		}
		var joined bool
		if to, joined, err = q.join(ctx, r, now); err != nil {
			return nil, err
		}
		r.VerifiedAt = now
		if !joined {
			r.State = Open
			r.Next(StepAnswer, now)
			event := r.Record(EventVerified, now)
			return []Item{r, event}, nil
		}
		r.Close(Fulfilled, now)
		r.Forget()
		event := r.Record(EventJoined, now)
		return []Item{r, event, Unlisting{Mailbox: r.Mailbox, Request: r.ID}}, nil
	})
	if err == nil && to.Request.ID != "" {
		return to.Request, nil
	}
	return file.Request, err
}

// join adds the messages of a mail to the request that it answers. It returns false if that does not wait for the team, since nobody would read them there,
// or if it has no room for them. It may be called again for the same mail.
func (q *Requester) join(ctx context.Context, mail Request, now time.Time) (File, bool, error) {
	if mail.About == "" {
		return File{}, false, nil
	}
	for range 5 {
		file, err := q.Register.Load(ctx, mail.About)
		if errors.Is(err, ErrUnknown) {
			return File{}, false, nil
		}
		if err != nil {
			return File{}, false, err
		}
		r := file.Request
		added := slices.DeleteFunc(slices.Clone(mail.Messages), r.hasMessage)
		switch {
		case !r.Takes(mail, now) || len(r.Messages)+len(added) > mostMessages:
			return File{}, false, nil
		case len(added) == 0: // a try that was killed has added them
			return file, true, nil
		}
		r.Messages = slices.Concat(r.Messages, added)
		event := r.Record(EventJoined, now)
		if file, err = q.Register.Save(ctx, file, r, event); !errors.Is(err, ErrChanged) {
			return file, err == nil, err
		}
	}
	return File{}, false, errBusy
}

// Takes reports whether a mail that answers the request can be added to it: it is from the same address, and the team, which reads mails, is working on it.
func (r Request) Takes(mail Request, now time.Time) bool {
	return r.ID == mail.About && r.Mailbox == mail.Mailbox && r.Confirmed() && r.WaitsFor(now) == ForTeam
}

// hasMessage reports whether a message is among those of the request.
func (r Request) hasMessage(m Message) bool {
	return slices.ContainsFunc(r.Messages, func(kept Message) bool { return kept.Text == m.Text && kept.At.Equal(m.At) })
}
