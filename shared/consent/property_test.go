package consent_test

import (
	"fmt"
	"math/rand/v2"
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
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// inForce is the version in force today. In these tests it is in force at any time, and consents has its rules.
var (
	inForce  = policy.InForce(time.Now())
	consents = policytest.ConsentsUnder(inForce)
	rules    = consents.InForce(now)
)

// visitor is one visitor of a website, on a log in memory. The tests of package mailbox do the same for a person known by address.
type visitor struct {
	log      *consenttest.Log
	recorder *consent.Recorder
	clock    *testclock.Clock
}

func newVisitor() *visitor {
	v := &visitor{log: &consenttest.Log{}, clock: testclock.New(now)}
	v.recorder = &consent.Recorder{Log: v.log, Policy: consents, Now: v.clock.Now}
	return v
}

// Now implements consenttest.Service.
func (v *visitor) Now() time.Time { return v.clock.Now() }

func (v *visitor) history() []consent.Record { return v.log.History("v#x") }

// Do implements consenttest.Service.
func (v *visitor) Do(t testing.TB, c consenttest.Call) consenttest.Answer {
	act := consent.Act{Subject: "v#x", Operation: uuid.NewString(), Keyed: c.Key != "", Decisions: c.Decisions, GPC: c.Signal,
		PolicyVersion: inForce.Version, Language: "en", Surface: "api", First: c.First, ConfirmOptIn: c.OptIn}
	if c.Key != "" {
		act.Operation = fmt.Sprint(c.Kind, c.Key, c.Decisions, c.OptIn)
	}
	if c.After >= 0 {
		act.After = []int{c.After}
	}
	var r consent.Record
	var err error
	switch c.Kind {
	case consenttest.Read:
		r, err = v.recorder.Current(t.Context(), act.Subject)
	case consenttest.OptOut:
		r, err = v.recorder.OptOut(t.Context(), act.Subject, act.Operation)
	default:
		r, err = v.recorder.Record(t.Context(), act)
	}
	if err != nil {
		return consenttest.Answer{Status: fault.Status(err)}
	}
	out := consenttest.Answer{Status: 201, Version: r.Version, GPC: r.GPC || c.Signal, States: map[privacy.Purpose]consent.State{}}
	for _, purpose := range rules.Purposes {
		is := r.Shown(purpose, rules, v.Now(), c.Signal)
		out.States[purpose], out.OptedOut = is.State, out.OptedOut || is.OptOut
	}
	return out
}

var visitorKinds = []consenttest.Kind{consenttest.Decide, consenttest.Decide, consenttest.Withdraw, consenttest.OptOut, consenttest.Read}

// C03, D01, H10, F01: after a denial nothing is granted until the visitor grants it again, whatever they send in whatever order, and although
// answers of the table get lost.
func TestPromise_C03_AVisitorsDenialHoldsUntilAFreshGrant(t *testing.T) {
	for seed := range soak.Pick(uint64(150), 1000) {
		v, random := newVisitor(), rand.New(rand.NewPCG(seed, 1))
		v.log.Lose = func() bool { return random.IntN(10) == 0 }
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			consenttest.Explore(t, v, &consenttest.Script{Kinds: visitorKinds, Random: random}, 60, v.clock.Advance)
		})
		if !ok {
			return
		}
	}
}

// C03, F15: the same with callers at once. No call that denies something is sent away.
func TestPromise_C03_AVisitorsDenialHoldsAmongManyCallers(t *testing.T) {
	for seed := range soak.Pick(uint64(10), 400) {
		v, random := newVisitor(), rand.New(rand.NewPCG(seed, 2))
		v.log.Lose = func() bool { return random.IntN(10) == 0 } // asked under the log's own lock
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			consenttest.Storm(t, v, visitorKinds, seed, 8, 12, 3, v.history)
		})
		if !ok {
			return
		}
	}
}
