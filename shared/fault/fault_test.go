package fault_test

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

func TestEachKindHasItsStatus(t *testing.T) {
	for kind, want := range map[fault.Kind]int{
		fault.Malformed: 400, fault.Unauthenticated: 401, fault.Forbidden: 403, fault.NotFound: 404, fault.Method: 405, fault.Conflict: 409, fault.Precondition: 412,
		fault.TooLarge: 413, fault.MediaType: 415, fault.Unacceptable: 422, fault.TooMany: 429, fault.Exhausted: 429, fault.Unavailable: 503, fault.Internal: 500,
	} {
		err := fmt.Errorf("around: %w", fault.New(kind, "detail"))
		if fault.Status(err) != want || fault.KindOf(err) != kind {
			t.Errorf("%s: %d, %s", kind, fault.Status(err), fault.KindOf(err))
		}
	}
	if err := errors.New("any other"); fault.Status(err) != 500 || fault.KindOf(err) != fault.Internal {
		t.Errorf("any other error: %d", fault.Status(err))
	}
}

func TestWhatAnErrorSays(t *testing.T) {
	for want, err := range map[string]*fault.Error{
		"not-found: There is no such request.":                     fault.New(fault.NotFound, "There is no such request."),
		"unacceptable: /email is required; /right must be a right": fault.New(fault.Unacceptable, "d", fault.Field{Pointer: "/email", Detail: "is required"}, fault.Field{Pointer: "/right", Detail: "must be a right"}),
		"unacceptable: /email must be an email address":            fault.At("/email", "must be an email address"),
		"malformed: The body is no JSON.":                          fault.New(fault.Malformed, "The body is no JSON."),
	} {
		if got := err.Error(); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestFieldsNameAllThatIsAtFault(t *testing.T) {
	var at fault.Fields
	if at.Err() != nil {
		t.Error("nothing is at fault, and there is an error")
	}
	at.Need("/a", "", false, "must be an a")
	at.Need("/b", "x", false, "must be a b")
	at.Need("/c", "x", true, "must be a c")
	at.Require("/d", "")
	at.Require("/e", "x")
	err := at.Err()
	if got := err.Error(); fault.KindOf(err) != fault.Unacceptable || got != "unacceptable: /a is required; /b must be a b; /d is required" {
		t.Errorf("%q", got)
	}
	for i := range 100 {
		at.Add("/"+strconv.Itoa(i), "is too many")
	}
	if len(at) != 20 || at[19].Pointer != "/16" {
		t.Errorf("%d fields, the last of them %v", len(at), at[len(at)-1])
	}
}

// T23: a pointer may contain a member name that the caller chose, cut to the longest name that is allowed.
func TestThreat_T23_PointersToNamesOfCallers(t *testing.T) {
	for name, want := range map[string]string{
		"": "/", "email": "/email", "a/b": "/a~1b", "~": "/~0", "~1/": "/~01~1",
		strings.Repeat("a", 64): "/" + strings.Repeat("a", 64), strings.Repeat("a", 65): "/" + strings.Repeat("a", 64), strings.Repeat("ä", 65): "/" + strings.Repeat("ä", 64),
	} {
		if got := fault.Pointer(name); got != want {
			t.Errorf("%q: %q, not %q", name, got, want)
		}
	}
}
