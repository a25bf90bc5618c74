package retention

import (
	"context"
	"iter"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
)

// Object is what the sweep knows of a sealed export.
type Object struct {
	Key string
	At  time.Time // when it was stored
}

// Exports is what the sweep needs of the bucket of exports.
type Exports interface {
	// All yields every object. An error ends the sequence.
	All(ctx context.Context) iter.Seq2[Object, error]
	// Delete deletes an object. It returns no error if there is none.
	Delete(ctx context.Context, key string) error
}

const (
	// linkSlack is how much longer an export is stored than its link works. The life of the link starts with the mail, which follows the
	// upload.
	linkSlack = time.Hour
	// refusals is how many deletions may fail before the rest is only counted. A bucket that refuses every deletion would use up the time.
	refusals = 3
)

// ExportSweep deletes the sealed exports whose link has ended (promise F08).
type ExportSweep struct {
	Exports Exports
	Policy  func(now time.Time) *policy.Policy // policy.InForce
	Now     func() time.Time
}

// Run deletes the objects that have expired and returns how many it deleted. row counts the objects that it looked at, and the expired ones
// that are still stored. A deletion that fails does not stop the others.
func (s ExportSweep) Run(ctx context.Context) (deleted int, row OwnReport, failed error) {
	now := s.Now()
	p := s.Policy(now)
	row = OwnReport{Kind: policy.ExportObject, Rule: p.RetentionOf(policy.ExportObject).ID}
	life := now.Sub(p.ExportsMadeBefore(now)) + linkSlack
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
