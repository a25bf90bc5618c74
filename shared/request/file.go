package request

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// File is a request with all that belongs to it.
type File struct {
	Request Request
	Events  []Event // oldest first
	Tasks   []Task  // due beside the main step, sorted by kind
	Answer  any     // what the task that answers the right has stored; nil before
}

// Item is one stored item of a file: a [Request], an [Event], a [Listing], an [Unlisting], a [Task], or an item of the task that answers
// the right. An item is stored whole, and only if the stored one still has the Version that it carries.
type Item interface {
	// AddTo puts the item into the file, in the place of its earlier version. It does not change the lists that the file had before, only
	// the file's copies of them.
	AddTo(file *File)
}

// With returns the file with the items added to it.
func (f File) With(items ...Item) File {
	for _, item := range items {
		item.AddTo(&f)
	}
	return f
}

// MissesEvents reports whether the newest event of the file is not the last one that the request has recorded: the file was read while a change
// was being stored. The events of a request expire all at once, so a file without events misses none.
func (f File) MissesEvents() bool {
	return len(f.Events) > 0 && f.Events[len(f.Events)-1].N < f.Request.Events
}

// Place returns a copy of a sorted list with the item in it. The item replaces the one that compares equal to it.
func Place[T any](list []T, item T, compare func(a, b T) int) []T {
	i, found := slices.BinarySearchFunc(list, item, compare)
	if found {
		list = slices.Clone(list)
		list[i] = item
		return list
	}
	return slices.Insert(slices.Clip(list), i, item)
}

// ErrChanged is the error of a [Register] if an item has changed since it was read. The caller reads and decides again.
var ErrChanged = errors.New("request: the file has changed since it was read")

// ErrUnknown is the error of a [Register] if there is no such request, or if its retention is over.
var ErrUnknown = errors.New("request: there is no such request")

// Register keeps the files. All reads are consistent.
type Register interface {
	// Load reads a whole file. It returns ErrUnknown if there is none.
	Load(ctx context.Context, id string) (File, error)
	// Under reads the requests that are listed under a mailbox, in no order.
	Under(ctx context.Context, mailbox string) ([]Request, error)
	// Save stores items of a file in one transaction. It returns the new file, with each item at its new version, or ErrChanged.
	Save(ctx context.Context, file File, items ...Item) (File, error)
}

// AddTo implements [Item].
func (r Request) AddTo(file *File) { file.Request = r }

// Listing finds a request by the HMAC of its address or, once that stands for somebody else, by its data subject. It contains only keys and an
// expiry, so it may be stored again at any time.
type Listing struct {
	Mailbox   string
	Subject   privacy.SubjectID // empty if there is a Mailbox
	Request   string
	ExpiresAt time.Time
}

// Listing returns the entry of the request under its mailbox or its data subject. Its retention starts with the receipt (promise F08). It has no end
// while the request has work to do ([Request.ExpiresAt]), and lasts as long as a closed request.
func (r Request) Listing() Listing {
	l := Listing{Mailbox: r.Mailbox, Subject: r.Subject, Request: r.ID}
	if r.InForce() || r.Keeps {
		return l
	}
	l.ExpiresAt = r.Terms.Entry.After(r.ReceivedAt)
	if ends := r.ExpiresAt(); ends.After(l.ExpiresAt) {
		l.ExpiresAt = ends
	}
	return l
}

// Unlisting takes the entry of a request under a mailbox away.
type Unlisting struct {
	Mailbox string
	Request string
}

// AddTo implements [Item]. An entry is not part of the file, so the file stays as it is.
func (Unlisting) AddTo(*File) {}

// AddTo implements [Item]. A listing is not part of the file, so the file stays as it is.
func (Listing) AddTo(*File) {}

// AuditEntry is an entry of the audit log about an act on the file. It is stored with the items that the act changes.
type AuditEntry struct {
	audit.Entry
	ExpiresAt time.Time
}

// AddTo implements [Item]. The audit log is not part of the file, so the file stays as it is.
func (AuditEntry) AddTo(*File) {}

// Task is a task beside the main step of a request. Its Ref is the request's id, and a request has at most one task of each kind. A task without
// a NextAt is done: saving it deletes its item.
type Task struct {
	work.Task
	Version   int
	ExpiresAt time.Time // when it is given up, if nobody could finish it
}

// Task returns a new task of the request, which is due at the time given and kept for at most the span of [policy.WorkStep] after it.
func (r Request) Task(kind work.Kind, at time.Time, kept policy.Span) Task {
	return Task{Task: work.Task{Kind: kind, Ref: r.ID, Due: work.Due{NextAt: at}}, ExpiresAt: kept.After(at)}
}

// Task returns the task of a kind that is due beside the main step, if there is one.
func (f File) Task(kind work.Kind) (Task, bool) {
	for _, t := range f.Tasks {
		if t.Kind == kind {
			return t, true
		}
	}
	return Task{}, false
}

// AddTo implements [Item].
func (t Task) AddTo(file *File) {
	if t.NextAt.IsZero() {
		file.Tasks = slices.DeleteFunc(slices.Clone(file.Tasks), func(other Task) bool { return other.Kind == t.Kind })
		return
	}
	file.Tasks = Place(file.Tasks, t, func(a, b Task) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
}
