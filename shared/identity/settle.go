package identity

import (
	"context"
	"slices"
	"strings"

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
	p.checkShared()
	for _, is := range p.own() {
		c.Aliases = append(c.Aliases, is.Key)
		if is.Shared() {
			c.Shared = append(c.Shared, is.Key)
		}
		p.follow(is)
	}
	for _, is := range p.leftOnRecord() {
		c.Left = append(c.Left, is.Key)
	}
	if !slices.Contains(c.Aliases, c.Primary) {
		c.Primary = PrimaryOf(p.own())
		c.Renewed = c.Renewed || c.Primary != ""
	}
	return c, nil
}

// checkShared writes those of the aliases that the state calls shared and that the data subject shares no longer: the data of the others has expired, or
// their own had when somebody else's act left them out. The act is then refused if somebody has come to share one since it was read.
func (p *person) checkShared() {
	for _, key := range p.from.Shared {
		if is := p.alias(key); is.Version > 0 && (!is.Shared() || !is.Belongs(p.id)) {
			p.after[key] = is
		}
	}
}

// follow brings what an alias says of the data subject in step with the state.
func (p *person) follow(is subject.Alias) {
	if !is.Says(p.id, p.expires, p.to.Formerly) {
		p.after[is.Key] = is.With(p.id, p.expires, p.to.Formerly)
	}
}

// PrimaryOf returns which of the aliases of a data subject is the address that mail to everybody goes to: the one that has stood for them longest. One
// that only they use comes before one that others use too, and one that nobody contests before one that somebody does. It returns "" if none is an
// address.
func PrimaryOf(aliases []subject.Alias) string {
	addresses := slices.DeleteFunc(slices.Clone(aliases), func(a subject.Alias) bool { return !subject.IsAddress(a.Key) })
	if len(addresses) == 0 {
		return ""
	}
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
