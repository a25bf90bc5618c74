package erasure

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Records knows the stored records of data subjects, and erases them.
type Records interface {
	// Held yields what an erasure has to know of every record of a data subject, also of one that has expired and is not deleted yet. It reads
	// consistently.
	Held(ctx context.Context, id privacy.SubjectID) iter.Seq2[Record, error]
	// Delete deletes a record, unless it has been replaced by one that came after the erasure with this id.
	Delete(ctx context.Context, r Record, erasure string) error
	// Strip takes members out of the data of a record. It does nothing if the record has changed meanwhile; the next pass sees to it.
	Strip(ctx context.Context, r Record, members []string) error
}

// Record is a stored record, as far as an erasure has to know it.
type Record = retention.Record

// countRecords adds to a plan how many records of each category are stored, and until when they are. One that has expired counts as deleted.
func (x *Eraser) countRecords(ctx context.Context, w Whom, plan *Plan) error {
	for i := range plan.Items {
		plan.Items[i].Counted = plan.Items[i].Kind.IsCategory()
	}
	now, ends := x.Now(), map[privacy.Category][]time.Time{}
	err := x.eachRecord(ctx, w, func(one Record) bool {
		if at := one.Expiry.At; at.IsZero() || at.After(now) {
			ends[one.Category] = append(ends[one.Category], at)
		}
		return true
	})
	for category, all := range ends {
		item := plan.of(policy.Kind(category))
		if item.Count = len(all); !item.Erased() && item.While == "" {
			item.Until = subject.Latest(all...)
		}
	}
	return err
}

// atOnce is how many records are erased at a time.
const atOnce = 16

// eraseRecords erases once the records that are not withheld, and takes out of the others what the ground does not ask for. latest is when the last record
// expires of those that have an expiry of their own and stay.
func (x *Eraser) eraseRecords(ctx context.Context, w Whom, now time.Time) (latest time.Time, err error) {
	tasks := newTasks(atOnce)
	err = x.eachRecord(ctx, w, func(one Record) bool {
		do, stays := x.erasing(w, one, now)
		if at := endOf(one); stays && at.After(latest) {
			latest = at
		}
		return do == nil || tasks.begin(func() error { return do(ctx) })
	})
	return latest, errors.Join(err, tasks.wait())
}

// eachRecord calls do for each record of a person that is stored, until it returns false.
func (x *Eraser) eachRecord(ctx context.Context, w Whom, do func(Record) bool) error {
	for _, person := range w.Persons {
		for one, err := range x.Records.Held(ctx, person) {
			if err != nil {
				return err
			}
			if !do(one) {
				return nil
			}
		}
	}
	return nil
}

// erasing returns what is done with a record, which is nil if nothing is, and whether the record stays. What came after the erasure stays as it is. Nothing
// is taken out of what is under a legal hold.
func (x *Eraser) erasing(w Whom, one Record, now time.Time) (do func(context.Context) error, stays bool) {
	rule, state := x.Policy(now).RetentionFor(one.Category), w.Standing.State
	if !state.Covers(one.Subject, one.After) {
		return nil, true
	}
	switch ground := state.Withholds(rule, one.Category, now); {
	case ground == "":
		erasure, _ := state.CoveredBy(one.Subject)
		return func(ctx context.Context) error { return x.Records.Delete(ctx, one, erasure.Request) }, false
	case ground != privacy.LegalHold && one.Has(rule.Erasure.Drops):
		return func(ctx context.Context) error { return x.Records.Strip(ctx, one, rule.Erasure.Drops) }, true
	default:
		return nil, true
	}
}

// endOf returns when a record expires, if it has an expiry of its own, or would if nothing suspended that.
func endOf(r Record) time.Time {
	if retention.FollowsState(r.Category) {
		return time.Time{}
	}
	if r.Expiry.At.IsZero() {
		return r.Expiry.Otherwise
	}
	return r.Expiry.At
}
