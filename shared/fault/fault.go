// Package fault defines the errors that a caller can act on.
//
// An error that is not a *Error is a failure of the service: the caller sees a bare 500, and the log shows the error's class. No
// message may repeat a value that the caller sent, because it may be personal data.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what a caller can do about an error.
type Kind string

// The kinds, each with the HTTP status that [Status] returns for it.
const (
	Malformed       Kind = "malformed"          // 400: not JSON, or a duplicate key
	Unauthenticated Kind = "unauthenticated"    // 401: no token, or one that does not verify
	Forbidden       Kind = "forbidden"          // 403: the scope or the origin does not suffice
	NotFound        Kind = "not-found"          // 404: unknown id, or a wrong, used or expired secret
	Method          Kind = "method-not-allowed" // 405
	Conflict        Kind = "conflict"           // 409: still a conflict after retries
	Shared          Kind = "shared"             // 409: several people use the address that names one
	OfAnother       Kind = "of-another"         // 409: the address is on record for somebody else
	Precondition    Kind = "precondition"       // 412: If-Match is out of date
	TooLarge        Kind = "too-large"          // 413
	MediaType       Kind = "media-type"         // 415
	Unacceptable    Kind = "unacceptable"       // 422: well-formed but not acceptable, naming the field
	TooMany         Kind = "too-many-requests"  // 429: the caller can wait and try again
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

// New returns an error of the kind that names the invalid fields, if any.
func New(kind Kind, detail string, fields ...Field) *Error {
	return &Error{Kind: kind, Detail: detail, Fields: fields}
}

// Error returns the detail and the pointers to the invalid fields. It contains no value of the request.
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

// Status returns the HTTP status of err. This is the only place that maps kinds to statuses.
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
	case Conflict, Shared, OfAnother:
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

// Class names the types of an error and of all its causes, for a log line. The text of a foreign error may contain personal data,
// but its type does not. An AWS API error also shows its code, which is a fixed word. A cause follows its error after ">". The
// causes of a joined error are in parentheses, separated by "|". After mostTypes types, "…" stands for the rest.
func Class(err error) string {
	left := mostTypes
	return class(err, &left)
}

const (
	mostTypes   = 24 // the most types that one class names
	longestCode = 64 // characters of an API error's code; anything longer is free text, not a code
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

// isCode reports whether a text is a single word, as AWS error codes are.
func isCode(code string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"
	return code != "" && len(code) <= longestCode && strings.Trim(code, letters) == ""
}
