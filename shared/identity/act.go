package identity

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// act is an act on identities while it is decided: whom it touches, and which aliases it changes.
type act struct {
	*Identity
	now     time.Time
	read    map[string]subject.Alias // as they are on record, by their keys
	after   map[string]subject.Alias // those that the act changes
	persons []*person
	change  Change
	second  string // who of the team has agreed to the act besides the actor; empty if nobody has to
}

// errStale says that another act took effect between two reads, so that what was read does not fit together.
var errStale = errors.New("identity: the aliases and the states that were read are of different moments")

// try repeats an act while another writer interferes.
func try(ctx context.Context, do func() (lost bool, err error)) error {
	return fault.Retry(ctx, func() (bool, error) {
		lost, err := do()
		if errors.Is(err, errStale) {
			return true, nil
		}
		return lost, err
	})
}

// begin begins an act, and reads the aliases that it names.
func (i *Identity) begin(ctx context.Context, kind audit.Act, keys ...string) (*act, error) {
	a := &act{Identity: i, now: i.now(), read: map[string]subject.Alias{}, after: map[string]subject.Alias{}}
	a.change = Change{
		ID: uuid.NewString(), Kind: kind, At: a.now, ExpiresAt: i.Policy(a.now).SpanOf(policy.IdentityChange).After(a.now), Due: work.Due{NextAt: a.now},
	}
	return a, a.readAll(ctx, keys)
}

// readAll reads those of the aliases that were not found yet. It keeps the others as they were read first, so that the store refuses the act if one
// of them has changed since.
func (a *act) readAll(ctx context.Context, keys []string) error {
	missing := slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return a.read[key].Version > 0 })
	slices.Sort(missing)
	found, err := a.Store.Aliases(ctx, slices.Compact(missing)...)
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

// commit carries the act out.
func (a *act) commit(ctx context.Context, by audit.Actor) (lost bool, err error) {
	if c := a.change; len(c.Cut)+len(c.Told)+len(c.Rebuild) == 0 {
		a.change.Due = work.Due{} // nothing follows from it
	}
	t := Transaction{Change: a.change, Until: a.Policy(a.now).SpanOf(policy.AuditEntry).After(a.now)}
	for _, p := range a.persons {
		c, err := p.settle(ctx)
		if err != nil {
			return false, err
		}
		t.States = append(t.States, c)
	}
	for _, key := range slices.Sorted(maps.Keys(a.after)) {
		t.Aliases = append(t.Aliases, AliasChange{a.read[key], a.after[key]})
	}
	t.Entry = audit.Entry{ID: a.change.ID, At: a.now, Actor: by, Act: a.change.Kind, About: string(a.change.Subject), Second: a.second}
	return a.Store.Commit(ctx, t)
}

// cut lets the links and sessions of an address die. of says whose requests by the address are taken out of its mailbox, or is empty.
func (a *act) cut(is subject.Alias, c Cut) {
	if c.Mailbox = a.mailbox(is); c.Mailbox != "" && !slices.ContainsFunc(a.change.Cut, func(other Cut) bool { return other.Mailbox == c.Mailbox }) {
		a.change.Cut = append(a.change.Cut, c)
	}
}

// tell has somebody told of the change at an address, once. Nobody can be told at one whose spelling was erased.
func (a *act) tell(is subject.Alias, role Role) {
	mailbox := a.mailbox(is)
	if mailbox != "" && is.Spelling != "" && !slices.ContainsFunc(a.change.Told, func(t Told) bool { return t.Mailbox == mailbox }) {
		a.change.Told = append(a.change.Told, Told{is.Spelling, mailbox, role})
	}
}

// mailbox returns the id of the mailbox of an address on record. One whose spelling was erased has noted it.
func (i *Identity) mailbox(is subject.Alias) string {
	if is.Spelling == "" {
		return is.Mailbox
	}
	address, err := subject.ParseAddress(is.Spelling)
	if err != nil { // it was parsed before it was stored
		return ""
	}
	return i.Aliases.Mailbox(address)
}
