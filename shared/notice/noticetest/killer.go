package noticetest

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// ErrKilled is what a killed invocation sees of every call.
var ErrKilled = errors.New("noticetest: killed")

// Killer stands between a runner and everything outside. It kills the invocation before or after one of its calls: from then on, no call does
// anything. What was done stays done, as when Lambda kills a process.
type Killer struct {
	Stores
	world     *World
	people    notice.People
	spellings notice.Spellings
	persons   notice.Persons
	Between   func(call string)         // called before each call; may be nil
	Address   func(alias string) string // whose spelling an alias stands for

	mu    sync.Mutex
	n     int  // calls so far
	at    int  // the call at which the invocation is killed; 0 for never
	after bool // whether that call is carried out
	dead  bool
	open  map[string]bool // addresses that SES has taken a mail for, and whose outcome is not stored
	Calls []string        // the operations, in order, since the last [Killer.Arm]
}

// NewKiller puts a killer between the runner of a world and everything outside.
func NewKiller(w *World) *Killer {
	r := w.Runner
	k := &Killer{Stores: w.Stores, world: w, people: r.People, spellings: r.Spellings, persons: r.Persons, Address: Address}
	r.Register, r.Campaigns, r.Recipients, r.Partitions, r.Claims, r.Arrivals = k, k, k, k, k, k
	r.People, r.Spellings, r.Persons, r.Mailer, r.Accounts = k, k, k, k, k
	return k
}

// Arm begins a new life, which ends before or after the at-th call; 0 for never.
func (k *Killer) Arm(at int, after bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.n, k.at, k.after, k.dead, k.Calls = 0, at, after, false, nil
}

// Dead reports whether the invocation was killed.
func (k *Killer) Dead() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.dead
}

// call carries out a call, unless the invocation is dead or dies before it.
func (k *Killer) call(name string, do func() error) error {
	if k.Between != nil {
		k.Between(name)
	}
	k.mu.Lock()
	k.n++
	here := k.n == k.at
	if k.dead = k.dead || here && !k.after; k.dead {
		k.lose()
		k.mu.Unlock()
		return ErrKilled
	}
	k.Calls = append(k.Calls, name)
	k.mu.Unlock()
	err := do()
	if here {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.dead = true
		k.lose()
		return ErrKilled
	}
	return err
}

// lose notes the mails in the one window that no mailer can close: SES has taken them, and nothing says so.
func (k *Killer) lose() {
	for address := range k.open {
		k.world.SES.Lost[address] = true
	}
	k.open = nil
}

// window notes mails that SES has taken.
func (k *Killer) window(to []feedback.Recipient, answers []feedback.Answer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.open = map[string]bool{}
	for i, a := range answers {
		if a.Verdict == feedback.Accepted {
			k.open[to[i].Address] = true
		}
	}
}

// shut notes that the outcome of a mail is stored.
func (k *Killer) shut(alias string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	address := k.Address(alias)
	delete(k.open, address)
	if k.dead { // this call was under way when the invocation was killed
		delete(k.world.SES.Lost, address)
	}
}

// Load implements [notice.Reader].
func (k *Killer) Load(ctx context.Context, versions ...string) (all []notice.Campaign, err error) {
	err = k.call("Load", func() (err error) { all, err = k.Stores.Load(ctx, versions...); return err })
	return all, err
}

// All implements [notice.Reader].
func (k *Killer) All(ctx context.Context) (all []notice.Campaign, err error) {
	err = k.call("All", func() (err error) { all, err = k.Stores.All(ctx); return err })
	return all, err
}

// Create implements [notice.Campaigns].
func (k *Killer) Create(ctx context.Context, all []notice.Campaign) error {
	return k.call("Create", func() error { return k.Stores.Create(ctx, all) })
}

// Lease implements [notice.Campaigns].
func (k *Killer) Lease(ctx context.Context, version string, lease notice.Lease) (c notice.Campaign, err error) {
	err = k.call("Lease", func() (err error) { c, err = k.Stores.Lease(ctx, version, lease); return err })
	return c, err
}

// Save implements [notice.Campaigns].
func (k *Killer) Save(ctx context.Context, was notice.State, c notice.Campaign) error {
	return k.call("Save", func() error { return k.Stores.Save(ctx, was, c) })
}

// Known implements [notice.Recipients].
func (k *Killer) Known(ctx context.Context, version string, aliases []string) (known map[string]notice.Recipient, err error) {
	err = k.call("Known", func() (err error) { known, err = k.Stores.Known(ctx, version, aliases); return err })
	return known, err
}

// Put implements [notice.Recipients].
func (k *Killer) Put(ctx context.Context, version string, was, is notice.Recipient) (stored notice.Recipient, err error) {
	err = k.call("Put", func() (err error) {
		if stored, err = k.Stores.Put(ctx, version, was, is); err == nil {
			k.shut(is.Alias)
		}
		return err
	})
	return stored, err
}

// Due implements [notice.Recipients].
func (k *Killer) Due(ctx context.Context, version string, now time.Time, limit int) (due []string, err error) {
	err = k.call("Due", func() (err error) { due, err = k.Stores.Due(ctx, version, now, limit); return err })
	return due, err
}

// Partition implements [notice.Partition].
func (k *Killer) Partition(ctx context.Context, version string, n int) iter.Seq2[notice.Recipient, error] {
	return func(yield func(notice.Recipient, error) bool) {
		if err := k.call("Partition", func() error { return nil }); err != nil {
			yield(notice.Recipient{}, err)
			return
		}
		k.Stores.Partition(ctx, version, n)(yield)
	}
}

// Claim implements [notice.Claims].
func (k *Killer) Claim(ctx context.Context, claim notice.Claim, until time.Time) error {
	return k.call("Claim", func() error { return k.Stores.Claim(ctx, claim, until) })
}

// Claimed implements [notice.Claims].
func (k *Killer) Claimed(ctx context.Context, version string, n int) (claim notice.Claim, found bool, err error) {
	err = k.call("Claimed", func() (err error) { claim, found, err = k.Stores.Claimed(ctx, version, n); return err })
	return claim, found, err
}

// LastArrival implements [notice.Arrivals].
func (k *Killer) LastArrival(ctx context.Context, version string) (at time.Time, err error) {
	err = k.call("LastArrival", func() (err error) { at, err = k.Stores.LastArrival(ctx, version); return err })
	return at, err
}

// People implements [notice.People].
func (k *Killer) People(ctx context.Context, shard int, from time.Time, cursor string) (page []standing.Person, next string, err error) {
	err = k.call("People", func() (err error) { page, next, err = k.people.People(ctx, shard, from, cursor); return err })
	return page, next, err
}

// Spellings implements [notice.Spellings].
func (k *Killer) Spellings(ctx context.Context, aliases []string) (known map[string]string, err error) {
	err = k.call("Spellings", func() (err error) { known, err = k.spellings.Spellings(ctx, aliases); return err })
	return known, err
}

// Aliases implements [notice.Persons].
func (k *Killer) Aliases(ctx context.Context, keys ...string) (found map[string]subject.Alias, err error) {
	err = k.call("Aliases", func() (err error) { found, err = k.persons.Aliases(ctx, keys...); return err })
	return found, err
}

// State implements [notice.Persons].
func (k *Killer) State(ctx context.Context, id privacy.SubjectID) (is standing.Snapshot, found bool, err error) {
	err = k.call("State", func() (err error) { is, found, err = k.persons.State(ctx, id); return err })
	return is, found, err
}

// Mail implements [notice.Mailer].
func (k *Killer) Mail(ctx context.Context, version string, letter notice.Letter, to []feedback.Recipient) (answers []feedback.Answer, err error) {
	err = k.call("Mail", func() (err error) {
		answers, err = k.world.SES.Mail(ctx, version, letter, to)
		k.window(to, answers)
		return err
	})
	return answers, err
}

// Account implements [notice.Accounts].
func (k *Killer) Account(ctx context.Context) (account feedback.Account, err error) {
	err = k.call("Account", func() (err error) { account, err = Accounts{k.world.SES}.Account(ctx); return err })
	return account, err
}
