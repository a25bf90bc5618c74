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

// strangersPerDay is the most of them that tell only of what nobody had to prove. So whoever files that with a foreign address cannot keep its holder
// from being told soon of what was done with a link (threat T31).
const strangersPerDay = 3

// mostActs is how many acts wait for a receipt. A person who does more in a day is told of the newest. What nobody had to prove gives way first, since a
// stranger may have filed it.
const mostActs = 50

// tell makes a receipt about an act due.
func (m *Mailbox) tell(a Act, now time.Time) {
	m.Acts = append(slices.Clone(m.Acts), a)
	for len(m.Acts) > mostActs {
		oldest := max(0, slices.IndexFunc(m.Acts, Act.unproven))
		m.Acts = slices.Delete(m.Acts, oldest, oldest+1)
	}
	waitsForStrangers := !a.unproven() && m.Receipt.NextAt.Equal(limit.NextDay(now))
	if m.Receipt.NextAt.IsZero() || waitsForStrangers && m.Mailed.count(forReceipt, now) < receiptsPerDay {
		m.Receipt = work.Due{NextAt: now}
	}
}

// Tell has a receipt mailed about an act. It is called after the act, so a run that is killed in between leaves the act without one. A mailbox that is
// not stored any more, as after the use of an old status link, or whose address was erased, is stored again with the address. Without an address there is
// no receipt then.
func (l *Links) Tell(ctx context.Context, mailbox, address string, a Act) error {
	for range mostTries {
		m, _, err := l.Mailboxes.Load(ctx, mailbox)
		if err != nil || m.Address == "" && address == "" {
			return err
		}
		now := l.now()
		a.At = now
		if m.Address == "" {
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
	most := receiptsPerDay
	if !slices.ContainsFunc(m.Acts, func(a Act) bool { return !a.unproven() }) {
		most = strangersPerDay
	}
	if m.Mailed.count(forReceipt, now) >= most {
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
	return l.told(ctx, m, r.Acts, now, l.Mailer.Receipt(ctx, known.Spelling, r))
}

// told records what became of a receipt about these acts.
func (l *LinkMailing) told(ctx context.Context, m Mailbox, acts []Act, now time.Time, mailErr error) error {
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
			m.Acts = slices.DeleteFunc(slices.Clone(m.Acts), func(a Act) bool { return slices.ContainsFunc(acts, a.equal) })
			m.Receipt = work.Due{}
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
