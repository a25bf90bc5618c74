package identity

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// person is a data subject whom an act touches.
type person struct {
	*act
	id      privacy.SubjectID
	from    standing.Snapshot
	to      standing.State
	left    []string // addresses that were taken away from them while there is doubt about their owner
	both    []string // of somebody who was joined: the aliases that they shared with whom they were joined to
	renewed bool
	expires time.Time
	version int64 // of the state afterwards
}

// mostLeft is how many addresses may have been taken away from a data subject in the time during which they are told of changes. Without a limit,
// an act would not fit into a transaction. The oldest must not make room for newer ones: whoever takes over somebody's data would use that.
const mostLeft = 30

var (
	errUnreadable  = fault.New(fault.Unavailable, "The state of the data subject cannot be read. Try again.")
	errTooMany     = fault.New(fault.Conflict, "A data subject may have at most 10 addresses and 10 ids.")
	errTooManyLeft = fault.New(fault.Conflict, "Too many addresses were detached from the data subject lately. Try again later.")
)

// person reads a data subject with all their aliases. The error is errStale if the state does not fit the aliases that were read before, or if the
// data subject was joined to somebody meanwhile.
func (a *act) person(ctx context.Context, id privacy.SubjectID) (*person, error) {
	for _, p := range a.persons {
		if p.id == id {
			return p, nil
		}
	}
	p, err := a.load(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.joined() || !p.fits() {
		return nil, errStale
	}
	return p, nil
}

// load reads a data subject, who may have been joined to somebody.
func (a *act) load(ctx context.Context, id privacy.SubjectID) (*person, error) {
	snapshot, found, err := a.Store.State(ctx, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errUnreadable
	}
	p := &person{act: a, id: id, from: snapshot, to: snapshot.State, both: snapshot.Shared, expires: snapshot.ExpiresAt, version: snapshot.Version + 1}
	if err := a.readAll(ctx, slices.Concat(snapshot.Aliases, snapshot.Left)); err != nil {
		return nil, err
	}
	p.left = snapshot.Left
	a.persons = append(a.persons, p)
	return p, nil
}

// joined reports whether the data subject is joined to somebody. Their own list of aliases then stays as it is, so that the join can be taken back.
func (p *person) joined() bool { return p.to.Into != "" }

// fits reports whether the aliases that were read say the same of the data subject as the state, which was read later. The state may still call an
// alias shared that is not any more, because the data of somebody had expired ([person.checkShared]).
func (p *person) fits() bool {
	for key, is := range p.read {
		listed, shared := slices.Contains(p.from.Aliases, key), slices.Contains(p.from.Shared, key)
		if is.Belongs(p.id) && (!listed || is.Shared() && !shared) || !is.Belongs(p.id) && listed && !shared {
			return false
		}
	}
	return true
}

// own returns the aliases of the data subject as the act leaves them, in the order of their keys.
func (p *person) own() (all []subject.Alias) {
	keys := slices.Concat(slices.Collect(maps.Keys(p.read)), slices.Collect(maps.Keys(p.after)))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		if a := p.alias(key); a.Belongs(p.id) {
			all = append(all, a)
		}
	}
	return all
}

// addresses returns those of the aliases of the data subject that are addresses.
func (p *person) addresses() []subject.Alias {
	return slices.DeleteFunc(p.own(), func(a subject.Alias) bool { return !subject.IsAddress(a.Key) })
}

// leftOnRecord returns the addresses that were taken away from the data subject, whoever has them now, while there is doubt about their owner.
func (p *person) leftOnRecord() (all []subject.Alias) {
	keys := slices.Sorted(slices.Values(p.left))
	for _, key := range slices.Compact(keys) {
		if is := p.alias(key); p.now.Before(is.DoubtUntil) && !is.Belongs(p.id) {
			all = append(all, is)
		}
	}
	return all
}

// counts returns an error if the data subject has more aliases of a kind than they may, or if too many addresses were taken away from them.
func (p *person) counts() error {
	addresses := len(p.addresses())
	switch {
	case addresses > subject.Most || len(p.own())-addresses > subject.Most:
		return errTooMany
	case len(p.leftOnRecord()) > mostLeft:
		return errTooManyLeft
	default:
		return nil
	}
}
