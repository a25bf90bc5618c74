package identitytest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// T is what the suite needs of a test. [testing.T] and rapid.T implement it.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

var system = audit.Actor{Kind: audit.Machine, ID: "crm"}

// Rig is the acts on identities on a store.
type Rig struct {
	T
	Store  Store
	Clock  Clock
	secret subject.Key // of this rig alone, so that rigs can share tables
	*identity.Identity
	Consequences *identity.Consequences
	Holder       *identity.Holder

	mu      sync.Mutex
	people  []privacy.SubjectID        // everybody who ever became known
	aliases map[string]string          // how the tests name each alias: an address, or client/id
	tells   map[string][]identity.Role // by address and change
	cuts    []string                   // mailboxes, named by their addresses
	rebuilt []privacy.SubjectID
	alarms  int
}

// New returns a rig on a store.
func New(t T, store Store, clock Clock) *Rig {
	r := &Rig{T: t, Store: store, Clock: clock, secret: subject.Key(subject.NewID()), aliases: map[string]string{}, tells: map[string][]identity.Role{}}
	r.on(store)
	return r
}

// on lets the acts use a store.
func (r *Rig) on(s interface {
	identity.Store
	identity.Contests
}) {
	r.Identity = &identity.Identity{Store: s, Aliases: r.secret, Policy: policy.InForce, Now: r.Clock.Now}
	r.Holder = &identity.Holder{Contests: s, Now: r.Clock.Now}
	r.Consequences = &identity.Consequences{
		Identity: r.Identity, Changes: s,
		Cut: func(_ context.Context, c identity.Cut, _ time.Time) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.cuts = append(r.cuts, r.addressOf(c.Mailbox))
			return nil
		},
		Tell: func(_ context.Context, to identity.Told, c identity.Change) error {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.tells[to.Address+" "+c.ID] = append(r.tells[to.Address+" "+c.ID], to.Role)
			return nil
		},
		Rebuild: func(_ context.Context, id privacy.SubjectID) (again time.Time, err error) {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.rebuilt = append(r.rebuilt, id)
			return time.Time{}, nil
		},
		Contested: func(context.Context, identity.Change) { r.alarms++ },
	}
}

// address returns an address of the suite: a name without a domain is one of example.org.
func address(name string) subject.Address {
	if !strings.Contains(name, "@") {
		name += "@example.org"
	}
	a, err := subject.ParseAddress(name)
	if err != nil {
		panic(err)
	}
	return a
}

func addresses(names ...string) (all []subject.Address) {
	for _, name := range names {
		all = append(all, address(name))
	}
	return all
}

// addressOf returns the name of the address of a mailbox.
func (r *Rig) addressOf(mailbox string) string {
	for _, name := range r.aliases {
		if !strings.Contains(name, "/") && r.secret.Mailbox(address(name)) == mailbox {
			return name
		}
	}
	return "?"
}

// key returns the alias with a name: client/id, or an address.
func (r *Rig) key(name string) string {
	client, id, isID := strings.Cut(name, "/")
	key := r.secret.IDAlias(client, id)
	if !isID {
		key = r.secret.Alias(address(name))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.aliases[key] = name
	return key
}

func named(name string) subject.Named {
	client, id, isID := strings.Cut(name, "/")
	if isID {
		return subject.Named{Client: client, ID: id}
	}
	return subject.Named{Client: "crm", Address: address(name)}
}

// put states all addresses of the data subject with an id.
func (r *Rig) put(id string, join bool, emails ...string) (identity.Result, error) {
	for _, email := range emails {
		r.key(email)
	}
	return r.SetAddresses(r.Context(), system, named(id), addresses(emails...), join)
}

// puts is put that succeeds.
func (r *Rig) puts(id string, join bool, emails ...string) identity.Result {
	r.Helper()
	result, err := r.put(id, join, emails...)
	if err != nil {
		r.Fatalf("PUT %s %v: %v", id, emails, err)
	}
	r.Sound()
	return result
}

// refuses expects a PUT to be refused as the kind says, and to change nothing.
func (r *Rig) refuses(kind fault.Kind, id string, join bool, emails ...string) {
	r.Helper()
	before := r.Dump()
	if _, err := r.put(id, join, emails...); fault.KindOf(err) != kind {
		r.Errorf("PUT %s %v: %v, not %s", id, emails, err, kind)
	}
	if after := r.Dump(); after != before {
		r.Errorf("PUT %s %v was refused and changed\n%s\nto\n%s", id, emails, before, after)
	}
}

// expires changes when a data subject expires.
func (r *Rig) expires(id privacy.SubjectID, at time.Time) error {
	_, _, err := r.Store.Transition(r.Context(), id, func(s standing.Snapshot) (standing.State, time.Time) {
		s.Latest = at
		return s.State, at
	})
	return err
}

// decides lets a data subject deny marketing mail.
func (r *Rig) decides(id privacy.SubjectID) error {
	_, _, err := r.Store.Transition(r.Context(), id, func(s standing.Snapshot) (standing.State, time.Time) {
		s.Marketing, s.Proof = standing.Withdrawn, standing.Proof{Until: s.ExpiresAt, Version: 1}
		return s.State, s.ExpiresAt
	})
	return err
}

func (r *Rig) rename(from, to string, join bool) (identity.Result, error) {
	r.key(to)
	return r.Rename(r.Context(), system, "crm", address(from), address(to), join)
}

// separate takes the join of whoever had the alias back.
func (r *Rig) separate(name string) (identity.Result, error) {
	return r.Separate(r.Context(), system, named(name), func(context.Context, privacy.SubjectID, subject.Former) error { return nil })
}

// run looks after what follows from a change.
func (r *Rig) run(change string) {
	r.Helper()
	if err := r.Consequences.Run(r.Context(), change); err != nil {
		r.Fatalf("%v", err)
	}
}

// told returns who is told of a change, and how.
func (r *Rig) told(change string) (all []string) {
	r.Helper()
	r.run(change)
	r.mu.Lock()
	defer r.mu.Unlock()
	for who, roles := range r.tells {
		if to, of, _ := strings.Cut(who, " "); of == change {
			for _, role := range roles {
				all = append(all, strings.TrimSuffix(to, "@example.org")+":"+string(role))
			}
		}
	}
	slices.Sort(all)
	return all
}

// tells expects exactly these to be told of a change, such as "new:added" or "old:other".
func (r *Rig) tellsOf(change string, want ...string) {
	r.Helper()
	slices.Sort(want)
	if got := r.told(change); !slices.Equal(got, want) {
		r.Errorf("told: %v, not %v", got, want)
	}
}

func (r *Rig) proof(email string) subject.Proof {
	return subject.Proof{Mailbox: r.secret.Mailbox(address(email))}
}

// contest contests a change as the holder of an address, and looks after what follows.
func (r *Rig) contest(change, email string) {
	r.Helper()
	if err := r.Holder.Contest(r.Context(), change, r.proof(email)); err != nil {
		r.Fatalf("%s cannot contest: %v", email, err)
	}
	r.run(change)
}

// stands expects an alias to stand for exactly these.
func (r *Rig) stands(name string, want ...privacy.SubjectID) {
	r.Helper()
	got := r.alias(name).Subjects
	if slices.Sort(want); !slices.Equal(got, want) {
		r.Errorf("%s stands for %v, not %v", name, r.names(got), r.names(want))
	}
}

// doubts expects a doubt about an address.
func (r *Rig) doubts(name string, want subject.Doubt) {
	r.Helper()
	if got := r.alias(name).Doubt(r.Clock.Now()); got != want {
		r.Errorf("%s is in doubt: %q, not %q", name, got, want)
	}
}

// waits expects that an address came to stand for more than before now.
func (r *Rig) waits(name string) {
	r.Helper()
	if at := r.alias(name).AttachedAt; !at.Equal(r.Clock.Now()) {
		r.Errorf("%s was attached at %v", name, at)
	}
}

// days lets days pass.
func (r *Rig) days(n int) { r.Clock.Advance(time.Duration(n) * 24 * time.Hour) }

// must ends the test if there is an error.
func (r *Rig) must(err error) {
	r.Helper()
	if err != nil {
		r.Fatalf("%v", err)
	}
}

// isKind expects an error of a kind.
func (r *Rig) isKind(err error, kind fault.Kind) {
	r.Helper()
	if fault.KindOf(err) != kind || err == nil {
		r.Errorf("%v, not %s", err, kind)
	}
}

var errBroken = errors.New("broken by the test")

// last returns the id of the last change of a result, or "" if nothing changed.
func last(r identity.Result) string {
	if len(r.Changes) == 0 {
		return ""
	}
	return r.Changes[len(r.Changes)-1]
}
