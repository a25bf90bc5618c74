package consent

import (
	"maps"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Covers reports whether the record has seen the act of another record of the same data subject, or a later one. A restored copy may not have.
func (r Record) Covers(other Record) bool {
	return r.names(other.Operation) || r.Version >= other.Version && !r.RecordedAt.Before(other.RecordedAt)
}

// Refused returns the next record after this one, which refuses again what other records refused that were lost with a restore (fault F17). They are in the
// order in which they were recorded, and there is at least one. A refusal holds even if a lost grant came after it: the data subject is asked again.
func (r Record) Refused(lost ...Record) Record {
	next := lost[len(lost)-1]
	next.Version, next.Earlier, next.Decisions = r.Version+1, nil, map[privacy.Purpose]Decision{}
	if r.Version > 0 {
		next.Earlier = append([]string{r.Operation}, r.Earlier[:min(len(r.Earlier), remembered-1)]...)
	}
	if !r.gone(next.RecordedAt) {
		maps.Copy(next.Decisions, r.Decisions)
	}
	for _, other := range lost {
		for purpose, d := range other.Decisions {
			if d.State == Denied {
				next.Decisions[purpose] = d
			}
		}
		next.ExpiresAt = later(next.ExpiresAt, other.ExpiresAt)
	}
	next.ExpiresAt = later(next.ExpiresAt, r.ExpiresAt)
	return next
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// AfterRestore returns the record of a browser as it counts after the tables were restored from a backup at the time given, which is zero if they never
// were. Nobody knows what the browser decided between the backup and the restore. So what it had agreed to before is asked for again; what it
// had refused stays refused.
func (r Record) AfterRestore(at time.Time) Record {
	if at.IsZero() || !r.RecordedAt.Before(at) || strings.HasPrefix(r.Subject, Address("")) {
		return r
	}
	decisions := maps.Clone(r.Decisions)
	for purpose, d := range decisions {
		if d.State == Granted && d.ExpiresAt.After(at) {
			d.ExpiresAt = at
			decisions[purpose] = d
		}
	}
	r.Decisions = decisions
	return r
}
