package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// A call that ran out of time says so in the words of the public contract. Any other error stays as it is.
func TestOnlyACallOutOfTimeSaysSo(t *testing.T) {
	broken := errors.New("broken")
	for err, want := range map[error]error{nil: nil, broken: broken, context.Canceled: context.Canceled, fmt.Errorf("read: %w", context.DeadlineExceeded): fault.ErrNoTime} {
		if got := fault.InTime(err); !errors.Is(got, want) || (got == nil) != (want == nil) {
			t.Errorf("%v: %v, want %v", err, got, want)
		}
	}
}
