package retention

import (
	"context"
	"iter"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Object is a sealed export as the sweep knows it.
type Object struct {
	Key string
	At  time.Time // when it was stored
}

// Exports is what the sweep needs of the bucket of exports.
type Exports interface {
	// All yields every object. An error ends the sequence.
	All(ctx context.Context) iter.Seq2[Object, error]
	// Delete deletes an object. It is no error if there is none.
	Delete(ctx context.Context, key string) error
}

const (
	// linkSlack is how much longer than its link an export is kept: the life of the link starts with the mail, and the mail follows the
	// upload.
	linkSlack = time.Hour
	// refusals is how many deletions may fail before the rest is only counted: a bucket that refuses all would take all the time.
	refusals = 3
)

// ExportSweep deletes the sealed exports whose link has ended (promise F08).
type ExportSweep struct {
	Exports Exports
	Policy  *policy.Policy
	Now     func() time.Time
}

// Run deletes what has expired and returns how many objects that were, and the row of the report: what it has looked at, and what is left
// although it has expired. A deletion that fails does not stop the others.
func (s ExportSweep) Run(ctx context.Context) (deleted int, row OwnReport, failed error) {
	row = OwnReport{Kind: policy.ExportObject, Rule: s.Policy.RetentionOf(policy.ExportObject).ID}
	now := s.Now()
	life := now.Sub(s.Policy.ExportsMadeBefore(now)) + linkSlack
	for object, err := range s.Exports.All(ctx) {
		if err != nil {
			return deleted, row, first(failed, err)
		}
		row.Looked++
		expires := object.At.Add(life)
		if !expires.Before(now) {
			continue
		}
		if row.Expired < refusals {
			if err = s.Exports.Delete(ctx, object.Key); err == nil {
				deleted++
				continue
			}
			failed = first(failed, err)
		}
		row.outlived(expires)
	}
	return deleted, row, failed
}
