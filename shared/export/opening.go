package export

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Listings knows what is stored under an address besides records.
type Listings interface {
	// Listed returns what is stored under the address with this HMAC.
	Listed(ctx context.Context, mailbox string) (request.Listed, error)
}

// Consents knows what people have decided.
type Consents interface {
	// Newest returns the newest record of a subject, or the zero Record if there is none.
	Newest(ctx context.Context, subject string) (consent.Record, error)
}

// NothingMailer mails that nothing is stored. If a mail was not accepted, the error is [subject.ErrMailRefused], [subject.ErrMailUncertain]
// or [subject.ErrUnmailable].
type NothingMailer interface {
	NothingStored(ctx context.Context, to string, r request.Request, status subject.Token) error
}

// Opening opens exports. It implements [request.Answerer].
type Opening struct {
	Register  request.Register
	Addresses request.Addresses
	Mailboxes request.Mailboxes
	Listings  Listings
	Consents  Consents
	Mailer    NothingMailer
	ForTeam   func(ctx context.Context, requestID string) // called when a request came to wait for the team
	Tokens    subject.Key
	Policy    func(now time.Time) *policy.Policy // policy.InForce
}

// Answer opens an export if something is stored about the data subject, or if more than this request is stored under the address. Otherwise it
// mails that no records are stored. A statement of how data is processed is for everybody: whoever asks
// gets it, known or not (promise H08).
//
// If there is doubt whose address it is, every request goes to the team instead, since the doubt is also about where the answer would be mailed
// (threat T27). While the address is new, an answer that has data is put off (threat T33).
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
		return o.forTeam(ctx, file, why, now)
	}
	if r.Mailbox == "" { // it had been taken out of the mailbox, and the address is that of its data subject again
		r.Mailbox, r.Subject = o.Mailboxes.Mailbox(proven), ""
		if file, err = o.Register.Save(ctx, file, r, r.Listing()); err != nil {
			return err
		}
		r = file.Request
	}
	statement := r.Content() == request.Statement // it has no data that the wrong person could get, so it does not wait
	if from, waits := file.AnswersFrom(o.Policy(now), known, now); waits && !statement {
		return o.wait(ctx, file, from, now)
	}
	if !stored {
		known = subject.Known{}
	}
	known.Spelling = known.MailTo(proven) // the person has just proven this address
	if !statement {
		something, err := o.hasSomething(ctx, r, known, stored, now)
		if err != nil {
			return err
		}
		if !something {
			return o.nothingStored(ctx, file, known.Spelling, now)
		}
	}
	return o.open(ctx, file, known, now)
}

// hasSomething reports whether anything is stored that an export would show, besides the request itself. Of somebody who was erased, it shows what was
// withheld, if only that they were.
func (o *Opening) hasSomething(ctx context.Context, r request.Request, known subject.Known, stored bool, now time.Time) (bool, error) {
	var err error
	if stored && known.Typed && !known.Erased {
		if stored, err = o.hasDecided(ctx, known.Subject, now); err != nil {
			return false, err
		}
	}
	if stored {
		return true, nil
	}
	listed, err := o.Listings.Listed(ctx, r.Mailbox)
	return listed.HasMoreThan(r.ID), err
}

// open opens an export of what is stored about a data subject, or of what came by the address if it is unknown.
func (o *Opening) open(ctx context.Context, file request.File, known subject.Known, now time.Time) error {
	r := file.Request
	r.Email = known.Spelling // the answer goes to the address on record only, like the link that proved it (threats T01, T16)
	r.Rest()
	if a, waits := Of(file).unresolved(); waits { // Another or Retry has opened it and written the event
		a.Subject, a.NextAt = known.Subject, now
		if !r.State.Final() {
			r.State = request.Fulfilling
		}
		_, err := o.Register.Save(ctx, file, r, a)
		return err
	}
	r.State = request.Fulfilling
	a := next(&r, known.Subject, now, now)
	event := r.Record(request.EventExporting, now)
	_, err := o.Register.Save(ctx, file, r, a, event)
	return err
}

// hasDecided reports whether a data subject whose address somebody typed has a consent record. Without one, nothing is stored about them but the
// address itself, which the mail with the link put on record.
func (o *Opening) hasDecided(ctx context.Context, id privacy.SubjectID, now time.Time) (bool, error) {
	record, err := o.Consents.Newest(ctx, consent.Address(id))
	return record.Version > 0 && record.ExpiresAt.After(now), err
}

// nothingStored mails that no records are stored and ends the request. A request that was answered before keeps the day of that answer, at
// which its retention began.
func (o *Opening) nothingStored(ctx context.Context, file request.File, to string, now time.Time) error {
	r := file.Request
	r.Again(now, subject.MailAgain) // the next try, in case that it is not accepted (faults F03, F04, F23)
	file, err := o.Register.Save(ctx, file, r)
	if err != nil {
		return err
	}
	r = file.Request
	part := NothingMail(r).Part
	if err = o.Mailer.NothingStored(ctx, to, r, r.StatusToken(o.Tokens)); subject.MailNotAccepted(err) { // the next try is due
		return nil
	} else if err != nil {
		return err
	}
	if r.State.Final() {
		r.Rest()
	} else {
		r.Close(request.Fulfilled, now)
	}
	event := r.Record(request.EventNothingStored, now)
	event.Mail = part
	items := []request.Item{r, event}
	if a, waits := Of(file).unresolved(); waits {
		a.State = Cancelled
		items = append(items, a)
	}
	_, err = o.Register.Save(ctx, file, items...)
	return err
}
