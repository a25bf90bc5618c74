// Package sources erases what the service stores for itself about a person: requests, mailboxes, what waits behind them, and the addresses by which the
// person is known (GDPR Art. 17; promise H03). Package erasure does the rest: records, and the standing.
//
// Each source has some kinds of the inventory. What an erasure withholds of them, the policy says. Nothing that came after the erasure began is touched.
package sources

import (
	"context"
	"iter"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Filed knows who has filed which requests.
type Filed interface {
	// FiledBy reads the requests that are listed under mailboxes, and those that are listed under data subjects, in no order.
	FiledBy(ctx context.Context, mailboxes []string, ids []privacy.SubjectID) ([]request.Request, error)
}

// Answer has handed something out to answer a request.
type Answer interface {
	// Revoke returns the items that change so that nothing opens any more what was handed out, and nothing more is made.
	Revoke(file request.File, now time.Time) []request.Item
	// Left returns the keys of the objects that are left of what was revoked, and the items without them.
	Left(file request.File, now time.Time) (keys []string, without []request.Item)
	// Count returns how many objects are stored.
	Count(file request.File, now time.Time) int
}

// Objects deletes objects.
type Objects interface {
	// Discard deletes the object and aborts its unfinished uploads. It returns no error if there is nothing to delete.
	Discard(ctx context.Context, key string) error
}

// Behind knows what waits behind mailboxes, and what is on its way there.
type Behind interface {
	// Waits returns the consents by address that wait behind a mailbox, or have waited there until recently, and the changes that wait to be seen.
	Waits(ctx context.Context, mailboxID string) ([]mailbox.Confirmation, []identity.Contestable, error)
	// Underway returns the wishes for links that are due at the time given, the consents by address that are looked at by then and wait behind no mailbox
	// yet, and the ids of the changes of identities whose consequences are due by then. It may lag behind what is stored.
	Underway(ctx context.Context, by time.Time) (wishes []mailbox.Wish, consents []mailbox.Confirmation, changes []string, err error)
	// Remove deletes a consent by address that waits.
	Remove(ctx context.Context, c mailbox.Confirmation) error
}

// Mailboxes knows mailboxes.
type Mailboxes interface {
	Load(ctx context.Context, id string) (m mailbox.Mailbox, found bool, err error)
	DeleteWish(ctx context.Context, id string) error
}

// Links lets links die.
type Links interface {
	// Forget lets the links and sessions of a mailbox die that existed at the time given, and deletes its address. waits says that a mail is still due.
	Forget(ctx context.Context, id string, at time.Time) (waits bool, err error)
}

// Aliases knows the names of data subjects.
type Aliases interface {
	// Aliases returns those of the aliases that are on record, by their keys.
	Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error)
	// EraseSpelling erases how an address is spelt, and notes when, and the id of its mailbox. It does nothing, and returns false, if the alias has changed
	// since it was read.
	EraseSpelling(ctx context.Context, is subject.Alias, mailbox string, at time.Time) (done bool, err error)
}

// Consents reads consent records.
type Consents interface {
	// History yields the records of a subject that have not expired at now.
	History(ctx context.Context, subject string, now time.Time) iter.Seq2[consent.Record, error]
}

// Stores are where it is stored.
type Stores struct {
	Register  request.Register
	Filed     Filed
	Answers   map[work.Kind]Answer // by the task that answers a right
	Objects   Objects
	Behind    Behind
	Mailboxes Mailboxes
	Links     Links
	Changes   identity.Changes
	Aliases   Aliases
	Consents  Consents
	Keys      request.Mailboxes                  // makes the ids of mailboxes
	Policy    func(now time.Time) *policy.Policy // policy.InForce
	Now       func() time.Time
}

// All returns every source.
func (s *Stores) All() []erasure.Source {
	return []erasure.Source{requests{s}, boxes{s}, pending{s}, changes{s}, aliases{s}, consents{s}}
}

func (s *Stores) now() time.Time { return s.Now().UTC().Truncate(time.Second) }

// of reports whether an address that somebody typed is one of the person's.
func (s *Stores) of(w erasure.Whom, email string) bool {
	return mailbox.IsOf(email, s.Keys.Mailbox, w.Mailboxes)
}

// keepsAddresses is [erasure.KeepsAddresses] of a person.
func (s *Stores) keepsAddresses(w erasure.Whom, now time.Time) bool {
	return erasure.KeepsAddresses(s.Policy(now), w.Standing.State, now)
}

// tallies counts by kind.
type tallies map[policy.Kind]*tally

type tally struct {
	n    int
	ends []time.Time
}

// add counts n items of a kind, the last of which ends at the time given; zero means that it has no end.
func (t tallies) add(kind policy.Kind, n int, ends time.Time) {
	if t[kind] == nil {
		t[kind] = &tally{}
	}
	if n > 0 {
		t[kind].n, t[kind].ends = t[kind].n+n, append(t[kind].ends, ends)
	}
}

// of returns the tallies of these kinds, of which each can be counted.
func (t tallies) of(kinds []policy.Kind) map[policy.Kind]erasure.Tally {
	all := map[policy.Kind]erasure.Tally{}
	for _, kind := range kinds {
		one := erasure.Tally{}
		if is := t[kind]; is != nil {
			one = erasure.Tally{Count: is.n, Until: subject.Latest(is.ends...)}
		}
		all[kind] = one
	}
	return all
}
