package consenttest

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Kind is a kind of call that a data subject makes.
type Kind string

// The kinds. A Confirm asks for a mail and presses its button. A Confirm that is repeated under its key presses the same button again.
const (
	Decide   Kind = "decide"
	Withdraw Kind = "withdraw"
	Confirm  Kind = "confirm"
	Click    Kind = "click"   // one-click unsubscribe: denies marketing mail
	OptOut   Kind = "opt out" // of sale and sharing, by request
	Read     Kind = "read"
)

// Call is one call about the data subject.
type Call struct {
	Kind      Kind
	Decisions map[privacy.Purpose]consent.State
	Key       string // Idempotency-Key, or the mail whose button is pressed; "" for none
	OptIn     bool   // confirmOptIn: true; a Confirm needs none, since its button is the second step
	Signal    bool   // Sec-GPC: 1
	After     int    // If-Match; none if negative
	First     bool   // If-None-Match: *
}

// rules returns what the policy in force says about consents.
func rules() *policy.ConsentRules { return policy.ForConsents().InForce(time.Now()) }

// Answer is what the caller learns.
type Answer struct {
	Status, Version int
	GPC             bool
	OptedOut        bool                              // an opt-out in force is shown
	States          map[privacy.Purpose]consent.State // nil if none are shown
}

// Service carries out calls about one data subject.
type Service interface {
	Do(t testing.TB, c Call) Answer
	Now() time.Time
}

// Script makes up calls.
type Script struct {
	Kinds  []Kind
	Random *rand.Rand
	past   []Call // with a key
}

// Next makes up a call: a new one, or one from the past again. The signal and the conditions about the version are random.
func (s *Script) Next(version int) Call {
	var c Call
	if len(s.past) > 0 && s.Random.IntN(3) == 0 {
		c = s.past[s.Random.IntN(len(s.past))]
	} else {
		c = s.fresh()
	}
	c.Signal, c.After, c.First = s.Random.IntN(4) == 0, -1, false
	if c.Kind == Decide || c.Kind == Withdraw {
		switch s.Random.IntN(8) {
		case 0:
			c.After = version - s.Random.IntN(2)
		case 1:
			c.First = true
		}
	}
	return c
}

func (s *Script) fresh() Call {
	c := Call{Kind: s.Kinds[s.Random.IntN(len(s.Kinds))], Decisions: map[privacy.Purpose]consent.State{}}
	all := rules().Purposes
	switch c.Kind {
	case Read:
		return c
	case Click:
		c.Decisions[privacy.MarketingEmail] = consent.Denied
	case OptOut:
		for _, purpose := range rules().Sharing {
			c.Decisions[purpose] = consent.Denied
		}
	default:
		for _, i := range s.Random.Perm(len(all))[:1+s.Random.IntN(len(all))] {
			c.Decisions[all[i]] = consent.Denied
			if c.Kind != Withdraw && s.Random.IntN(3) > 0 {
				c.Decisions[all[i]] = consent.Granted
			}
		}
	}
	c.OptIn = c.Kind == Decide && s.Random.IntN(3) == 0
	if c.Kind == Confirm || s.Random.IntN(2) == 0 {
		c.Key = fmt.Sprint("key-", s.Random.IntN(6))
		s.past = append(s.past, c)
	}
	return c
}

// Explore makes the given number of calls, one after the other. It checks each answer, and what is read after it, against the model. wait,
// if not nil, moves the clock.
func Explore(t testing.TB, s Service, script *Script, calls int, wait func(time.Duration)) {
	t.Helper()
	m := &model{purposes: map[privacy.Purpose]standing{}, sent: map[string]bool{}}
	var trace []string
	for range calls {
		if wait != nil {
			wait(time.Duration(script.Random.IntN(60)) * time.Second)
			if script.Random.IntN(25) == 0 {
				wait(time.Duration(script.Random.IntN(100)) * 24 * time.Hour)
			}
		}
		c := script.Next(m.version)
		got := s.Do(t, c)
		trace = append(trace, fmt.Sprintf("%+v: %+v", c, got))
		if wrong := m.step(c, got, s.Now()); wrong != "" {
			t.Fatalf("%s, after %d calls:\n%v", wrong, len(trace), trace)
		}
		for _, signal := range []bool{false, true} {
			read := s.Do(t, Call{Kind: Read, Signal: signal, After: -1})
			if wrong := m.read(read, signal, s.Now()); wrong != "" {
				t.Fatalf("%s, after %d calls:\n%v", wrong, len(trace), trace)
			}
		}
	}
}
