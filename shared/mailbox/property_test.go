package mailbox

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/policytest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// inForce is the version in force today. In these tests it is in force at any time, and consents has its rules.
var (
	inForce  = policy.InForce(time.Now())
	consents = policytest.ConsentsUnder(inForce)
	rules    = consents.InForce(now)
)

const sid = privacy.SubjectID("sid")

var tokens, aliases = subject.Key("a key for tests"), subject.Key("another key for tests")

// person is one data subject known by address, on stores in memory.
type person struct {
	log      *consenttest.Log
	waiting  *memory
	consents *Consents

	clock    *testclock.Clock
	mu       sync.Mutex
	asked    map[string]string                       // ids of confirmations, by the call that asked for them
	told     []Act                                   // what a receipt is to tell
	others   []privacy.SubjectID                     // everybody who uses the address, if it is not one person alone
	cuts     []string                                // ids of the mailboxes whose links and sessions died, each with the time
	into     map[privacy.SubjectID]privacy.SubjectID // who was joined to whom
	joinedAt time.Time                               // when
}

// anna is the mailbox of the person.
var anna = func() subject.Address {
	a, _ := subject.ParseAddress("Anna@example.org")
	return a
}()

// box is its id.
var box = aliases.Mailbox(anna)

// annas is the mailbox as a session of it knows it.
var annas = Mailbox{ID: box, Subject: sid}

// Proofs of that mailbox, by the first opening of a link and by a later one.
var fresh, stale = subject.Proof{Mailbox: box, Fresh: true}, subject.Proof{Mailbox: box}

func newPerson() *person {
	p := &person{log: &consenttest.Log{}, waiting: &memory{}, clock: testclock.New(now), asked: map[string]string{}}
	p.consents = &Consents{Recorder: &consent.Recorder{Log: p.log, Policy: consents, Now: p.clock.Now}, Confirmations: p.waiting, Persons: p, Tokens: tokens,
		Tell: func(_ context.Context, mailbox, _ string, a Act) {
			if mailbox != box {
				panic("another mailbox is told")
			}
			p.mu.Lock()
			defer p.mu.Unlock()
			p.told = append(p.told, a)
		}}
	return p
}

// Root implements [Persons].
func (p *person) Root(_ context.Context, id privacy.SubjectID) (privacy.SubjectID, time.Time, error) {
	if into, joined := p.into[id]; joined {
		return into, p.joinedAt, nil
	}
	return id, p.joinedAt, nil
}

// Now implements consenttest.Service.
func (p *person) Now() time.Time { return p.clock.Now() }

func (p *person) history() []consent.Record { return p.log.History(consent.Address(sid)) }

// Do implements consenttest.Service.
func (p *person) Do(t testing.TB, c consenttest.Call) consenttest.Answer {
	act := consent.Act{Subject: consent.Address(sid), Operation: uuid.NewString(), Keyed: c.Key != "", Decisions: c.Decisions, GPC: c.Signal,
		PolicyVersion: inForce.Version, Language: "en", Surface: "api", First: c.First, ConfirmOptIn: c.OptIn}
	if c.Key != "" {
		act.Operation = strings.ReplaceAll(fmt.Sprint(c.Kind, c.Key, c.Decisions, c.OptIn), " ", "")
	}
	if c.After >= 0 {
		act.After = []int{c.After}
	}
	var r consent.Record
	var err error
	switch c.Kind {
	case consenttest.Read:
		r, err = p.consents.Recorder.Current(t.Context(), act.Subject)
	case consenttest.Confirm:
		r, err = p.consents.Confirm(t.Context(), p.behind(t, act), annas, fresh, c.Signal)
	case consenttest.OptOut:
		r, err = p.consents.Recorder.OptOut(t.Context(), act.Subject, act.Operation)
	case consenttest.Click:
		err = p.consents.Unsubscribe(t.Context(), UnsubscribeToken(tokens, sid), act)
		return consenttest.Answer{Status: status(err)}
	default:
		r, err = p.consents.Recorder.Record(t.Context(), act)
	}
	out := consenttest.Answer{Status: status(err)}
	if err == nil {
		out.Version, out.GPC, out.States = r.Version, r.GPC || c.Signal, map[privacy.Purpose]consent.State{}
		for _, purpose := range rules.Purposes {
			is := r.Shown(purpose, rules, p.Now(), c.Signal)
			out.States[purpose], out.OptedOut = is.State, out.OptedOut || is.OptOut
		}
	}
	return out
}

// behind asks for a confirmation, once for each act, puts it behind the mailbox, and returns its id.
func (p *person) behind(t testing.TB, act consent.Act) string {
	t.Helper()
	p.mu.Lock()
	id, known := p.asked[act.Operation]
	p.mu.Unlock()
	if known {
		return id
	}
	act.Subject, act.GPC, act.Who = "", false, consent.Who{Email: "anna@example.org"}
	id, err := p.consents.Ask(t.Context(), "client", act)
	if err != nil {
		t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known = p.asked[act.Operation]; known { // two callers asked at once
		return id
	}
	c, _, err := p.waiting.Load(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	c.putBehind(p.clock.Now())
	if _, err := p.waiting.Save(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	p.asked[act.Operation] = id
	return id
}

// putBehind puts the confirmation behind the mailbox of the person, as [Admission] does.
func (c *Confirmation) putBehind(now time.Time) {
	c.Mailbox, c.Tries, c.NextAt, c.ExpiresAt = box, 1, now.AddDate(0, 0, 7), now.AddDate(0, 0, 8)
}

func status(err error) int {
	if err == nil {
		return 201
	}
	return fault.Status(err)
}

var everyKind = []consenttest.Kind{consenttest.Decide, consenttest.Decide, consenttest.Withdraw, consenttest.Confirm, consenttest.Click, consenttest.OptOut, consenttest.Read}

// C03, D01, F01: after a denial nothing is granted until somebody grants it again, whatever is called in whatever order. Answers of the
// table get lost and presses of a button are killed meanwhile.
func TestPromise_C03_ADenialHoldsUntilAFreshGrant(t *testing.T) {
	for seed := range soak.Pick(uint64(150), 1000) {
		p, random := newPerson(), rand.New(rand.NewPCG(seed, 1))
		p.log.Lose = func() bool { return random.IntN(10) == 0 }
		p.waiting.fail = func(c Confirmation) error {
			if !c.ConfirmedAt.IsZero() && random.IntN(4) == 0 {
				return errKilled
			}
			return nil
		}
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			consenttest.Explore(t, p, &consenttest.Script{Kinds: everyKind, Random: random}, 60, p.clock.Advance)
		})
		if !ok {
			return
		}
	}
}

// C03, F15: the same with callers at once. No call that denies something is sent away.
func TestPromise_C03_ADenialHoldsAmongManyCallers(t *testing.T) {
	for seed := range soak.Pick(uint64(10), 400) {
		p, random := newPerson(), rand.New(rand.NewPCG(seed, 2))
		p.log.Lose = func() bool { return random.IntN(10) == 0 } // asked under the log's own lock
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			consenttest.Storm(t, p, everyKind, seed, 8, 12, 3, p.history)
		})
		if !ok {
			return
		}
	}
}
