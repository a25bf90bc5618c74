package request

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/work"
)

// T33: an open request says whether it waits for the team or for the days of a new address. A mail that is tried again is no such wait.
func TestThreat_T33_ForWhatARequestWaits(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	later := work.Due{NextAt: now.Add(time.Hour)}
	for name, c := range map[string]struct {
		r    Request
		want Wait
	}{
		"for the team":            {Request{State: Open}, ForTeam},
		"for some days":           {Request{State: Open, Step: StepAnswer, Due: later}, ForDays},
		"answered next":           {Request{State: Open, Step: StepAnswer, Due: work.Due{NextAt: now}}, NoWait},
		"a mail that comes again": {Request{State: Open, Step: StepAnswer, Due: work.Due{NextAt: later.NextAt, Try: 1}}, NoWait},
		"not confirmed":           {Request{State: Verifying, Step: StepLapse, Due: later}, NoWait},
		"answered":                {Request{State: Fulfilled}, NoWait},
		"being answered":          {Request{State: Fulfilling}, NoWait},
	} {
		if got := c.r.WaitsFor(now); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}
