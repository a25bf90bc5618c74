package intake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// TestPromise_H03_NothingOfBeforeAnErasureRevives lets systems and two people do anything in any order: send records under any date, old ones again too,
// begin and end contracts, consent, erase, acknowledge, hold and release, join and separate, walk and decide anew. After each act the law of [book] holds:
// what is turned away, what is stored and until when, what may be used, and how long each is known.
func TestPromise_H03_NothingOfBeforeAnErasureRevives(t *testing.T) {
	soak.CheckCostly(t, func(rt *rapid.T) {
		b := newBook(t)
		for range rapid.IntRange(3, 16).Draw(rt, "acts") {
			b.lapse()
			b.act(rt)
			b.lapse()
			b.check(rt)
			b.clock.Advance(time.Duration(rapid.IntRange(2, 90_000).Draw(rt, "seconds")) * time.Second)
		}
	})
}

// book notes what has happened, and says what follows from it by law.
type book struct {
	*rig
	t        *testing.T
	n        int
	joined   bool
	erasures []*erasureOf
	sent     map[string]sent // the record that is stored under each id, as it was taken in
	granted  map[string]time.Time
}

// erasureOf is an erasure of one person, or of two who are joined. What has happened since may concern only one of them, if the join was taken back.
type erasureOf struct {
	request         string
	at              time.Time
	of              map[string]bool // by the ids of the CRM
	renewed, lapsed map[string]bool // for whom
	acknowledged    map[string]map[string]bool
}

// sent is a record that was taken in.
type sent struct {
	at      time.Time
	covered bool // it was taken in although an erasure covers it
}

func newBook(t *testing.T) *book {
	b := &book{rig: newRig(), t: t, sent: map[string]sent{}, granted: map[string]time.Time{}}
	b.Writers = 10 * time.Second
	for _, id := range []string{"7", "8"} {
		b.takes(t, byID(id, emails[id]), invoice("first-"+id, start))
	}
	b.clock.Advance(time.Second)
	return b
}

// whose returns the ids of those who are one person with the one who has the id.
func (b *book) whose(id string) []string {
	if b.joined {
		return []string{"7", "8"}
	}
	return []string{id}
}

func (b *book) root(id string) (privacy.SubjectID, standing.Snapshot) {
	sid := b.known(byID(id, ""))
	return sid, b.states[sid]
}

// of returns the erasures that count for somebody.
func (b *book) of(id string) (all []*erasureOf) {
	for _, e := range b.erasures {
		if slices.ContainsFunc(b.whose(id), func(one string) bool { return e.of[one] }) {
			all = append(all, e)
		}
	}
	return all
}

// every reports whether something is so for everybody of an erasure who is one person with the one who has the id.
func (b *book) every(e *erasureOf, id string, is map[string]bool) bool {
	return !slices.ContainsFunc(b.whose(id), func(one string) bool { return e.of[one] && !is[one] })
}

// mark notes something for everybody of an erasure who is one person with the one who has the id.
func (b *book) mark(_ *erasureOf, id string, in map[string]bool) {
	for _, one := range b.whose(id) {
		in[one] = true
	}
}

func (b *book) underContract(id string) bool {
	_, s := b.root(id)
	return s.Contract == standing.Running || s.Contract == standing.Ended && s.EndedAt.After(b.clock.Now())
}

// lapse notes whose contract does not run.
func (b *book) lapse() {
	for id := range emails {
		if !b.underContract(id) {
			for _, e := range b.of(id) {
				b.mark(e, id, e.lapsed)
			}
		}
	}
}

// turnsAway reports whether what a system says about a time is turned away.
func (b *book) turnsAway(id, client string, about time.Time) bool {
	return slices.ContainsFunc(b.of(id), func(e *erasureOf) bool {
		return !b.every(e, id, e.renewed) && (!b.every(e, id, e.acknowledged[client]) || !about.After(e.at))
	})
}

// necessary reports whether a contract withholds somebody's account data from an erasure.
func (b *book) necessary(id string) bool {
	return b.underContract(id) && slices.ContainsFunc(b.of(id), func(e *erasureOf) bool { return !b.every(e, id, e.lapsed) })
}

func (b *book) act(rt *rapid.T) {
	b.n++
	id := rapid.SampledFrom([]string{"7", "8"}).Draw(rt, "who")
	sid, _ := b.root(id)
	ctx, now := context.Background(), b.clock.Now()
	var err error
	switch rapid.SampledFrom([]string{"record", "record", "record", "account", "end", "consent", "again", "erase", "erase", "acknowledge", "hold", "release", "join", "rebuild"}).Draw(rt, "act") {
	case "record":
		b.record(rt, id, b.drawRecord(rt))
	case "account":
		started := now.AddDate(0, 0, -rapid.SampledFrom([]int{0, 0, 400}).Draw(rt, "days ago"))
		b.record(rt, id, account(fmt.Sprint("a", rapid.IntRange(0, 2).Draw(rt, "account")), now.Format(time.RFC3339), started.Format(time.RFC3339), b.drawEnd(rt)))
	case "end":
		err = b.end(id, now.Add(time.Duration(rapid.IntRange(-3, 50).Draw(rt, "hours"))*time.Hour))
	case "consent":
		state := rapid.SampledFrom([]consent.State{consent.Granted, consent.Denied}).Draw(rt, "state")
		if state == consent.Granted {
			b.granted[b.whose(id)[0]] = now // in the log of the one to whom the other was joined
		}
		b.decides(b.t, sid, state)
	case "again":
		if newest := b.log[consent.Address(sid)]; newest.Version > 0 {
			err = b.FollowConsent(ctx, sid, newest)
		}
	case "erase":
		b.erase(rt, id)
	case "acknowledge":
		if all := b.of(id); len(all) > 0 {
			e, client := rapid.SampledFrom(all).Draw(rt, "erasure"), rapid.SampledFrom([]string{"crm", "shop"}).Draw(rt, "client")
			b.change(id, func(s standing.State) standing.State { return s.Acknowledge(e.request, client) })
			b.mark(e, id, e.acknowledged[client])
		}
	case "hold":
		of := rapid.SampledFrom([][]privacy.Category{nil, {privacy.Marketing, privacy.Identity}, {privacy.Communication}}).Draw(rt, "categories")
		b.change(id, func(s standing.State) standing.State {
			return s.Place(standing.Hold{ID: fmt.Sprint("h", b.n), At: now, Categories: of})
		})
	case "release":
		b.change(id, func(s standing.State) standing.State {
			for _, h := range s.Holds {
				s = s.Release(h.ID, now)
			}
			return s
		})
	case "join":
		b.joinOrSeparate(rt)
	case "rebuild":
		_, err = b.Rebuild(ctx, sid)
		b.renewed(id)
	}
	if err != nil {
		rt.Fatal(err)
	}
}

// end ends the contracts of somebody. Each account is stored again, as what it was.
func (b *book) end(id string, at time.Time) error {
	covered := map[key]bool{}
	sid, state := b.root(id)
	before := maps.Clone(b.records[sid])
	for _, person := range slices.Backward(state.Persons(sid)) {
		for k, one := range b.records[person] {
			if newer := b.records[sid][k]; person == sid || !newer.OccurredAt.After(one.OccurredAt) {
				covered[k] = b.covered(person, k)
			}
		}
	}
	if err := b.EndContract(context.Background(), byID(id, ""), at); err != nil && !errors.Is(err, errNoContract) && !errors.Is(err, errBeforeStart) {
		return err
	}
	for k, one := range b.records[sid] {
		if k.category == privacy.Account && string(one.Data) != string(before[k].Data) {
			b.sent[fmt.Sprint(sid, k)] = sent{b.clock.Now(), covered[k]}
		}
	}
	return nil
}

// drawEnd makes up the end of a contract; "" for none.
func (b *book) drawEnd(rt *rapid.T) string {
	if rapid.Bool().Draw(rt, "runs") {
		return ""
	}
	return b.clock.Now().Add(time.Duration(rapid.IntRange(1, 60).Draw(rt, "hours left")) * time.Hour).Format(time.RFC3339)
}

// drawRecord makes up a record, under a date of today or of an hour ago, which may be there already.
func (b *book) drawRecord(rt *rapid.T) record.Record {
	at := b.clock.Now().Add(-time.Duration(rapid.SampledFrom([]int{0, 0, 1, 100}).Draw(rt, "hours old")) * time.Hour).Format(time.RFC3339)
	id := fmt.Sprint("n", rapid.IntRange(0, 3).Draw(rt, "record"))
	switch rapid.IntRange(0, 4).Draw(rt, "kind") {
	case 0:
		return sample(privacy.Transaction, id, at, fmt.Sprintf(`{"cardLast4":"4242","issuedAt":%q}`, at))
	case 1:
		return login(id, at)
	case 2:
		return marketing(id, at)
	case 3:
		return sample(privacy.Communication, id, at, fmt.Sprintf(`{"endedAt":%q}`, at))
	default:
		one := person(at, "Anna")
		one.ID = id
		return one
	}
}

// record sends a record and compares the answer with the law.
func (b *book) record(rt *rapid.T, id string, one record.Record) {
	client := rapid.SampledFrom([]string{"crm", "shop"}).Draw(rt, "client")
	about, now := one.OccurredAt, b.clock.Now()
	if one.Category == privacy.Account {
		b.renew(one, id)
		about, _ = one.Contract()
	}
	away := b.turnsAway(id, client, about)
	kept := one.Category == privacy.Transaction || one.Category == privacy.SecurityLog || one.Category.IsAccountData() && b.necessary(id)
	got, err := b.TakeOne(context.Background(), Line{subject.Named{Client: client, Address: at(emails[id])}, one})
	if err != nil {
		rt.Fatal(err)
	}
	if want := away && !kept; want != (got.Outcome == record.Erased) || want != (got.Erasure != "") {
		rt.Fatalf("%s of %s is %+v; turned away %t, kept %t", one.Category, id, got, away, kept)
	}
	sid, _ := b.root(id)
	if k := (key{one.Category, one.ID}); got.Outcome == record.Stored {
		put := b.records[sid][k].Put
		b.sent[fmt.Sprint(sid, k)] = sent{now, away}
		if one.Category == privacy.Transaction && (string(put.Data) == string(one.Data)) == away {
			rt.Fatalf("turned away %t, and stored as %s", away, put.Data)
		}
	}
}

func (b *book) change(id string, to func(standing.State) standing.State) {
	sid, _ := b.root(id)
	if _, found, err := b.Transition(context.Background(), sid, func(from standing.Snapshot) (standing.State, time.Time) {
		after := to(from.State)
		return after, after.KnownUntil(b.Policy(b.clock.Now()))
	}); err != nil || !found {
		b.t.Fatal(found, err)
	}
}

// erase begins an erasure of somebody, and of whom they are joined with.
func (b *book) erase(rt *rapid.T, id string) {
	sid, state := b.root(id)
	now := b.clock.Now()
	e := &erasureOf{fmt.Sprint("e", b.n), now, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]map[string]bool{"crm": {}, "shop": {}}}
	for _, one := range b.whose(id) {
		e.of[one] = true
	}
	b.change(id, func(s standing.State) standing.State {
		return s.Erase(e.request, state.Persons(sid), b.Policy(now).SpanOf(policy.Request).After(now), now)
	})
	if _, err := b.Keep(context.Background(), sid); err != nil {
		rt.Fatal(err)
	}
	latest := now
	for _, person := range state.Persons(sid) {
		for _, one := range b.records[person] {
			for _, at := range []time.Time{one.ExpiresAt, one.Otherwise} {
				if at.After(latest) {
					latest = at
				}
			}
		}
	}
	b.change(id, func(s standing.State) standing.State { return s.Settled(latest, now) })
	for _, one := range b.whose(id) { // an older erasure of theirs counts no more, but one of somebody else does
		for _, old := range b.erasures {
			delete(old.of, one)
		}
	}
	b.erasures = append(b.erasures, e)
}

func (b *book) joinOrSeparate(rt *rapid.T) {
	if b.joined {
		b.separates(b.t, bo)
	} else {
		b.joins(b.t, "7", bo)
	}
	b.joined = !b.joined
	for _, id := range b.acts[len(b.acts)-1].Rebuild {
		if _, err := b.Rebuild(context.Background(), id); err != nil {
			rt.Fatal(err)
		}
	}
	b.renewed("7")
	b.renewed("8")
}

// renewed notes which erasures a contract has followed, by the accounts that are stored.
func (b *book) renewed(id string) {
	sid, state := b.root(id)
	for _, person := range state.Persons(sid) {
		for k, one := range b.records[person] {
			if k.category == privacy.Account && !b.expired(one.ExpiresAt) {
				b.renew(one.Record, id)
			}
		}
	}
}

// renew notes that a contract has begun, if that was after an erasure.
func (b *book) renew(account record.Record, id string) {
	started, _ := account.Contract()
	for _, e := range b.of(id) {
		if started.After(e.at) {
			b.mark(e, id, e.renewed)
		}
	}
}

// check walks, and compares what is stored and what may be used with the law.
func (b *book) check(rt *rapid.T) {
	for id := range emails {
		sid, _ := b.root(id)
		if _, err := b.Keep(context.Background(), sid); err != nil {
			rt.Fatal(err)
		}
	}
	category := rapid.SampledFrom([]privacy.Category{"", "", privacy.Identity, privacy.Transaction, privacy.Communication, privacy.SecurityLog}).Draw(rt, "category")
	for id := range maps.Keys(emails) {
		sid, state := b.root(id)
		for _, person := range state.Persons(sid) {
			b.stored(rt, id, person, state)
		}
		b.decisions(rt, id, category)
		if state.Marketing == standing.Consented && !b.agreed(id) {
			rt.Fatalf("%s: a consent of before the erasure counts", id)
		}
		for _, e := range b.of(id) {
			if least := e.at.AddDate(2, 0, 0); !state.ExpiresAt.IsZero() && state.ExpiresAt.Before(least) {
				rt.Fatalf("%s is known until %v, not %v", id, state.ExpiresAt, least)
			}
		}
	}
}
