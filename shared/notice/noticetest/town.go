package noticetest

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/identity/identitytest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Town is people on record in memory who have several addresses, share some, and are joined.
type Town struct {
	*identitytest.Memory
	ids []privacy.SubjectID
}

// NewTown returns a town without people, to which it moves the campaigns of a world, and the acts that change who is who in it.
func NewTown(w *World) (*Town, Acts) {
	t := &Town{Memory: identitytest.NewMemory(w.Clock)}
	w.Runner.People, w.Runner.Spellings, w.Runner.Persons = t, t, t
	return t, Acts{&identity.Identity{Store: t, Aliases: TownKey, Policy: policy.InForce, Now: w.Clock.Now}}
}

// Named is how the client of the tests names the n-th person.
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

// Newcomer returns the n-th person of a test as they become known, with addresses of their own. They have had the first address for the longest time,
// and mail to everybody goes there.
func Newcomer(n int, contract standing.Contract, now time.Time, emails ...string) identitytest.Newcomer {
	named := Named(n)
	p := identitytest.Newcomer{ID: privacy.SubjectID(fmt.Sprintf("subject-%03d", n)), State: standing.State{Contract: contract, AccountData: true}}
	learn := func(is subject.Alias) {
		is.Client = named.Client
		p.Learns = append(p.Learns, identity.AliasChange{From: subject.Alias{Key: is.Key}, To: is})
	}
	for i, a := range Parsed(emails...) {
		learn(subject.Alias{Key: TownKey.Alias(a), Spelling: a.Spelling, AttachedAt: now.AddDate(0, -1, i).UTC().Truncate(time.Second)})
	}
	learn(subject.Alias{Key: TownKey.IDAlias(named.Client, named.ID)})
	return p
}

// Enter puts the next person on record.
func (t *Town) Enter(contract standing.Contract, emails ...string) privacy.SubjectID {
	p := Newcomer(len(t.ids), contract, t.Now(), emails...)
	if lost, err := t.Create(context.Background(), p); lost || err != nil {
		panic(fmt.Sprint("noticetest: an address is in use: ", err))
	}
	t.ids = append(t.ids, p.ID)
	return p.ID
}

// townPage is how many people a page has, so that a walk over a small town has pages too.
const townPage = 3

// People implements [notice.People]. A cursor is the place of the last person of the page before, as in the real index.
func (t *Town) People(ctx context.Context, shard int, from time.Time, cursor string) (page []standing.Person, next string, err error) {
	type row struct {
		at string
		standing.Snapshot
	}
	var rows []row
	for _, id := range t.ids {
		is, _, err := t.State(ctx, id)
		if err != nil {
			return nil, "", err
		}
		h := fnv.New32a()
		_, _ = h.Write([]byte(id))
		if is.Into == "" && int(h.Sum32()%16) == shard && is.Since.Unix() >= from.Unix() {
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
