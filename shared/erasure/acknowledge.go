package erasure

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// Standings changes the standing of data subjects.
type Standings interface {
	// ChangeOf is that of [Subjects].
	ChangeOf(ctx context.Context, id privacy.SubjectID, decide func(standing.Snapshot) (standing.State, time.Time)) (root privacy.SubjectID, after standing.State, found bool, err error)
}

// Acknowledgements takes in what client systems say about erasures.
type Acknowledgements struct {
	Register request.Register
	Subjects Standings
	Policy   func(now time.Time) *policy.Policy // policy.InForce
	Now      func() time.Time
}

var (
	errNoErasure = fault.New(fault.NotFound, "There is no such erasure.")
	errNotBegun  = fault.New(fault.Conflict, "This erasure has not begun. The person can still cancel it.")
)

// Acknowledge notes that a client system has erased the person of an erasure too. What it sends about the time since is taken in from now on (fault F26),
// and the certificate is signed again. A system can say so only for itself, and as often as it likes.
//
// Errors: fault.NotFound if there is no such erasure, and fault.Conflict if it has not begun.
func (a *Acknowledgements) Acknowledge(ctx context.Context, id, client string) error {
	var e Erasure
	if err := fault.Retry(ctx, func() (lost bool, err error) {
		e, err = a.note(ctx, id, client)
		if errors.Is(err, request.ErrChanged) {
			return true, nil
		}
		return false, err
	}); err != nil || e.Subject == "" {
		return err
	}
	_, _, _, err := a.Subjects.ChangeOf(ctx, e.Subject, func(from standing.Snapshot) (standing.State, time.Time) {
		to := from.Acknowledge(id, client)
		if to.Equal(from.State) {
			return to, from.ExpiresAt
		}
		return to, to.KnownUntil(a.Policy(a.Now()))
	})
	return err
}

// note notes in the file of the request that a system of the register has erased the person too, and has the certificate signed again.
func (a *Acknowledgements) note(ctx context.Context, id, client string) (Erasure, error) {
	file, err := a.Register.Load(ctx, id)
	e := Of(file)
	switch {
	case errors.Is(err, request.ErrUnknown) || err == nil && e.Version == 0:
		return e, errNoErasure
	case err != nil:
		return e, err
	case !e.Begun():
		return e, errNotBegun
	}
	if !e.acknowledged(client, a.Now().UTC().Truncate(time.Second)) {
		return e, nil
	}
	_, err = a.Register.Save(ctx, file, e)
	return e, err
}

// acknowledged notes that a system of the register has erased the person too, and has the certificate signed again. It reports false if that changes
// nothing.
func (e *Erasure) acknowledged(system string, now time.Time) bool {
	i := slices.IndexFunc(e.Systems, func(s System) bool { return s.ID == system && s.AcknowledgedAt.IsZero() })
	if i < 0 {
		return false
	}
	e.Systems = slices.Clone(e.Systems)
	e.Systems[i].AcknowledgedAt = now
	if e.Outdated = e.Certificate != ""; e.State == Watching || e.State == Done {
		e.next(Watching, now)
	}
	return true
}

// Why an operator cannot acknowledge an erasure for a system.
var (
	ErrNotErased    = errors.New("erasure: the request has no erasure that has begun")
	ErrNotConcerned = errors.New("erasure: the system is none that was asked to erase the person")
	ErrNotedAlready = errors.New("erasure: it was noted already that the system has erased the person")
)

// AcknowledgeFor notes for a system that cannot do so itself that it has erased the person of an erasure too, with an entry in the audit log. The
// certificate is signed again. What the system sends about the person is turned away as before: only a system itself ends that.
//
// Errors: [ErrNotErased]; [ErrNotConcerned]; [ErrNotedAlready]; [request.ErrUnknown]; [request.ErrChanged] if others go on changing the request.
func AcknowledgeFor(ctx context.Context, register request.Register, id, system string, by audit.Actor, now time.Time) error {
	return request.Act(ctx, register, id, by, audit.ErasureAcknowledged, now, func(file request.File, now time.Time) ([]request.Item, error) {
		switch e := Of(file); {
		case !e.Begun():
			return nil, ErrNotErased
		case !slices.ContainsFunc(e.Systems, func(s System) bool { return s.ID == system }):
			return nil, ErrNotConcerned
		case !e.acknowledged(system, now):
			return nil, ErrNotedAlready
		default:
			return []request.Item{e}, nil
		}
	})
}

// certifyAgain signs the certificate again, which does not say what has happened since.
func (x *Eraser) certifyAgain(ctx context.Context, file request.File, e Erasure, now time.Time) (request.File, Erasure, error) {
	certificate, err := x.Certifier.Certify(file.Request, e, now)
	if err != nil {
		return file, e, err
	}
	e.Certificate, e.Outdated = certificate, false
	file, err = x.Register.Save(ctx, file, e)
	return file, Of(file), err
}
