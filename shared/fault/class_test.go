package fault_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// coded is an API error whose code is its text.
type coded string

func (c coded) Error() string     { return "anna@example.org: " + string(c) }
func (c coded) ErrorCode() string { return string(c) }

func TestClassNamesEveryCause(t *testing.T) {
	refused, network := coded("MessageRejected"), errors.New("anna@example.org")
	for _, c := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{network, "*errors.errorString"},
		{fmt.Errorf("anna: %w", refused), "*fmt.wrapError > fault_test.coded > MessageRejected"},
		{errors.Join(refused, nil, network), "*errors.joinError > (fault_test.coded > MessageRejected | *errors.errorString)"},
		{fmt.Errorf("%w, %w", errors.Join(refused), context.DeadlineExceeded),
			"*fmt.wrapErrors > (*errors.joinError > (fault_test.coded > MessageRejected) | context.deadlineExceededError)"},
		{fault.At("/email", "must be an email address"), "*fault.Error"},
		{coded(""), "fault_test.coded"},
		{coded("no word: anna@example.org"), "fault_test.coded"},
		{coded(strings.Repeat("a", 64)), "fault_test.coded > " + strings.Repeat("a", 64)},
		{coded(strings.Repeat("a", 65)), "fault_test.coded"},
	} {
		if got := fault.Class(c.err); got != c.want {
			t.Errorf("%s\n not %s", got, c.want)
		}
	}
}

// A log line stays short, however many errors are joined and however deeply they are nested.
func TestClassIsBounded(t *testing.T) {
	wide := make([]error, 1000)
	for i := range wide {
		wide[i] = coded("Throttling")
	}
	deep := errors.New("x")
	for range 1000 {
		deep = fmt.Errorf("%w", deep)
	}
	for name, err := range map[string]error{"wide": errors.Join(wide...), "deep": deep, "both": errors.Join(deep, errors.Join(wide...))} {
		if class := fault.Class(err); len(class) > 1500 || !strings.Contains(class, "…") {
			t.Errorf("%s: %d bytes: %s", name, len(class), class)
		}
	}
}
