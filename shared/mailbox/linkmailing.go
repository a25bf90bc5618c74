package mailbox

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Waiting is something that waits behind the links of a mailbox until somebody decides about it on the page that they open. It has no text
// and no name that a stranger may have typed (threat T32).
type Waiting struct {
	ID         string                            // of the request, of the confirmation, or of the change
	Right      privacy.Right                     // of a request; empty for a consent
	Scope      privacy.Scope                     // of a request to know
	Ground     privacy.Ground                    // of a restriction
	Purposes   []privacy.Purpose                 // of an objection or a restriction; none for all
	Categories []privacy.Category                // of a restriction; none for all
	Decisions  map[privacy.Purpose]consent.State // of a consent
	Change     audit.Act                         // of a change of whom the address stands for; empty otherwise
	Plan       bool                              // the request is confirmed, and what its erasure will do waits until its holder agrees
	ReceivedAt time.Time
	DueAt      time.Time // the deadline of a request that binds (promise H13); zero for a consent
	TimeZone   string    // in which the days of a request are counted, an IANA name; empty for a consent
	Repeats    int       // how often the same was asked for again
	Reminded   bool      // its holder is reminded, or was, that it still waits
}

// Letter is a mail with a link.
type Letter struct {
	Mailbox     string // its id
	N           int    // number of the link
	Token       subject.Token
	Waiting     []Waiting // oldest first; may be empty
	Unsubscribe string    // token of one-click unsubscription (promise C03); empty if nothing is decided by the address
}

// Mail returns the tags of the letter. No two letters to a mailbox have the same.
func (l Letter) Mail() feedback.Mail {
	return feedback.Mail{Kind: feedback.Link, About: l.Mailbox, Part: "link-" + strconv.Itoa(l.N)}
}

// LinkMailer mails links and receipts. If a mail was not accepted, the error is [subject.ErrMailRefused], [subject.ErrMailUncertain] or
// [subject.ErrUnmailable].
type LinkMailer interface {
	Link(ctx context.Context, to string, l Letter) error
	Receipt(ctx context.Context, to string, r Receipt) error
}

// LinkMailing mails the links of mailboxes.
type LinkMailing struct {
	Mailboxes Mailboxes
	Wishes    Wishes
	Subjects  Subjects
	Status    func(request string) subject.Token                           // makes the token of a request's status link
	Waits     func(ctx context.Context, mailbox string) ([]Waiting, error) // what waits behind the links of a mailbox, oldest first
	Mailer    LinkMailer
	Aliases   subject.Key // makes the id of a mailbox
	Tokens    subject.Key
	Policy    func(now time.Time) *policy.Policy // policy.InForce
	Now       func() time.Time
}

// Take turns a wish for a link into a mail that is due. A run that is killed is repeated; at worst it mails one more link (fault F03).
func (l *LinkMailing) Take(ctx context.Context, id string) error {
	ask, found, err := l.Wishes.LoadWish(ctx, id)
	if err != nil || !found || !ask.Reached(l.now()) {
		return err
	}
	typed, err := subject.ParseAddress(ask.Email)
	if err == nil {
		_, err = subject.Mailable(ask.Email)
	}
	if err == nil {
		if err := l.Want(ctx, typed, ForRequests); err != nil {
			return err
		}
	}
	return l.Wishes.DeleteWish(ctx, id)
}

// Want makes a mail with a link to an address due.
func (l *LinkMailing) Want(ctx context.Context, a subject.Address, r Reason) error {
	id := l.Aliases.Mailbox(a)
	for range mostTries {
		m, _, err := l.Mailboxes.Load(ctx, id)
		if err != nil {
			return err
		}
		now := l.now()
		m.ID, m.Address = id, a.Spelling
		m.want(r, now)
		m.keep(l.Policy(now), now)
		if _, err := l.Mailboxes.Save(ctx, m); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return ErrChanged
}

// Plan makes a mail with a link to an address due, which says that the plan of an erasure waits there. These mails have a number a day of their own, so that
// nobody who files requests for the address can use them up (threat T09). It implements erasure.Links.
func (l *LinkMailing) Plan(ctx context.Context, a subject.Address) error {
	return l.Want(ctx, a, ForPlans)
}

// Covered returns until when a mailed link opens what came to wait at since. waits says that the mail for it has not left yet.
func (l *LinkMailing) Covered(ctx context.Context, mailbox string, since time.Time) (until time.Time, waits bool, err error) {
	m, found, err := l.Mailboxes.Load(ctx, mailbox)
	if err != nil || !found {
		return time.Time{}, false, err
	}
	until, waits = m.covers(l.Policy(l.now()), since)
	return until, waits, nil
}

// Run sends the mails of a mailbox that are due: a link, then a receipt. Each mail first claims the mailbox, so that two runs never send it twice. A
// run that is killed is repeated, with a new link, when the next try is due (faults F02 to F04). A mail that is not accepted is tried again until
// it is (fault F23).
func (l *LinkMailing) Run(ctx context.Context, id string) error {
	now := l.now()
	m, found, err := l.Mailboxes.Load(ctx, id)
	if err == nil && found && m.Reached(now) {
		if err = l.link(ctx, m, now); err == nil {
			m, found, err = l.Mailboxes.Load(ctx, id)
		}
	}
	if err == nil && found && m.Receipt.Reached(now) {
		err = l.receipt(ctx, m, now)
	}
	return err
}

// link mails a link.
func (l *LinkMailing) link(ctx context.Context, m Mailbox, now time.Time) error {
	reason, may := m.reason(now)
	if !may { // what waits can be opened by the links that still work, and gets a link tomorrow
		m.NextAt = limit.NextDay(now)
		_, err := l.save(ctx, m, now)
		return lostRace(err)
	}
	known, err := l.onRecord(ctx, m, now)
	if err != nil {
		return err
	}
	waiting, err := l.Waits(ctx, m.ID)
	if err != nil {
		return err
	}
	token := subject.NewToken()
	m.is(known)
	link := m.mint(l.Tokens, token, l.Policy(now), now)
	m.Mailed = m.Mailed.with(reason, 1, now)
	m.Again(now, subject.MailAgain)
	if m, err = l.save(ctx, m, now); err != nil {
		return lostRace(err)
	}
	letter := Letter{Mailbox: m.ID, N: link.N, Token: token, Waiting: waiting, Unsubscribe: l.unsubscribe(m)}
	return l.mailed(ctx, m, link, reason, now, l.Mailer.Link(ctx, known.Spelling, letter))
}

// is notes whom the address stands for, as links and sessions from now on know it. While nothing may be answered by the address, they show only what
// waits (threat T27).
func (m *Mailbox) is(known subject.Known) {
	m.Subject, m.Formerly, m.Doubt, m.Shared = known.Subject, known.Formerly, known.Doubt, nil
	if known.Doubt != subject.NoDoubt {
		m.Subject, m.Formerly, m.Shared = "", nil, known.Others
	}
}

// unsubscribe returns the token of one-click unsubscription for a mail to the mailbox, or "" if nobody is behind it for certain.
func (l *LinkMailing) unsubscribe(m Mailbox) string {
	if m.Subject == "" {
		return ""
	}
	return UnsubscribeToken(l.Tokens, m.Subject)
}

// onRecord returns what is known by the address of a mailbox. It puts an unknown address on record until the last session of a link that is mailed
// now has ended, so that its holder can decide about consents. If no spelling is on record, mail goes to the one that was typed.
func (l *LinkMailing) onRecord(ctx context.Context, m Mailbox, now time.Time) (subject.Known, error) {
	typed, err := subject.ParseAddress(m.Address)
	if err != nil { // it was parsed before it was stored
		return subject.Known{}, err
	}
	p := l.Policy(now)
	known, err := l.Subjects.Introduce(ctx, typed, p.SpanOf(policy.MailboxLink).After(now).Add(p.LinkAgain()+p.Session()))
	known.Spelling = known.MailTo(typed)
	return known, err
}

// mailed records what became of the mail of a link. If the mailbox has changed meanwhile, it reads it again: whatever has come to wait since the
// mail began can be opened by the link that it brings.
func (l *LinkMailing) mailed(ctx context.Context, m Mailbox, link Link, reason Reason, now time.Time, mailErr error) error {
	if errors.Is(mailErr, subject.ErrMailUncertain) { // the link stays, and the next try is due
		return nil
	}
	if mailErr != nil && !subject.MailNotAccepted(mailErr) {
		return mailErr
	}
	for range mostTries {
		if mailErr == nil {
			m.left(link.N)
		} else {
			m.unmint(link.N)
			m.Mailed = m.Mailed.with(reason, -1, now)
		}
		switch {
		case mailErr == nil && !m.has(link.N): // it was cut off while its mail was on its way, so it opens nothing (threat T27)
			m.Due = work.Due{NextAt: now}
		case !errors.Is(mailErr, subject.ErrMailRefused): // it was accepted, or no mail can ever reach the spelling on record
			m.rest()
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

func (l *LinkMailing) save(ctx context.Context, m Mailbox, now time.Time) (Mailbox, error) {
	m.keep(l.Policy(now), now)
	return l.Mailboxes.Save(ctx, m)
}

func (l *LinkMailing) now() time.Time { return l.Now().UTC().Truncate(time.Second) }
