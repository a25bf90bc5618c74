package mailbox

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Wish is somebody's wish for a link to a mailbox, until the link is on its way. It is stored under a random id, because the HMAC of an address
// can be computed only by functions that read data subjects, and the one that takes the wish in does not (threat T14).
type Wish struct {
	ID        string
	Email     string // as it was typed
	ExpiresAt time.Time
	work.Due
}

// Wishes stores wishes for links.
type Wishes interface {
	LoadWish(ctx context.Context, id string) (a Wish, found bool, err error)
	SaveWish(ctx context.Context, a Wish) error
	DeleteWish(ctx context.Context, id string) error
}

// Links proves control of mailboxes, for everything that needs such a proof.
type Links struct {
	Mailboxes Mailboxes
	Wishes    Wishes
	Tokens    subject.Key
	Policy    func(now time.Time) *policy.Policy // policy.InForce
	Now       func() time.Time
}

// Ask takes in a wish for a link. [LinkMailing] mails the link later, so that the answer does not depend on whether the address is known
// (threat T14). It returns fault.Unacceptable for an address that no mail can reach.
func (l *Links) Ask(ctx context.Context, email string) error {
	var at fault.Fields
	subject.Demand(&at, "/email", email)
	if err := at.Err(); err != nil {
		return err
	}
	now := l.now()
	return l.Wishes.SaveWish(ctx, Wish{
		ID: uuid.Must(uuid.NewV7()).String(), Email: email, ExpiresAt: l.Policy(now).SpanOf(policy.LinkWish).After(now), Due: work.Due{NextAt: now},
	})
}

// AskAgain has a new link mailed to the mailbox of a session. These mails have a number a day of their own, so that nobody can use them up.
func (l *Links) AskAgain(ctx context.Context, value string) error {
	return l.change(ctx, value, func(m *Mailbox, now time.Time) { m.want(ForHolder, now) })
}

// End ends every link and every session of the mailbox of a session. The mailbox stays stored until the last of these sessions would have ended by
// itself. Otherwise it would begin again with its first generation, and a new link would bring the old sessions back.
func (l *Links) End(ctx context.Context, value string) error {
	return l.change(ctx, value, func(m *Mailbox, _ time.Time) {
		m.Generation++
		m.Links = nil
	})
}

// Cut lets every link and every session of a mailbox die that existed at the time given: the address stands for somebody else now, or for nobody
// (threat T27). It may be called twice, and leaves a link that was mailed since.
func (l *Links) Cut(ctx context.Context, id string, at time.Time) error {
	for range mostTries {
		m, found, err := l.Mailboxes.Load(ctx, id)
		if err != nil || !found || !m.CutAt.Before(at) {
			return err
		}
		now := l.now()
		if m.opensNothing(now) {
			return nil
		}
		m.cut(at)
		m.keep(l.Policy(now), now)
		if _, err := l.Mailboxes.Save(ctx, m); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return errBusy
}

// cut lets the links and sessions die that existed at the time given.
func (m *Mailbox) cut(at time.Time) {
	m.Generation++
	m.CutAt = at
	m.Links = slices.DeleteFunc(slices.Clone(m.Links), func(link Link) bool { return !link.MintedAt.After(at) })
	if len(m.Links) == 0 { // otherwise the newest one knows whom the address stands for now
		m.is(subject.Known{})
	}
}

// opensNothing reports whether the mailbox has neither links nor sessions, and is not about to get a link. It may still count the receipts of a day. Whom
// its address stands for is looked up anew for whatever it gets next.
func (m Mailbox) opensNothing(now time.Time) bool {
	return len(m.Links) == 0 && !m.SessionsEnd.After(now) && m.NextAt.IsZero()
}

// change changes the mailbox of a session.
func (l *Links) change(ctx context.Context, value string, do func(*Mailbox, time.Time)) error {
	for range mostTries {
		_, m, err := l.Session(ctx, value)
		if err != nil {
			return err
		}
		now := l.now()
		do(&m, now)
		m.keep(l.Policy(now), now)
		if _, err := l.Mailboxes.Save(ctx, m); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return errBusy
}

// Open opens a link: it returns the new session, the value of the cookie that holds it, and the mailbox. Of any number of calls with one token,
// at once or one after the other, five succeed. Every failure is fault.NotFound, and looks the same (threats T11, T23).
func (l *Links) Open(ctx context.Context, id string, token subject.Token) (s Session, value string, m Mailbox, err error) {
	if !isID(id) {
		return Session{}, "", Mailbox{}, errLink
	}
	for range mostTries {
		m, found, err := l.Mailboxes.Load(ctx, id)
		if err != nil {
			return Session{}, "", Mailbox{}, err
		}
		now := l.now()
		p := l.Policy(now)
		opening, ok := m.open(l.Tokens, token, p, now)
		if !found || !ok {
			return Session{}, "", Mailbox{}, errLink
		}
		m.keep(p, now)
		m, err = l.Mailboxes.Save(ctx, m)
		if errors.Is(err, ErrChanged) {
			continue
		}
		s = Session{Mailbox: id, Opening: opening, Ends: now.Add(p.Session())}
		return s, s.seal(l.Tokens, m.Generation), m, err
	}
	return Session{}, "", Mailbox{}, errBusy
}

// mostTries is how often a change of a mailbox is tried while other changes come first. At most [mostOpenings] openings of one link succeed,
// so it takes several busy writers to use the tries up.
const mostTries = 20

// errBusy is the answer if the mailbox changed at every try.
var errBusy = fault.New(fault.Conflict, "Something else is using this link right now. Try again.")

// isID reports whether a text may be the id of a mailbox. Only such a text becomes part of a key.
func isID(id string) bool {
	const hmac = 32 // bytes
	raw, err := base64.RawURLEncoding.Strict().DecodeString(id)
	return err == nil && len(raw) == hmac && base64.RawURLEncoding.EncodeToString(raw) == id // decoding skips line breaks
}

func (l *Links) now() time.Time { return l.Now().UTC().Truncate(time.Second) }
