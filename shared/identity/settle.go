package identity

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// settle returns the change of the state that goes with the aliases as the act leaves them, and brings these in step with the state.
func (p *person) settle(ctx context.Context) (StateChange, error) {
	c := StateChange{
		Subject: p.id, From: p.from, To: p.to, Version: p.version, Listed: !p.joined(), Renewed: p.renewed, ExpiresAt: p.expires, Primary: p.from.Primary,
	}
	if p.joined() { // in this act
		root, err := p.person(ctx, p.to.Into)
		if err != nil {
			return c, err
		}
		c.Aliases, c.Shared, c.Left, c.Version, c.ExpiresAt = p.from.Aliases, p.both, p.from.Left, root.version, root.expires
		return c, nil
	}
	for _, is := range p.own() {
		c.Aliases = append(c.Aliases, is.Key)
		if is.Shared() {
			c.Shared = append(c.Shared, is.Key)
		}
		if err := p.follow(ctx, is); err != nil {
			return c, err
		}
	}
	for _, is := range p.leftOnRecord() {
		c.Left = append(c.Left, is.Key)
	}
	if !slices.Contains(c.Aliases, c.Primary) {
		c.Primary = ""
		if addresses := p.addresses(); len(addresses) > 0 {
			c.Primary, c.Renewed = primaryOf(addresses), true
		}
	}
	return c, nil
}

// follow brings an alias in step with the state. An alias of the data subject alone expires with them and says who was joined to them. A shared one
// expires with whoever expires last.
func (p *person) follow(ctx context.Context, is subject.Alias) error {
	expires, formerly := p.expires, p.to.Formerly
	if is.Shared() {
		if _, changed := p.after[is.Key]; !changed && p.expires.Equal(p.from.ExpiresAt) {
			return nil
		}
		_, others, err := p.others(ctx, is)
		if err != nil {
			return err
		}
		expires, formerly = standing.Latest(append(others, p.expires)...), nil
	}
	if !is.ExpiresAt.Equal(expires) || !slices.EqualFunc(is.Formerly, formerly, subject.Former.Equal) {
		is.ExpiresAt, is.Formerly = expires, formerly
		p.after[is.Key] = is
	}
	return nil
}

// others returns who uses an alias besides the data subject, and when they expire. Those whose retention is over are left out.
func (p *person) others(ctx context.Context, is subject.Alias) (ids []privacy.SubjectID, expiries []time.Time, err error) {
	for _, id := range is.Subjects {
		if id == p.id {
			continue
		}
		expires, known, err := p.expiryOf(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if known {
			ids, expiries = append(ids, id), append(expiries, expires)
		}
	}
	return ids, expiries, nil
}

// expiryOf returns when a data subject expires once the act is done. It returns false if their retention is over.
func (a *act) expiryOf(ctx context.Context, id privacy.SubjectID) (expires time.Time, known bool, err error) {
	for _, p := range a.persons {
		if p.id == id {
			return p.expires, true, nil
		}
	}
	snapshot, found, err := a.Store.State(ctx, id)
	at := snapshot.ExpiresAt
	return at, found && (at.IsZero() || at.After(a.now)), err
}

// primaryOf returns the address that mail to everybody goes to: the one that has stood for the data subject longest. One that only they use comes
// before one that others use too, and one that nobody contests before one that somebody does.
func primaryOf(addresses []subject.Alias) string {
	frozen := func(a subject.Alias) bool { return !a.FrozenAt.IsZero() }
	return slices.MinFunc(addresses, func(a, b subject.Alias) int {
		for _, worse := range []func(subject.Alias) bool{subject.Alias.Shared, frozen} {
			switch {
			case worse(a) && !worse(b):
				return 1
			case worse(b) && !worse(a):
				return -1
			}
		}
		if c := a.AttachedAt.Compare(b.AttachedAt); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	}).Key
}
