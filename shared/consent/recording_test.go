package consent_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// counting counts the reads of the newest record, which fail with err.
type counting struct {
	consenttest.Log
	reads int
	err   error
}

func (c *counting) Newest(ctx context.Context, subject string) (consent.Record, error) {
	c.reads++
	if c.err != nil {
		return consent.Record{}, c.err
	}
	return c.Log.Newest(ctx, subject)
}

// Budget: an act whose caller says that nothing is on record reads nothing, unless the caller is wrong or names a version as well.
func TestBudgetReadsOfAnAct(t *testing.T) {
	for name, row := range map[string]struct {
		before int // versions
		first  bool
		after  []int
		reads  int
	}{
		"a first decision": {0, true, nil, 0}, "a decision": {0, false, nil, 1}, "a later decision": {1, false, nil, 1}, "a first decision with If-Match": {0, true, []int{0}, 1},
		"a caller who is wrong": {1, true, nil, 1},
	} {
		log := &counting{}
		recorder := &consent.Recorder{Log: log, Periods: policy.CurrentConsentPeriods(), Now: testclock.New(now).Now}
		for range row.before {
			if _, err := recorder.Record(t.Context(), decides(consent.Granted)); err != nil {
				t.Fatal(err)
			}
		}
		log.reads = 0
		act := decides(consent.Denied)
		act.First, act.After = row.first, row.after
		_, _ = recorder.Record(t.Context(), act)
		if log.reads != row.reads {
			t.Errorf("%s: %d reads, want %d", name, log.reads, row.reads)
		}
	}
	broken := errors.New("broken")
	recorder := &consent.Recorder{Log: &counting{err: broken}, Periods: policy.CurrentConsentPeriods(), Now: testclock.New(now).Now}
	if _, err := recorder.Record(t.Context(), decides(consent.Denied)); !errors.Is(err, broken) {
		t.Errorf("a log that fails: %v", err)
	}
}

// F01: a record names the acts of the four versions before it, the newest first.
func TestFault_F01_ARecordNamesTheActsBeforeIt(t *testing.T) {
	recorder, log := recorded(t, 0)
	for i := range 8 {
		act := decides(consent.Granted)
		act.Operation = fmt.Sprint(i)
		if _, err := recorder.Record(t.Context(), act); err != nil {
			t.Fatal(err)
		}
	}
	for i, r := range log.History("v#x") {
		var want []string
		for before := i - 1; before >= max(0, i-4); before-- {
			want = append(want, fmt.Sprint(before))
		}
		if !slices.Equal(r.Earlier, want) {
			t.Errorf("version %d names %v, not %v", r.Version, r.Earlier, want)
		}
	}
}
