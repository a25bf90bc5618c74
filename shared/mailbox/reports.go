package mailbox

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Known finds data subjects by address.
type Known interface {
	// Find returns the data subject behind an address; ok is false if the address is unknown.
	Find(ctx context.Context, a subject.Address) (id privacy.SubjectID, spelling string, ok bool, err error)
}

// Pending knows what waits under an address.
type Pending interface {
	// Pending returns the ids of the confirmations that were asked for with the address, in no order.
	Pending(ctx context.Context, a subject.Address) ([]string, error)
}

// Reports takes in what SES reports about mails, as far as it concerns consents by address (faults F07, F24). Reports that arrive twice, or in
// another order, change nothing.
type Reports struct {
	Confirmations Confirmations
	Recorder      *consent.Recorder
	Subjects      Known
	Pending       Pending
}

// surfaceComplaint says in a consent record that the person reported a mail as spam. No caller of the API can state it.
const surfaceComplaint = "complaint"

// Take ends the confirmation whose mail came back for good: nobody can press its button, and no later mail would reach the address.
func (p *Reports) Take(ctx context.Context, e feedback.Event) error {
	if e.Outcome != feedback.Bounced || !e.Permanent {
		return nil
	}
	return p.end(ctx, e.About)
}

// Complained takes in that somebody reported a mail of this service, of any kind, as spam: whoever does that does not want marketing. It
// withdraws the consent to marketing mail, like the one-click unsubscribe, unless the person gave that consent after the complaint. It also
// ends the confirmations that wait under the address. A run that was killed in between can be repeated.
func (p *Reports) Complained(ctx context.Context, e feedback.Event) error {
	a, err := subject.ParseAddress(e.Address)
	if err != nil {
		return nil //nolint:nilerr // nobody can be on record by it
	}
	id, _, known, err := p.Subjects.Find(ctx, a)
	if err != nil {
		return err
	}
	if known {
		if err := p.withdraw(ctx, id, e); err != nil {
			return err
		}
	}
	waiting, err := p.Pending.Pending(ctx, a)
	if err != nil {
		return err
	}
	for _, confirmation := range waiting {
		if err := p.end(ctx, confirmation); err != nil {
			return err
		}
	}
	return nil
}

// withdraw records the denial. A denial that holds already is not recorded again.
func (p *Reports) withdraw(ctx context.Context, id privacy.SubjectID, e feedback.Event) error {
	newest, err := p.Recorder.Current(ctx, consent.Address(id))
	if err != nil {
		return err
	}
	now := newest.Effective(privacy.MarketingEmail, p.Recorder.Time())
	if now.State == consent.Granted && now.DecidedAt.After(e.At) {
		return nil
	}
	_, err = p.Recorder.RecordPrepared(ctx, consent.Act{
		Subject: consent.Address(id), Operation: uuid.NewSHA1(uuid.NameSpaceURL, []byte("complaint:"+e.MessageID)).String(),
		Decisions:     map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Denied},
		PolicyVersion: p.Recorder.Rules().Version, Language: "und", Surface: surfaceComplaint,
	})
	return err
}

// end ends a confirmation that waits: its links open nothing, and no mail is due. One whose button was pressed has ended already.
func (p *Reports) end(ctx context.Context, id string) error {
	for range 10 {
		c, found, err := p.Confirmations.Load(ctx, id)
		if err != nil || !found || !c.ConfirmedAt.IsZero() || c.Hash == nil && c.NextAt.IsZero() {
			return err
		}
		c.unmint()
		c.NextAt = time.Time{}
		if _, err := p.Confirmations.Save(ctx, c); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}
