package identity

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// act is an act on identities while it is decided: whom it touches, and which aliases it changes.
type act struct {
	*Identity
	now     time.Time
	read    map[string]subject.Alias
	after   map[string]subject.Alias // those that the act changes
	persons []*person
	change  Change
}

// person is a data subject whom an act touches.
type person struct {
	*act
	id      privacy.SubjectID
	from    standing.Snapshot
	to      standing.State
	left    []string
	joined  bool // to somebody else: their own list of aliases stays as it is, so that the join can be taken back
	renewed bool
	expires time.Time
	version int64 // of the state afterwards
}

var errUnreadable = fault.New(fault.Unavailable, "The state of the data subject cannot be read. Try again.")

// begin begins an act, and reads the aliases that it names.
func (i *Identity) begin(ctx context.Context, kind audit.Act, keys ...string) (*act, error) {
	a := &act{Identity: i, now: i.now(), after: map[string]subject.Alias{}}
	a.change = Change{ID: newID(), Kind: kind, At: a.now, ExpiresAt: i.Policy(a.now).SpanOf(policy.IdentityChange).After(a.now), Due: work.Due{NextAt: a.now}}
	var err error
	a.read, err = i.Store.Aliases(ctx, keys...)
	return a, err
}

// person reads a data subject with all their aliases.
func (a *act) person(ctx context.Context, id privacy.SubjectID) (*person, error) {
	for _, p := range a.persons {
		if p.id == id {
			return p, nil
		}
	}
	snapshot, found, err := a.Store.State(ctx, id)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, errUnreadable
	}
	p := &person{act: a, id: id, from: snapshot, to: snapshot.State, joined: snapshot.Into != "", expires: snapshot.ExpiresAt, version: snapshot.Version + 1}
	if err := a.readAll(ctx, slices.Concat(snapshot.Aliases, snapshot.Left)); err != nil {
		return nil, err
	}
	p.left = slices.DeleteFunc(slices.Clone(snapshot.Left), func(key string) bool { return a.read[key].From != id || a.read[key].Belongs(id) })
	a.persons = append(a.persons, p)
	return p, nil
}

// readAll reads those of the aliases that were not read yet.
func (a *act) readAll(ctx context.Context, keys []string) error {
	missing := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { _, read := a.read[key]; return read })
	found, err := a.Store.Aliases(ctx, missing...)
	maps.Copy(a.read, found)
	return err
}

// alias returns an alias as the act leaves it.
func (a *act) alias(key string) subject.Alias {
	if is, changed := a.after[key]; changed {
		return is
	}
	is := a.read[key]
	is.Key = key
	return is
}

// own returns the aliases of the data subject as the act leaves them, in the order of their keys.
func (p *person) own() (all []subject.Alias) {
	keys := map[string]bool{}
	for _, known := range []map[string]subject.Alias{p.read, p.after} {
		for key := range known {
			keys[key] = true
		}
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
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

// attach lets an address stand for the data subject. Whoever was known by it only because somebody had typed it is joined to them.
func (p *person) attach(ctx context.Context, a subject.Alias, spelling, client string) error {
	if blank := a.Subject(); blank != "" {
		other, err := p.person(ctx, blank)
		if err != nil {
			return err
		}
		if err := p.unite(other); err != nil {
			return err
		}
	}
	if a.From == p.id {
		a.DoubtUntil = time.Time{} // it comes back to whom it was taken from
	}
	a.Subjects, a.Spelling, a.Typed, a.Client = []privacy.SubjectID{p.id}, spelling, false, client
	a.AttachedAt, a.FrozenAt = p.now, time.Time{}
	p.after[a.Key] = a
	p.left = slices.DeleteFunc(slices.Clone(p.left), func(key string) bool { return key == a.Key })
	return nil
}

// unite joins another data subject to this one, without their aliases.
func (p *person) unite(other *person) error {
	if p.to = p.to.Joined(other.id, other.to, p.now); len(p.to.Formerly) > standing.MostFormer {
		return errTooManyJoins
	}
	other.to.Into, other.joined = p.id, true
	p.level(other)
	p.expires = standing.Latest(p.expires, other.expires)
	other.expires = p.expires
	p.change.Rebuild = append(p.change.Rebuild, p.id)
	return nil
}

// level gives both a version that is higher than any that a record of either follows.
func (p *person) level(other *person) {
	p.version = max(p.version, other.version)
	other.version = p.version
}

// detach takes an address away from the data subject. Its spelling stays on record while there is doubt about its owner, so that somebody can
// be told there of later changes (threat T33). If one other data subject is left behind the address, it now stands for them alone, which is more
// than before.
func (p *person) detach(ctx context.Context, a subject.Alias) error {
	a.Subjects = slices.DeleteFunc(slices.Clone(a.Subjects), func(id privacy.SubjectID) bool { return id == p.id })
	a.DetachedAt, a.From, a.FrozenAt = p.now, p.id, time.Time{}
	a.DoubtUntil = p.Policy(p.now).SpanOf(policy.DetachedAddress).After(p.now)
	switch len(a.Subjects) {
	case 0:
		a.Client, a.Typed, a.AttachedAt, a.Formerly, a.ExpiresAt = "", false, time.Time{}, nil, a.DoubtUntil
	case 1:
		a.AttachedAt = p.now
		if _, err := p.person(ctx, a.Subjects[0]); err != nil {
			return err
		}
	default:
		if err := p.sharedUntil(ctx, &a); err != nil {
			return err
		}
	}
	p.after[a.Key] = a
	p.left = append(slices.Clone(p.left), a.Key)
	return nil
}

// sharedUntil lets a shared address expire with the last of those who use it.
func (a *act) sharedUntil(ctx context.Context, of *subject.Alias) error {
	var expiries []time.Time
	for _, id := range of.Subjects {
		snapshot, found, err := a.Store.State(ctx, id)
		if err != nil {
			return err
		}
		if found {
			expiries = append(expiries, snapshot.ExpiresAt)
		}
	}
	of.ExpiresAt = standing.Latest(expiries...)
	return nil
}

// settle returns the change of the state that goes with the aliases as the act leaves them. An alias of the data subject alone expires with them,
// and says who was joined to them.
func (p *person) settle() StateChange {
	c := StateChange{
		Subject: p.id, From: p.from, To: p.to, Version: p.version, Left: p.left, Listed: !p.joined, Renewed: p.renewed, ExpiresAt: p.expires, Primary: p.from.Primary,
	}
	if p.joined {
		c.Aliases, c.Shared, c.Left = p.from.Aliases, p.from.Shared, p.from.Left
		return c
	}
	for _, a := range p.own() {
		c.Aliases = append(c.Aliases, a.Key)
		if a.Shared() {
			c.Shared = append(c.Shared, a.Key)
			continue
		}
		if !a.ExpiresAt.Equal(p.expires) || !slices.EqualFunc(a.Formerly, p.to.Formerly, subject.Former.Equal) {
			a.ExpiresAt, a.Formerly = p.expires, p.to.Formerly
			p.after[a.Key] = a
		}
	}
	if !slices.Contains(c.Aliases, c.Primary) {
		c.Primary = ""
		if addresses := p.addresses(); len(addresses) > 0 {
			c.Primary, c.Renewed = primaryOf(addresses), true
		}
	}
	return c
}

// commit carries the act out.
func (a *act) commit(ctx context.Context, by audit.Actor) (lost bool, err error) {
	if c := a.change; len(c.Cut)+len(c.Told)+len(c.Rebuild) == 0 {
		a.change.Due = work.Due{} // nothing follows from it
	}
	t := Transaction{Change: a.change, Until: a.Policy(a.now).SpanOf(policy.AuditEntry).After(a.now)}
	for _, p := range a.persons {
		t.States = append(t.States, p.settle())
	}
	for _, key := range slices.Sorted(maps.Keys(a.after)) {
		t.Aliases = append(t.Aliases, AliasChange{a.read[key], a.after[key]})
	}
	t.Entry = audit.Entry{ID: a.change.ID, At: a.now, Actor: by, Act: a.change.Kind, About: string(a.change.Subject)}
	return a.Store.Commit(ctx, t)
}

// cut lets the links and sessions of an address die. leaves is whose requests by the address are taken out of its mailbox, or empty.
func (a *act) cut(of subject.Alias, leaves privacy.SubjectID) {
	if mailbox := a.mailbox(of.Spelling); mailbox != "" {
		a.change.Cut = append(a.change.Cut, Cut{mailbox, leaves})
	}
}

// tell has somebody told of the change at an address.
func (a *act) tell(of subject.Alias, role Role) {
	mailbox := a.mailbox(of.Spelling)
	known := slices.ContainsFunc(a.change.Told, func(t Told) bool { return t.Mailbox == mailbox })
	if mailbox != "" && !known {
		a.change.Told = append(a.change.Told, Told{of.Spelling, mailbox, role})
	}
}

func (a *act) mailbox(spelling string) string {
	address, err := subject.ParseAddress(spelling)
	if err != nil { // it was parsed before it was stored
		return ""
	}
	return a.Aliases.Mailbox(address)
}

// primaryOf returns the address that mail to everybody goes to: the one that has stood for the data subject longest. One that only they use comes
// before one that others use too, and one that nobody contests before one that somebody does.
func primaryOf(addresses []subject.Alias) string {
	return slices.MinFunc(addresses, func(a, b subject.Alias) int {
		for _, worse := range []func(subject.Alias) bool{subject.Alias.Shared, func(a subject.Alias) bool { return !a.FrozenAt.IsZero() }} {
			if worse(a) != worse(b) {
				return map[bool]int{true: 1, false: -1}[worse(a)]
			}
		}
		if c := a.AttachedAt.Compare(b.AttachedAt); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	}).Key
}

// counts reports whether the data subject has no more aliases of either kind than they may.
func (p *person) counts() bool {
	addresses := len(p.addresses())
	return addresses <= subject.Most && len(p.own())-addresses <= subject.Most
}
