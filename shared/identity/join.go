package identity

import (
	"context"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var errTooManyJoins = fault.New(fault.Conflict, "At most 5 data subjects can be joined to one.")

// join joins a data subject to another one, who stays, in one transaction: every alias stands for the one who stays, whose standing unites both.
// Nothing is moved, so that the join can be taken back. join returns the id of the change, or "" if the race was lost.
func (i *Identity) join(ctx context.Context, by audit.Actor, stays, goes privacy.SubjectID) (change string, lost bool, err error) {
	a, err := i.begin(ctx, audit.SubjectsJoined)
	if err != nil {
		return "", false, err
	}
	stay, err := a.person(ctx, stays)
	if err != nil {
		return "", false, err
	}
	gone, err := a.person(ctx, goes)
	if err != nil {
		return "", false, err
	}
	if stay.joined || gone.joined { // joined to somebody meanwhile: the aliases say to whom
		return "", true, nil
	}
	before := slices.Concat(stay.addresses(), gone.addresses())
	for _, is := range gone.own() {
		is.Subjects = slices.DeleteFunc(slices.Clone(is.Subjects), func(id privacy.SubjectID) bool { return id == goes })
		if !slices.Contains(is.Subjects, stays) {
			is.Subjects = append(is.Subjects, stays)
		}
		a.after[is.Key] = is
	}
	if !stay.counts() {
		return "", false, errTooMany
	}
	for _, is := range stay.addresses() { // each stands for more than before
		is.AttachedAt = a.now
		a.after[is.Key] = is
		a.change.Freezes = append(a.change.Freezes, is.Key)
	}
	stay.left = slices.Concat(stay.left, gone.left)
	if err := stay.unite(gone); err != nil {
		return "", false, err
	}
	for _, is := range before {
		a.cut(is, "")
		a.tell(is, Other)
	}
	a.change.Subject = stays
	if lost, err = a.commit(ctx, by); err != nil || lost {
		return "", lost, err
	}
	return a.change.ID, false, nil
}

// ErrNotJoined is the answer if nobody was joined to the data subject by the alias.
var ErrNotJoined = fault.New(fault.NotFound, "Nobody who was joined to somebody else is known by this.")

// Separate takes back the join of the data subject to whom an id or an address belonged before it. What was sent in since stays with the data
// subject who stayed. carry is called before the join is taken back, and once more afterwards: it has to make what was denied since the join hold for both.
//
// Errors: [ErrNotJoined].
func (i *Identity) Separate(
	ctx context.Context, by audit.Actor, named subject.Named, carry func(ctx context.Context, from privacy.SubjectID, to subject.Former) error,
) (Result, error) {
	keys := KeysOf(i.Aliases, named)
	var result Result
	err := fault.Retry(ctx, func() (lost bool, err error) {
		a, err := i.begin(ctx, audit.SubjectsSeparated, keys.All()...)
		if err != nil {
			return false, err
		}
		key, stays := keys.ID, a.read[keys.ID].Subject()
		if key == "" {
			key, stays = keys.Address, a.read[keys.Address].Subject()
		}
		if stays == "" {
			return false, ErrNotJoined
		}
		stay, err := a.person(ctx, stays)
		if err != nil {
			return false, err
		}
		gone, former, err := a.joinedBy(ctx, stay, key)
		if err != nil {
			return false, err
		}
		if err := carry(ctx, stays, former); err != nil {
			return false, err
		}
		lost, err = a.separate(ctx, by, stay, gone, &result)
		if err != nil || lost {
			return lost, err
		}
		return false, carry(ctx, stays, former) // again, for what was denied while the join was being taken back
	})
	return result, err
}

// joinedBy returns the data subject who was joined to stay, and to whom the alias belonged before.
func (a *act) joinedBy(ctx context.Context, stay *person, key string) (*person, subject.Former, error) {
	for _, former := range stay.from.Formerly {
		gone, err := a.person(ctx, former.ID)
		if err != nil {
			return nil, former, err
		}
		if gone.from.Into == stay.id && slices.Contains(gone.from.Aliases, key) {
			a.persons = []*person{stay, gone}
			return gone, former, nil
		}
	}
	return nil, subject.Former{}, ErrNotJoined
}

func (a *act) separate(ctx context.Context, by audit.Actor, stay, gone *person, result *Result) (lost bool, err error) {
	before := stay.addresses()
	for _, key := range gone.from.Aliases {
		is := a.alias(key)
		if !is.Belongs(stay.id) {
			continue // it was taken away since
		}
		is.Subjects = slices.DeleteFunc(slices.Clone(is.Subjects), func(id privacy.SubjectID) bool { return id == stay.id })
		is.Subjects = append(is.Subjects, gone.id)
		a.after[is.Key] = is
	}
	ids := []privacy.SubjectID{gone.id}
	for _, f := range gone.from.Formerly {
		ids = append(ids, f.ID)
	}
	stay.to = stay.to.Separated(ids...)
	gone.to.Into, gone.joined, gone.renewed = "", false, true
	gone.to.Proof = standing.Proof{}
	stay.level(gone)
	for _, is := range before {
		a.cut(is, "")
	}
	a.change.Subject, a.change.Rebuild = stay.id, []privacy.SubjectID{stay.id, gone.id}
	done := Result{Addresses: len(stay.addresses()), Changes: []string{a.change.ID}}
	if lost, err = a.commit(ctx, by); err == nil && !lost {
		*result = done
	}
	return lost, err
}
