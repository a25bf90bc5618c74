// Package objection answers the rights by which a data subject limits the use of their data: an objection (GDPR Art. 21; promise H06), a restriction
// (Art. 18; promise H04), and an opt-out of sale and sharing (CCPA §1798.120; promise H10). It imposes them on the standing of everybody whom they
// concern, tells the person, and lifts them again when the person takes them back.
//
// What is imposed names its request. So the same step may run twice, whoever lifts a request lifts exactly what it imposed, and a run that is killed
// is repeated (faults F02, F03).
package objection

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Decide returns the next state of a data subject, and when nothing of them is stored any more: zero means never.
type Decide = func(standing.Snapshot) (standing.State, time.Time)

// Subjects changes the standing of data subjects. A change is decided again while another writer interferes.
type Subjects interface {
	// Limit changes the state of everybody behind an address, and returns their states. Somebody who is not on record yet comes on record with this
	// spelling. Its calls to the outside do not tell whether the address is known (threat T14).
	Limit(ctx context.Context, alias, spelling string, decide Decide) (map[privacy.SubjectID]standing.State, error)
	// ChangeOf changes the state of a data subject, or of the one to whom they were joined. It returns whose state that is, and the state. found is
	// false if there is none.
	ChangeOf(ctx context.Context, id privacy.SubjectID, decide Decide) (root privacy.SubjectID, after standing.State, found bool, err error)
}

// Keys makes the keys of an address, none of which contains it.
type Keys interface {
	request.Mailboxes
	// Alias returns the key of the address on record.
	Alias(a subject.Address) string
}

// Mailer mails that a limit holds. If a mail was not accepted, the error is [subject.ErrMailRefused], [subject.ErrMailUncertain] or
// [subject.ErrUnmailable].
type Mailer interface {
	Limited(ctx context.Context, to string, r request.Request, status subject.Token) error
}

// Answer answers opt-outs, objections and restrictions. It implements [request.Answerer], [request.Teller] and [request.Lifter].
type Answer struct {
	Register  request.Register
	Addresses request.Addresses
	Subjects  Subjects
	Keys      Keys
	// Keep gives each record of a data subject the expiry that follows from their state. A non-zero again is when that must be done again, because a
	// write that began before the state changed may still arrive (fault F27). Keep is nil where records are out of reach: then a restriction that
	// keeps data past its period is left to a run elsewhere.
	Keep    func(ctx context.Context, id privacy.SubjectID) (again time.Time, err error)
	Mailer  Mailer                                      // nil where no mail leaves
	ForTeam func(ctx context.Context, requestID string) // called when a request came to wait for the team
	Tokens  subject.Key
	Policy  func(now time.Time) *policy.Policy // policy.InForce
	Now     func() time.Time
}

// whyFull is why a request waits for the team whose data subject has limited too much already to store more.
const whyFull = "limits"

// suspends reports whether the request keeps data past its period, and so needs [Answer.Keep].
func suspends(r request.Request) bool {
	return r.Right == privacy.Restriction && r.Ground != privacy.Weighing
}

// weighed reports whether the team has to decide about the request while what it imposed holds: whether contested data is accurate, or whether the
// company's interests outweigh those of the person (GDPR Art. 18(1)(a) and (d), 21(1)).
func weighed(r request.Request) bool {
	switch r.Right {
	case privacy.Objection:
		return !r.Unproven
	case privacy.Restriction:
		return r.Ground == privacy.Accuracy || r.Ground == privacy.Weighing
	default:
		return false
	}
}

// without returns the state of a data subject after a request was taken back, but for the purposes that are kept, and when nothing of them is stored any
// more. Somebody who was on record only because of what the request imposed is known no longer than now, or than the pass over their records needs.
func without(p *policy.Policy, from standing.Snapshot, request string, kept []privacy.Purpose, now time.Time) (standing.State, time.Time) {
	if !from.Limited(request) {
		return from.State, from.ExpiresAt
	}
	to := from.Narrowed(request, kept)
	if len(kept) == 0 {
		to = from.Lifted(request, now)
	}
	to = to.Known(now)
	return to, to.KnownUntil(p)
}

// persons returns the ids under which data of the data subjects is stored, each once and in the order of the alphabet.
func persons(limited map[privacy.SubjectID]standing.State, request string) (ids []privacy.SubjectID) {
	for id, state := range limited {
		if state.Limited(request) {
			ids = append(ids, state.Persons(id)...)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
