package noticetest

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Town is people on record who have several addresses, share some, and are joined. It keeps what acts on identities change ([identity.Store]), and
// is what a campaign knows of people. Nothing in it expires but what an act gives an end.
type Town struct {
	Now func() time.Time

	mu      sync.Mutex
	aliases map[string]subject.Alias
	states  map[privacy.SubjectID]resident
	entered int
}

// resident is the state of a data subject, and whether the index of people lists them.
type resident struct {
	standing.Snapshot
	listed bool
}

// NewTown returns a town without people, and the acts that change who is who in it.
func NewTown(now func() time.Time) (*Town, Acts) {
	t := &Town{Now: now, aliases: map[string]subject.Alias{}, states: map[privacy.SubjectID]resident{}}
	return t, Acts{&identity.Identity{Store: t, Aliases: TownKey, Policy: policy.InForce, Now: now}}
}

// In moves the campaigns of a world to the town.
func (t *Town) In(w *World) *Town {
	w.Runner.People, w.Runner.Spellings, w.Runner.Persons = t, t, t
	return t
}

// Named is how the client of the tests names the n-th person of a town.
func Named(n int) subject.Named { return subject.Named{Client: "crm", ID: fmt.Sprintf("person-%d", n)} }

// Parsed returns addresses in their two forms.
func Parsed(emails ...string) (all []subject.Address) {
	for _, email := range emails {
		all = append(all, subject.Address{Lookup: email, Spelling: email})
	}
	return all
}

// Key returns the alias of an address.
func Key(email string) string { return TownKey.Alias(Parsed(email)[0]) }

// Enter puts the next person on record, with addresses of their own, of which the first is that for mail to everybody.
func (t *Town) Enter(contract standing.Contract, emails ...string) privacy.SubjectID {
	t.mu.Lock()
	defer t.mu.Unlock()
	named, id := Named(t.entered), privacy.SubjectID(fmt.Sprintf("subject-%03d", t.entered))
	t.entered++
	is := standing.Snapshot{State: standing.State{Contract: contract}, Version: 1, Since: t.Now().UTC().Truncate(time.Second)}
	for i, a := range Parsed(emails...) {
		key := TownKey.Alias(a)
		t.aliases[key] = subject.Alias{Key: key, Version: 1, Subjects: []privacy.SubjectID{id}, Client: named.Client, Spelling: a.Spelling,
			AttachedAt: t.Now().AddDate(0, -1, i)}
		if is.Aliases = append(is.Aliases, key); i == 0 {
			is.Primary = key
		}
	}
	key := TownKey.IDAlias(named.Client, named.ID)
	t.aliases[key] = subject.Alias{Key: key, Version: 1, Subjects: []privacy.SubjectID{id}, Client: named.Client}
	is.Aliases = append(is.Aliases, key)
	t.states[id] = resident{is, true}
	return id
}

// Aliases implements [identity.Store] and [notice.Persons].
func (t *Town) Aliases(_ context.Context, keys ...string) (map[string]subject.Alias, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	found := map[string]subject.Alias{}
	for _, key := range keys {
		if a, stored := t.aliases[key]; stored && (a.ExpiresAt.IsZero() || a.ExpiresAt.After(t.Now())) {
			found[key] = a
		}
	}
	return found, nil
}

// State implements [identity.Store] and [notice.Persons].
func (t *Town) State(_ context.Context, id privacy.SubjectID) (standing.Snapshot, bool, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	is, found := t.states[id]
	return is.Snapshot, found, nil
}

// Commit implements [identity.Store].
func (t *Town) Commit(_ context.Context, tx identity.Transaction) (lost bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range tx.Aliases {
		if t.aliases[c.To.Key].Version != c.From.Version {
			return true, nil
		}
	}
	for _, c := range tx.States {
		if t.states[c.Subject].Version != c.From.Version {
			return true, nil
		}
	}
	for _, c := range tx.Aliases {
		c.To.Version = c.From.Version + 1
		t.aliases[c.To.Key] = c.To
	}
	for _, c := range tx.States {
		is := resident{c.From, c.Listed}
		if c.Renewed || c.To.ContractRenewed(c.From.State) {
			is.Since = t.Now().UTC().Truncate(time.Second)
		}
		is.State, is.Version, is.Aliases, is.Shared, is.Left, is.Primary, is.ExpiresAt = c.To, c.Version, c.Aliases, c.Shared, c.Left, c.Primary, c.ExpiresAt
		t.states[c.Subject] = is
	}
	return false, nil
}

// townPage is how many people a page has, so that a walk over a small town has pages too.
const townPage = 3

// People implements [notice.People]. A cursor is the place of the last person of the page before, as in the real index.
func (t *Town) People(_ context.Context, shard int, from time.Time, cursor string) (page []standing.Person, next string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	type row struct {
		at string
		resident
	}
	var rows []row
	for id, is := range t.states {
		h := fnv.New32a()
		_, _ = h.Write([]byte(id))
		if is.listed && int(h.Sum32()%16) == shard && !is.Since.Before(from.UTC().Truncate(time.Second)) {
			rows = append(rows, row{fmt.Sprintf("%012d#%s", is.Since.Unix(), id), is})
		}
	}
	slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.at, b.at) })
	for _, r := range rows {
		if r.at <= cursor {
			continue
		}
		if len(page) == townPage {
			return page, next, nil
		}
		page = append(page, standing.Person{Primary: r.Primary, Contract: r.Contract, EndedAt: r.EndedAt, ExpiresAt: r.ExpiresAt})
		next = r.at
	}
	return page, "", nil
}

// Spellings implements [notice.Spellings].
func (t *Town) Spellings(ctx context.Context, aliases []string) (map[string]string, error) {
	found, err := t.Aliases(ctx, aliases...)
	known := map[string]string{}
	for key, a := range found {
		if len(a.Subjects) > 0 {
			known[key] = a.Spelling
		}
	}
	return known, err
}
