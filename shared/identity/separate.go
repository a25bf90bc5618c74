package identity

import (
	"context"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// ErrNotJoined is the answer if nobody was joined to the data subject by the alias.
var ErrNotJoined = fault.New(fault.NotFound, "Nobody who was joined to somebody else is known by this.")

// Separate takes back the join of the data subject to whom an id or an address belonged before it. What was sent in since stays with the data
// subject who stayed. carry is called before the join is taken back, and again afterwards for what was denied meanwhile: it has to make what
// was denied since the join hold for both.
//
// Errors: [ErrNotJoined].
func (i *Identity) Separate(
	ctx context.Context, by audit.Actor, named subject.Named, carry func(ctx context.Context, from privacy.SubjectID, to subject.Former) error,
) (Result, error) {
	keys := KeysOf(i.Aliases, named).All() // the id first
	var result Result
	err := try(ctx, func() (lost bool, err error) {
		a, err := i.begin(ctx, audit.SubjectsSeparated, keys...)
		if err != nil {
			return false, err
		}
		if len(keys) == 0 || a.read[keys[0]].Subject() == "" {
			return false, ErrNotJoined
		}
		stay, err := a.person(ctx, a.read[keys[0]].Subject())
		if err != nil {
			return false, err
		}
		gone, former, err := stay.joinedBy(ctx, keys[0])
		if err != nil {
			return false, err
		}
		if err := carry(ctx, stay.id, former); err != nil {
			return false, err
		}
		stay.giveBack(gone, former.At)
		if lost, err = a.commit(ctx, by); err != nil || lost {
			return lost, err
		}
		result = Result{Addresses: len(stay.addresses()), Changes: []string{a.change.ID}}
		return false, carry(ctx, stay.id, former)
	})
	return result, err
}

// joinedBy returns the data subject who was joined to this one, and to whom the alias belonged before.
func (p *person) joinedBy(ctx context.Context, key string) (*person, subject.Former, error) {
	for _, former := range p.from.Formerly {
		gone, err := p.load(ctx, former.ID)
		if err != nil {
			return nil, former, err
		}
		if gone.from.Into == p.id && slices.Contains(gone.from.Aliases, key) {
			p.persons = []*person{p, gone}
			return gone, former, nil
		}
	}
	return nil, subject.Former{}, ErrNotJoined
}

// giveBack takes a join back that was done at the time given. Links and sessions of all addresses die, since each stands for somebody else than before, or for less.
func (p *person) giveBack(gone *person, joined time.Time) {
	for _, is := range p.addresses() {
		p.cut(is, Cut{})
	}
	for _, key := range gone.from.Aliases {
		is := p.alias(key)
		switch {
		case !is.Belongs(p.id): // it was taken away since
			continue
		case !slices.Contains(gone.from.Shared, key):
			is = is.Without(p.id)
		}
		p.after[key] = is.With(gone.id, gone.expires, gone.to.Formerly)
	}
	p.left = slices.DeleteFunc(slices.Clone(p.left), func(key string) bool { return slices.Contains(gone.from.Left, key) })
	leave := gone.to.Persons(gone.id)
	p.to = p.to.Separated(leave...)
	p.to, gone.to = standing.LimitsApart(p.to, gone.to, leave, joined, p.now)
	gone.to.Into, gone.to.Proof = "", standing.Proof{}
	gone.expires, gone.renewed = p.ends(gone.to), true
	p.version = max(p.version, gone.version) // of both: higher than any that a record of either follows
	gone.version = p.version
	p.change.Subject, p.change.Rebuild = p.id, []privacy.SubjectID{p.id, gone.id}
}
