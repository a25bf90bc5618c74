package mailbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// receiptsPerDay is the most receipts that a mailbox gets on one UTC day. The next one, on the day after, tells the rest at once.
const receiptsPerDay = 5

// mostActs is how many acts wait for a receipt. A person who does more in a day is told of the newest.
const mostActs = 50

// tell makes a receipt about an act due.
func (m *Mailbox) tell(a Act, now time.Time) {
	m.Acts = append(slices.Clone(m.Acts), a)
	m.Acts = m.Acts[max(0, len(m.Acts)-mostActs):]
	if m.Receipt.NextAt.IsZero() {
		m.Receipt = work.Due{NextAt: now}
	}
}

// Tell has a receipt mailed about an act. It is called after the act, so a run that is killed in between leaves the act without one. A mailbox that is
// not stored any more, as after the use of an old status link, is stored again with the address. Without an address there is no receipt then.
func (l *Links) Tell(ctx context.Context, mailbox, address string, a Act) error {
	for range mostTries {
		m, found, err := l.Mailboxes.Load(ctx, mailbox)
		if err != nil || !found && address == "" {
			return err
		}
		now := l.now()
		a.At = now
		if !found {
			m.ID, m.Address = mailbox, address
		}
		m.tell(a, now)
		m.keep(l.Policy(now), now)
		if _, err := l.Mailboxes.Save(ctx, m); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return errBusy
}

// receipt mails the receipt that is due. It claims the mailbox first, like the mail of a link.
func (l *LinkMailing) receipt(ctx context.Context, m Mailbox, now time.Time) error {
	if m.Mailed.count(forReceipt, now) >= receiptsPerDay {
		m.Receipt.NextAt = limit.NextDay(now)
		_, err := l.save(ctx, m, now)
		return lostRace(err)
	}
	known, err := l.onRecord(ctx, m, now)
	if err != nil {
		return err
	}
	m.is(known)
	m.Receipts++
	m.Mailed = m.Mailed.with(forReceipt, 1, now)
	m.Receipt.Again(now, subject.MailAgain)
	if m, err = l.save(ctx, m, now); err != nil {
		return lostRace(err)
	}
	r := Receipt{Mailbox: m.ID, N: m.Receipts, Acts: slices.Clone(m.Acts), Unsubscribe: l.unsubscribe(m)}
	for i := range r.Acts {
		if r.Acts[i].hasStatus() {
			r.Acts[i].Status = l.Status(r.Acts[i].Request)
		}
	}
	return l.told(ctx, m, len(r.Acts), now, l.Mailer.Receipt(ctx, known.Spelling, r))
}

// told records what became of a receipt about the n oldest acts.
func (l *LinkMailing) told(ctx context.Context, m Mailbox, n int, now time.Time, mailErr error) error {
	if errors.Is(mailErr, subject.ErrMailUncertain) { // the next try is due
		return nil
	}
	if mailErr != nil && !subject.MailNotAccepted(mailErr) {
		return mailErr
	}
	for range mostTries {
		if mailErr != nil {
			m.Mailed = m.Mailed.with(forReceipt, -1, now)
		}
		if !errors.Is(mailErr, subject.ErrMailRefused) { // it was accepted, or no mail can ever reach the spelling on record
			m.Acts, m.Receipt = m.Acts[min(n, len(m.Acts)):], work.Due{}
			if len(m.Acts) > 0 {
				m.Receipt.NextAt = now
			}
		}
		_, err := l.save(ctx, m, now)
		if !errors.Is(err, ErrChanged) {
			return err
		}
		var found bool
		if m, found, err = l.Mailboxes.Load(ctx, m.ID); err != nil || !found {
			return err
		}
	}
	return ErrChanged
}
