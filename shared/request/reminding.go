package request

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// marks are the parts of the time for an answer, in thirtieths, after which the team is reminded: with 20, 25 and 29 days of 30.
var marks = [...]int64{20, 25, 29}

// alarmed is the mark from which on an alarm rings too. One that rings from the first mark on would be on most of the time, and nobody would look.
const alarmed = 25

// mostLines is how many requests a mail to the team lists. It counts all of them.
const mostLines = 25

// remindLease is how long a run of [Reminders] keeps others away. It is longer than the function can run.
const remindLease = 10 * time.Minute

// mark returns when n thirtieths of the time for an answer have passed.
func (l Line) mark(n int64) time.Time {
	return l.ReceivedAt.Add(l.DueAt.Sub(l.ReceivedAt) / 30 * time.Duration(n))
}

// Near reports whether the first mark has passed and the deadline has not.
func (l Line) Near(now time.Time) bool { return !l.Overdue(now) && !now.Before(l.mark(marks[0])) }

// Urgent reports whether so little time is left that an alarm rings, and the deadline has not passed.
func (l Line) Urgent(now time.Time) bool { return !l.Overdue(now) && !now.Before(l.mark(alarmed)) }

// Passed reports whether the deadline, or a mark before it, has passed since the time given.
func (l Line) Passed(since, now time.Time) bool {
	if l.Overdue(now) && !l.Overdue(since) {
		return true
	}
	return slices.ContainsFunc(marks[:], func(n int64) bool { return l.mark(n).After(since) && !l.mark(n).After(now) })
}

// DigestOf counts the requests that are not closed, in any state: somebody who has no answer does not care why (promise H13). The lines must be
// sorted by their deadlines.
func DigestOf(lines []Line, now time.Time) Digest {
	d := Digest{At: now}
	for _, l := range lines {
		if l.WaitingFor == ForTeam {
			d.Waiting++
		}
		overdue, near := l.Overdue(now), l.Near(now)
		if overdue {
			d.Overdue++
		}
		if near {
			d.Near++
		}
		if l.Urgent(now) {
			d.Urgent++
		}
		if (overdue || near) && len(d.Due) < mostLines {
			d.Due = append(d.Due, l)
		}
	}
	return d
}

// Progress says until when everybody was reminded.
type Progress struct {
	Version int       // of the item; 0 before it is stored
	Team    time.Time // the team was told of every mark that had passed by then
	People  time.Time // people were reminded of what they had to be reminded of by then
	Leased  time.Time // until when a run keeps others away; zero if none does
}

// Progresses stores the progress of [Reminders].
type Progresses interface {
	// LoadProgress returns the zero Progress if none is stored.
	LoadProgress(ctx context.Context) (Progress, error)
	// SaveProgress returns the progress at its new version, or [ErrChanged].
	SaveProgress(ctx context.Context, p Progress) (Progress, error)
}

// Wanter has mails with links sent.
type Wanter interface {
	// Want makes a mail with a link to the address due, as far as the day allows.
	Want(ctx context.Context, a subject.Address) error
}

// ReminderMailer mails the privacy team.
type ReminderMailer interface {
	TeamReminder(ctx context.Context, to string, d Digest) error
}

// Reminders reminds the privacy team of deadlines, and people of requests that they have not confirmed. It is run every hour.
type Reminders struct {
	Queue    Queue
	Register Register
	Progress Progresses
	Proofs   Wanter
	Mailer   ReminderMailer
	Measure  func(ctx context.Context, d Digest)             // reports the counts; alarms ring by them
	Policy   func(now time.Time) *policy.Policy              // policy.InForce
	Failed   func(ctx context.Context, id string, err error) // called when somebody could not be reminded; the next run tries again
	Now      func() time.Time
}

// Run reminds whoever has to be reminded since the last run, whenever that was (fault F18). Of two runs at once, the second only counts. A run that is
// killed after a mail left or was wanted, and before it has noted that, does it again: a warning twice is better than none.
func (m *Reminders) Run(ctx context.Context) error {
	now := m.Now().UTC().Truncate(time.Second)
	lines, err := m.Queue.Open(ctx)
	if err != nil {
		return err
	}
	digest := DigestOf(lines, now)
	m.Measure(ctx, digest)
	p, err := m.Progress.LoadProgress(ctx)
	if err != nil || p.Leased.After(now) {
		return err
	}
	var killed time.Time
	if !p.Leased.IsZero() { // it was never given back
		killed = p.Leased.Add(-remindLease)
	}
	p.Leased = now.Add(remindLease)
	if p, err = m.Progress.SaveProgress(ctx, p); errors.Is(err, ErrChanged) { // another run was faster
		return nil
	}
	if err != nil {
		return err
	}
	return m.remind(ctx, p, killed, lines, digest)
}

// remind reminds the team, then people, and gives the lease back. The progress of one does not depend on the other.
func (m *Reminders) remind(ctx context.Context, p Progress, killed time.Time, lines []Line, digest Digest) error {
	now := digest.At
	failed := m.team(ctx, p.Team, lines, digest)
	if failed == nil {
		p.Team = now
		var err error
		if p, err = m.Progress.SaveProgress(ctx, p); err != nil {
			return err // the lease ends by itself
		}
	}
	if err := m.people(ctx, p.People, killed, lines, now); err == nil {
		p.People = now
	} else {
		failed = errors.Join(failed, err)
	}
	p.Leased = time.Time{}
	after, cancel := context.WithTimeout(context.WithoutCancel(ctx), 8*time.Second) // ctx may be done
	defer cancel()
	_, err := m.Progress.SaveProgress(after, p)
	return errors.Join(failed, err)
}

// team mails the team if a mark has passed.
func (m *Reminders) team(ctx context.Context, since time.Time, lines []Line, digest Digest) error {
	if !slices.ContainsFunc(lines, func(l Line) bool { return l.Passed(since, digest.At) }) {
		return nil
	}
	return m.Mailer.TeamReminder(ctx, m.Policy(digest.At).Controller.PrivacyEmail, digest)
}

// people reminds those who filed a request as many days ago as the policy says, and have not confirmed it. killed is when the last run began, if it was
// killed.
func (m *Reminders) people(ctx context.Context, since, killed time.Time, lines []Line, now time.Time) (failed error) {
	days := m.Policy(now).RemindAfter
	if days == 0 {
		return nil
	}
	for _, l := range lines {
		if at := l.ReceivedAt.AddDate(0, 0, days); l.State != Verifying || !at.After(since) || at.After(now) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return errors.Join(failed, err)
		}
		if err := m.person(ctx, l.ID, killed, now); err != nil {
			m.Failed(ctx, l.ID, err)
			failed = err
		}
	}
	return failed
}

// person reminds somebody. That is noted before the mail is wanted, since the mail says by it that it is a reminder. Whom a run had noted that was killed,
// is reminded again. Whoever has not got the first mail yet needs no reminder. It is one of the mails that an address gets on one day at most (threat
// T09).
func (m *Reminders) person(ctx context.Context, id string, killed, now time.Time) error {
	file, err := m.Register.Load(ctx, id)
	if errors.Is(err, ErrUnknown) {
		return nil
	}
	if err != nil {
		return err
	}
	r := file.Request
	if r.State != Verifying || r.Step != StepLapse || !r.RemindedAt.IsZero() && !r.RemindedAt.Equal(killed) {
		return nil
	}
	typed, err := subject.ParseAddress(r.Email)
	if err != nil { // it was parsed before it was stored
		return nil //nolint:nilerr // nobody can be reminded there
	}
	r.RemindedAt = now
	if file, err = m.Register.Save(ctx, file, r); err != nil {
		return err // another writer may have changed it: the next run looks again
	}
	if err := m.Proofs.Want(ctx, typed); err != nil {
		r = file.Request
		r.RemindedAt = time.Time{}
		_, lost := m.Register.Save(ctx, file, r)
		return errors.Join(err, lost)
	}
	return nil
}
