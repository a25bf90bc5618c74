package identity

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var errTooManyJoins = fault.New(fault.Conflict, "At most 5 data subjects can be joined to one.")

// join joins a data subject to another one, who stays, in one transaction: every alias stands for the one who stays, whose standing unites both.
// Nothing is moved, so that the join can be taken back. more says that it was done, so that its caller goes on.
func (i *Identity) join(ctx context.Context, by audit.Actor, stays, goes privacy.SubjectID, result *Result) (more, lost bool, err error) {
	a, err := i.begin(ctx, audit.SubjectsJoined)
	if err != nil {
		return false, false, err
	}
	stay, err := a.person(ctx, stays)
	if err != nil {
		return false, false, err
	}
	gone, err := a.person(ctx, goes)
	if err != nil {
		return false, false, err
	}
	told := slices.Concat(stay.addresses(), gone.addresses(), stay.leftOnRecord(), gone.leftOnRecord())
	if err := stay.takeOver(gone); err != nil {
		return false, false, err
	}
	for _, is := range stay.addresses() {
		a.cut(is, Cut{})
	}
	for _, is := range told {
		a.tell(is, Other)
	}
	a.change.Subject = stays
	if lost, err = a.commit(ctx, by); err != nil || lost {
		return false, lost, err
	}
	result.Joined++
	result.Changes = append(result.Changes, a.change.ID)
	return true, false, nil
}

// takeOver lets the aliases of somebody stand for the data subject, and unites both. Every address stands for more than before, and is frozen if
// somebody contests the join (threat T33).
func (p *person) takeOver(gone *person) error {
	var both []string
	for _, is := range gone.own() {
		if is.Belongs(p.id) {
			both = append(both, is.Key)
		}
		p.after[is.Key] = is.Without(gone.id).With(p.id, p.expires, p.to.Formerly)
	}
	p.left = slices.Concat(p.left, gone.left)
	if err := p.counts(); err != nil {
		return err
	}
	for _, is := range p.addresses() {
		is.AttachedAt = p.now
		p.after[is.Key] = is
		p.change.Freezes = append(p.change.Freezes, is.Key)
	}
	if err := p.unite(gone); err != nil {
		return err
	}
	gone.both = both
	return nil
}

// unite joins another data subject to this one, without their aliases. Both get a version that is higher than any that a record of either follows,
// and expire together ([person.settle]).
func (p *person) unite(gone *person) error {
	if p.to = p.to.Joined(gone.id, gone.to, p.now); len(p.to.Formerly) > standing.MostFormer {
		return errTooManyJoins
	}
	slices.SortFunc(p.to.Formerly, inOrder)
	p.version, p.expires = max(p.version, gone.version), p.ends(p.to)
	gone.to.Into, gone.both = p.id, nil
	p.change.Rebuild = append(p.change.Rebuild, p.id)
	return nil
}

// inOrder puts who was joined first first.
func inOrder(a, b subject.Former) int {
	if c := a.At.Compare(b.At); c != 0 {
		return c
	}
	return strings.Compare(string(a.ID), string(b.ID))
}

// ends returns when a data subject with the state expires, which is not before what follows from the act is done. It is zero while something has no
// end.
func (a *act) ends(s standing.State) time.Time {
	at := s.KnownUntil(a.Policy(a.now))
	if !at.IsZero() && at.Before(a.change.ExpiresAt) {
		return a.change.ExpiresAt
	}
	return at
}
