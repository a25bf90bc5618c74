package fault

import (
	"context"
	"errors"
)

// ErrNoTime is the answer to a call, or to a line of a call, that could not be finished in time.
var ErrNoTime = New(Unavailable, "The call ran out of time and may or may not have taken effect. Send it again.")

// InTime returns the error of a call. If the call ran out of time, that is [ErrNoTime].
func InTime(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrNoTime
	}
	return err
}
