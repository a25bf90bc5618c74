package consent

import (
	"context"
	"maps"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Newest reads the newest record of a subject by the key of the log, as [Log] does.
type Newest func(ctx context.Context, subject string) (Record, error)

// Together returns what a data subject and those who were joined to them decided, by the newest record of each.
func Together(ctx context.Context, newest Newest, id privacy.SubjectID, formerly []subject.Former, now time.Time) (Record, error) {
	own, err := newest(ctx, Address(id))
	if err != nil {
		return Record{}, err
	}
	return own.With(ctx, newest, formerly, now)
}

// With returns what holds for a data subject whose newest record is r, together with the newest records of those who were joined to them.
func (r Record) With(ctx context.Context, newest Newest, formerly []subject.Former, now time.Time) (Record, error) {
	for _, f := range formerly {
		other, err := newest(ctx, Address(f.ID))
		if err != nil {
			return Record{}, err
		}
		r = r.United(other, f.At, now)
	}
	return r, nil
}

// United returns what holds at now for a data subject to whom another one was joined. r is the newest record of the one who stayed, or what was
// united before; other is that of the one who was joined.
//
// What was denied before the join stays denied. What was opted out of stays so for as long as either may not be asked again. What was granted stays
// granted where nobody denied it. What either decides later replaces it. The result names the newer of both records. Several who were joined are
// united in the order of the joins.
func (r Record) United(other Record, joined, now time.Time) Record {
	if other.Version == 0 || other.gone(now) {
		return r
	}
	if r.Version == 0 || r.gone(now) {
		return other
	}
	united := r
	if other.ExpiresAt.After(r.ExpiresAt) || other.ExpiresAt.Equal(r.ExpiresAt) && other.Version > r.Version {
		united = other
	}
	united.Subject, united.Decisions = r.Subject, make(map[privacy.Purpose]Decision, len(r.Decisions)+len(other.Decisions))
	maps.Copy(united.Decisions, r.Decisions)
	for purpose, theirs := range other.Decisions {
		ours, decided := r.Decisions[purpose]
		switch {
		case !decided:
			united.Decisions[purpose] = theirs
		case theirs.prevails(ours, joined, now):
			united.Decisions[purpose] = theirs.keeping(r.Effective(purpose, now))
		default:
			united.Decisions[purpose] = ours.keeping(other.Effective(purpose, now))
		}
	}
	return united
}

// prevails reports whether a decision of somebody who was joined to another one replaces the decision of the other about the same purpose. Joins are
// noted to the second. What was decided in that second may have been decided before, so it counts as such.
func (d Decision) prevails(over Decision, joined, now time.Time) bool {
	since := joined.Truncate(time.Second).Add(time.Second)
	if !d.DecidedAt.Before(since) && !d.DecidedAt.Before(over.DecidedAt) {
		return true
	}
	lasts := d.ExpiresAt.After(over.ExpiresAt)
	switch {
	case !over.DecidedAt.Before(since):
		return false
	case over.State == Denied:
		return d.State == Denied && lasts
	default:
		return d.State == Denied || lasts && d.ExpiresAt.After(now)
	}
}

// Denials returns the purposes that were denied at or after a time, and are still. optOut reports that one of them is an opt-out.
func (r Record) Denials(since time.Time) (denied map[privacy.Purpose]State, optOut bool) {
	denied = map[privacy.Purpose]State{}
	for purpose, d := range r.Decisions {
		if d.State == Denied && !d.DecidedAt.Before(since) {
			denied[purpose], optOut = Denied, optOut || d.OptOut
		}
	}
	return denied, optOut
}
