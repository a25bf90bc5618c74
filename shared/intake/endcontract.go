package intake

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var (
	errNoContract  = fault.New(fault.NotFound, "No contract of this subject is running.")
	errBeforeStart = fault.At("/endedAt", "must not be before the contract started")
)

// EndContract sets the end of every running contract of a data subject. It never makes anybody known, and teaches no alias. If the end lies ahead, the contract runs until
// then, and its end can be set again (promise F01). EndContract returns fault.NotFound if no contract is running, and fault.Unacceptable if
// every running contract began after that end.
func (in *Intake) EndContract(ctx context.Context, who subject.Named, end time.Time) error {
	v, always := in.newView(who), func() error { return nil }
	v.knows = true
	return fault.Retry(ctx, func() (overtaken bool, err error) {
		if err := v.load(ctx, true); err != nil {
			return false, err
		}
		changed, err := withEnd(v.accounts, end, in.Now())
		if err != nil || len(changed) == 0 {
			return false, err
		}
		for _, r := range v.take(ctx, changed, always) {
			if r.Err != nil {
				return false, r.Err
			}
			overtaken = overtaken || r.Outcome == record.Unchanged // another system wrote a newer record meanwhile
		}
		v.loaded = v.loaded && !overtaken
		return overtaken, nil
	})
}
