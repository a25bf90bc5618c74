// Package fault holds the errors a caller can act on.
//
// An error that is not a *Error is the service's own failure: callers see a bare 500 and the log sees its class.
// No message may repeat a value the caller sent: it may be personal data.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what a caller can do about an error.
type Kind string

// The kinds, each with the status that Status gives it.
const (
	Malformed       Kind = "malformed"          // 400: not JSON, or a duplicate key
	Unauthenticated Kind = "unauthenticated"    // 401: no token, or one that does not verify
	Forbidden       Kind = "forbidden"          // 403: a scope or an origin that does not suffice
	NotFound        Kind = "not-found"          // 404: unknown id, or a wrong, spent or expired secret
	Method          Kind = "method-not-allowed" // 405
	Conflict        Kind = "conflict"           // 409: a race lost after retries
	Precondition    Kind = "precondition"       // 412: stale If-Match
	TooLarge        Kind = "too-large"          // 413
	MediaType       Kind = "media-type"         // 415
	Unacceptable    Kind = "unacceptable"       // 422: well-formed but not acceptable, naming the field
	TooMany         Kind = "too-many-requests"  // 429: waiting helps
	Exhausted       Kind = "exhausted"          // 429: waiting does not help
	Unavailable     Kind = "unavailable"        // 503: try again later
	Internal        Kind = "internal"           // 500: anything that is not a *Error
)

// Error is an error that a caller can act on.
type Error struct {
	Kind   Kind
	Detail string
	Fields []Field
}

// New returns an error of the kind, with the fields at fault, if any.
func New(kind Kind, detail string, fields ...Field) *Error {
	return &Error{Kind: kind, Detail: detail, Fields: fields}
}

// Error returns the detail and the pointers at fault. It holds no value of the request.
func (e *Error) Error() string {
	if len(e.Fields) == 0 {
		return string(e.Kind) + ": " + e.Detail
	}
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Pointer + " " + f.Detail
	}
	return string(e.Kind) + ": " + strings.Join(parts, "; ")
}

// KindOf returns the kind of err: Internal for any error that is not a *Error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Status returns the HTTP status of err, by the one table from kind to status.
func Status(err error) int {
	switch KindOf(err) {
	case Malformed:
		return 400
	case Unauthenticated:
		return 401
	case Forbidden:
		return 403
	case NotFound:
		return 404
	case Method:
		return 405
	case Conflict:
		return 409
	case Precondition:
		return 412
	case TooLarge:
		return 413
	case MediaType:
		return 415
	case Unacceptable:
		return 422
	case TooMany, Exhausted:
		return 429
	case Unavailable:
		return 503
	default:
		return 500
	}
}

// Class names the types of an error and of all its causes, for a log line: the text of a foreign error may hold personal data, its type does
// not. An API error of AWS adds its code, which is a fixed word. A cause follows its error after ">"; the causes of an error that joins
// several stand in parentheses with "|" between. After mostTypes types the rest is left out, and shown as "…".
func Class(err error) string {
	left := mostTypes
	return class(err, &left)
}

const (
	mostTypes   = 24 // named in one class
	longestCode = 64 // characters of an API error's code; a longer one is no code but a text
	more        = "…"
)

func class(err error, left *int) string {
	if err == nil {
		return ""
	}
	if *left == 0 {
		return more
	}
	*left--
	name := fmt.Sprintf("%T", err)
	if coded, ok := err.(interface{ ErrorCode() string }); ok && isCode(coded.ErrorCode()) {
		name += " > " + coded.ErrorCode()
	}
	if cause := errors.Unwrap(err); cause != nil {
		return name + " > " + class(cause, left)
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return name
	}
	var causes []string
	for _, cause := range joined.Unwrap() {
		named := class(cause, left)
		if causes = append(causes, named); named == more {
			break
		}
	}
	return name + " > (" + strings.Join(causes, " | ") + ")"
}

// isCode reports whether a text is a word, as the codes of AWS are.
func isCode(code string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	return code != "" && len(code) <= longestCode && strings.Trim(code, letters) == ""
}
