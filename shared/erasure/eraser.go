package erasure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Subjects knows data subjects and changes their standing.
type Subjects interface {
	// State reads a state consistently, even if its retention is over. It reports false if there is none.
	State(ctx context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error)
	// Aliases returns those of the aliases that are on record, by their keys.
	Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error)
	// ChangeOf changes the state of a data subject, or of the one to whom they were joined. It returns whose state that is, and the state. found is
	// false if there is none.
	ChangeOf(ctx context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time)) (root privacy.SubjectID, after standing.State, found bool, err error)
}

// Links has links to mailboxes mailed.
type Links interface {
	// Plan makes a mail with a fresh link to the address due, which says that the plan of an erasure waits there. The limits of other links do not count.
	Plan(ctx context.Context, a subject.Address) error
}

// Mailer mails what becomes of an erasure. If a mail was not accepted, the error is [subject.ErrMailRefused], [subject.ErrMailUncertain] or
// [subject.ErrUnmailable].
type Mailer interface {
	// ErasureAgreed says what will be erased and when, and how to cancel it.
	ErasureAgreed(ctx context.Context, to string, r request.Request, e Erasure, status subject.Token) error
	// Erased says what was erased and what was withheld, with the way to the certificate.
	Erased(ctx context.Context, to string, r request.Request, e Erasure, status subject.Token) error
	// NothingToErase says that nothing is stored.
	NothingToErase(ctx context.Context, to string, r request.Request, e Erasure, status subject.Token) error
}

// Certifier signs certificates.
type Certifier interface {
	// Certify returns a signed document about an erasure, a JWS. It has no personal data.
	Certify(r request.Request, e Erasure, now time.Time) (string, error)
}

// Replay notes what was taken away from a data subject, so that it can be done again after a restore (fault F17).
type Replay interface {
	// Erasing notes that a data subject is about to be erased. It may be called twice.
	Erasing(ctx context.Context, w Whom, now time.Time) error
}

// Whom is who is erased, with everything by which what is stored about them is found.
type Whom struct {
	Request   string              // the id of the erasure
	BegunAt   time.Time           // when the erasure began; zero before. What came since is not covered
	Subject   privacy.SubjectID   // empty if nobody is known by the address
	Persons   []privacy.SubjectID // the subject, and everybody who was joined to them
	Standing  standing.Snapshot   // of the subject; zero if nobody is known
	Addresses []subject.Alias     // of the subject that are on record
	Mailboxes []string            // HMACs of the addresses of the subject that have a spelling, and of the address of the request
}

// Source is where some kinds are stored besides records.
type Source interface {
	// Kinds lists the kinds.
	Kinds() []policy.Kind
	// Count counts what is stored about a person. A kind that it does not return cannot be counted for one person. until is when the last of it ends.
	Count(ctx context.Context, w Whom) (map[policy.Kind]Tally, error)
	// Erase erases what is not withheld. It may be called twice. waits says that something has to stay for now, such as an open request, so that Erase has to
	// be called again later.
	Erase(ctx context.Context, w Whom, now time.Time) (waits bool, err error)
}

// Tally is how much of a kind is stored.
type Tally struct {
	Count int
	Until time.Time // when the last of it expires; zero if something has no end
}

// Eraser does the steps of erasures.
type Eraser struct {
	Register  request.Register
	Addresses request.Addresses
	Keys      request.Mailboxes
	Subjects  Subjects
	Records   Records
	Sources   []Source
	Links     Links
	Mailer    Mailer
	Certifier Certifier
	Replay    Replay
	Keep      func(ctx context.Context, id privacy.SubjectID) (again time.Time, err error) // intake.Keep
	Tokens    subject.Key
	ForTeam   func(ctx context.Context, requestID string) // called when a request came to wait for the team
	Stuck     func(ctx context.Context, requestID string) // called at each run of an erasure that began long ago and is not finished
	Policy    func(now time.Time) *policy.Policy          // policy.InForce
	Now       func() time.Time
	// CoolingOff replaces the time of the policy during which an erasure can be cancelled. It is set on one machine only, where nobody wants to wait.
	CoolingOff time.Duration
	// Writers is how long after a change of the state a write may still arrive that does not know of it (fault F27).
	Writers time.Duration
}

// Run does the step of an erasure that is due, if one is. It returns no error if another run was faster, or if a mail was not accepted.
func (x *Eraser) Run(ctx context.Context, id string) error {
	file, err := x.Register.Load(ctx, id)
	if errors.Is(err, request.ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	now := x.Now().UTC().Truncate(time.Second)
	e := Of(file)
	if e.Version == 0 || !e.Reached(now) {
		return nil
	}
	if e.stuck(now) {
		x.Stuck(ctx, id)
	}
	if err = x.step(ctx, file, e, now); errors.Is(err, request.ErrChanged) {
		return nil
	}
	return err
}

func (x *Eraser) step(ctx context.Context, file request.File, e Erasure, now time.Time) error {
	if !e.Begun() && e.State != Watching && file.Request.State.Final() { // withdrawn, or closed by the team
		e.rest(Cancelled)
		_, err := x.Register.Save(ctx, file, e)
		return err
	}
	switch e.State {
	case Planning:
		return x.plan(ctx, file, e, now)
	case Planned:
		return x.waits(ctx, file, e, now)
	case Telling:
		return x.tell(ctx, file, e, now)
	case Cooling:
		return x.begin(ctx, file, e, now)
	case Erasing:
		return x.erase(ctx, file, e, now)
	case Mailing:
		return x.mail(ctx, file, e, now)
	case Watching:
		if e.Outdated {
			var err error
			if file, e, err = x.certifyAgain(ctx, file, e, now); err != nil {
				return err
			}
		}
		return x.watch(ctx, file, e, now)
	default:
		return fmt.Errorf("erasure: nothing is to be done in the state %q", e.State)
	}
}

// whom finds everything by which what is stored about the person is found. A subject who was joined to another one since is found there.
func (x *Eraser) whom(ctx context.Context, r request.Request, e Erasure) (Whom, error) {
	w := Whom{Request: r.ID, BegunAt: e.BegunAt, Subject: e.Subject, Mailboxes: slices.Clone(e.Mailboxes)}
	if typed, err := subject.ParseAddress(r.Email); err == nil {
		w.add(x.Keys.Mailbox(typed))
	}
	if e.Subject == "" {
		return w, nil
	}
	return w, x.known(ctx, &w)
}

// add adds the mailbox of an address, once.
func (w *Whom) add(mailbox string) {
	if !slices.Contains(w.Mailboxes, mailbox) {
		w.Mailboxes = append(w.Mailboxes, mailbox)
	}
}
