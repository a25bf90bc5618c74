// Package work does what must happen later. Tasks are stored with the data they are about, a [Queue] says which of them are due, and a
// [Runner] does them. A stream wakes the runner early; a schedule makes sure that every task is done (faults F02, F14, F19).
package work

import (
	"context"
	"time"
)

// Kind names what is to be done.
type Kind string

// The kinds of task whose items have keys of their own. A rights request may have tasks of other kinds beside its main step.
const (
	Request      Kind = "request"      // the main step of a rights request; Ref is the request's id
	Export       Kind = "export"       // an attempt at an export; Ref is `<request's id>.<attempt>`
	Erase        Kind = "erase"        // the next step of an erasure; Ref is the id of its request
	Confirmation Kind = "confirmation" // the mail of a consent by address; Ref is the confirmation's id
	Consent      Kind = "consent"      // the effect of a consent decision on other data; Ref is the data subject's id
	Link         Kind = "link"         // a wish for a link; Ref is the wish's id
	Mailbox      Kind = "mailbox"      // the mail with a link to a mailbox; Ref is the mailbox's id
	Identity     Kind = "identity"     // what follows from an act on identities; Ref is the change's id
	Limit        Kind = "limit"        // the answer to an objection, an opt-out or a restriction; a main step of its request, without an item of its own
	Statement    Kind = "statement"    // the statement about automated decisions; likewise
	Team         Kind = "team"         // what the team answers; likewise
	Walk         Kind = "walk"         // an update of the expiries of account data; Ref is the data subject's id
)

// Task is one thing to do, and what it is about.
type Task struct {
	Kind Kind
	Ref  string
	Due
}

// Due says when something is tried next.
type Due struct {
	NextAt time.Time // zero while nothing is due
	Try    int       // tries in a row that have not succeeded
}

// Reached reports whether it is time for the next try.
func (d Due) Reached(now time.Time) bool { return !d.NextAt.IsZero() && !d.NextAt.After(now) }

// Again counts a try that has not succeeded, and sets the time of the next one. pause returns how long to wait after that many tries.
func (d *Due) Again(now time.Time, pause func(try int) time.Duration) {
	d.Try++
	d.NextAt = now.Add(pause(d.Try))
}

// Queue knows which tasks are due. It may lag behind what is stored, so the code that does a task decides from the stored data (fault F14).
type Queue interface {
	// Due returns the kind and the reference of each task whose time has come.
	Due(ctx context.Context, now time.Time) ([]Task, error)
}
