// Package export answers a request for access or portability (GDPR Art. 15, 20; promises H01, H05): it opens an export or says that nothing
// is stored, makes a sealed bundle, mails its link, and lets the link be used. Package gather makes the bundle.
//
// One invocation makes one attempt. Each attempt is an item of the request's file.
package export

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// State is where an attempt at an export stands.
type State string

// The states of an attempt. An attempt that was killed is superseded, never resumed. An attempt that failed waits as Pending and is made
// again, if it is certain that no mail left.
const (
	Pending    State = "pending"
	Building   State = "building"
	Sending    State = "sending" // the mail may have left, so the object stays, unless there are too many
	Sent       State = "sent"
	Superseded State = "superseded" // a later attempt took its place
	Stopped    State = "stopped"    // failed too often; the team gets an alarm, and Retry starts another
	Cancelled  State = "cancelled"  // the request was withdrawn first
	Returned   State = "returned"   // its mail came back, so that nobody may have the link; a use of the link proves the opposite
	Revoked    State = "revoked"    // its address came to stand for somebody else, or for nobody, so its link opens nothing
)

// Attempt is one attempt at an export, with its own item, object, identity and link. Its Due says when it is made. Once it has ended, Due
// says when an object that it left is deleted. Try counts the failures in a row before this try, including those of the attempts whose place
// it took.
type Attempt struct {
	Request       string // its id
	Number        int    // 1 for the first of the request
	Version       int
	Subject       privacy.SubjectID // empty until it was looked up, and if the address is unknown
	State         State
	PolicyVersion string // in force when the attempt began; the bundle names the version under which it was gathered
	Object        string // key in the bucket; random
	TokenHash     []byte
	Bytes         int64
	Downloads     []time.Time // one per use, shown to the person
	CreatedAt     time.Time
	OpenUntil     time.Time // end of the link's life; zero before it is mailed
	ExpiresAt     time.Time // end of the item's retention, which starts with the request's receipt
	work.Due
}

// ID returns the id of the export, `<request>.<number>`. Links contain it, and it is the Ref of the export's task.
func (a Attempt) ID() string { return a.Request + "." + strconv.Itoa(a.Number) }

// ParseID splits the id of an export into its parts.
func ParseID(id string) (requestID string, number int, ok bool) {
	requestID, n, _ := strings.Cut(id, ".")
	number, err := strconv.Atoi(n)
	return requestID, number, err == nil
}

// Finished reports whether the attempt has ended: nothing will be made or mailed any more.
func (a Attempt) Finished() bool {
	return a.State != Pending && a.State != Building && a.State != Sending
}

// AddTo implements [request.Item].
func (a Attempt) AddTo(file *request.File) {
	file.Answer = Attempts(request.Place(Of(*file), a, func(x, y Attempt) int { return x.Number - y.Number }))
}

// Attempts are all attempts at the exports of one request, oldest first. They are the Answer of the request's file.
type Attempts []Attempt

// Of returns the attempts in the file of a request.
func Of(file request.File) Attempts {
	attempts, _ := file.Answer.(Attempts)
	return attempts
}

// Underway reports whether an export is being made.
func (all Attempts) Underway() bool {
	return slices.ContainsFunc(all, func(a Attempt) bool { return !a.Finished() })
}

// numbered returns the attempt with a number.
func (all Attempts) numbered(n int) (Attempt, bool) {
	if i := slices.IndexFunc(all, func(a Attempt) bool { return a.Number == n }); i >= 0 {
		return all[i], true
	}
	return Attempt{}, false
}

// last returns the newest attempt, if there is one.
func (all Attempts) last() (Attempt, bool) {
	if len(all) == 0 {
		return Attempt{}, false
	}
	return all[len(all)-1], true
}

// unresolved returns the newest attempt, if its data subject must still be looked up.
func (all Attempts) unresolved() (Attempt, bool) {
	a, ok := all.last()
	return a, ok && a.State == Pending && a.NextAt.IsZero()
}

// next returns the request's next attempt, due at the time given. If its data subject must still be looked up, id is empty and due is zero.
func next(r *request.Request, id privacy.SubjectID, due, now time.Time) Attempt {
	r.Attempts++
	return Attempt{Request: r.ID, Number: r.Attempts, Subject: id, State: Pending, CreatedAt: now,
		ExpiresAt: r.Terms.Attempts.After(r.ReceivedAt), Due: work.Due{NextAt: due}}
}
