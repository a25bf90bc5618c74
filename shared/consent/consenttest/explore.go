package consenttest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Kind is a way in which a data subject is heard.
type Kind string

// The kinds. A Confirm asks for a mail and presses its button; repeated under its key it presses the same button again.
const (
	Decide   Kind = "decide"
	Withdraw Kind = "withdraw"
	Confirm  Kind = "confirm"
	Click    Kind = "click" // one-click unsubscribe: denies marketing mail
	Read     Kind = "read"
)

// Call is one call about the data subject.
type Call struct {
	Kind      Kind
	Decisions map[privacy.Purpose]consent.State
	Key       string // Idempotency-Key, or the mail whose button is pressed; "" for none
	Signal    bool   // Sec-GPC: 1
	After     int    // If-Match; none if negative
	First     bool   // If-None-Match: *
}

// Answer is what the caller learns.
type Answer struct {
	Status, Version int
	GPC             bool
	States          map[privacy.Purpose]consent.State // nil where none are shown
}

// Service carries out calls about one data subject.
type Service interface {
	Do(t testing.TB, c Call) Answer
	Now() time.Time
}

// denies reports whether a call denies something, by itself or by the signal.
func (c Call) denies() bool {
	for _, state := range c.Decisions {
		if state == consent.Denied {
			return true
		}
	}
	return c.Signal && c.Kind != Read
}

// id names the act of a call that can be repeated.
func (c Call) id() string { return fmt.Sprint(c.Kind, c.Key, c.Decisions) }

// standing is what the model knows about one purpose.
type standing struct {
	state consent.State
	since time.Time
}

// Model is what must hold about one data subject, told from the calls alone: a purpose is granted from an explicit grant without the
// signal until the next denial, and a call that is sent again is no explicit grant.
type Model struct {
	purposes map[privacy.Purpose]standing
	sent     map[string]bool // acts that were accepted
	version  int
}

func (m *Model) at(purpose privacy.Purpose, now time.Time) consent.State {
	s, decided := m.purposes[purpose]
	switch {
	case !decided:
		return consent.Undecided
	case !privacy.AddMonths(s.since, policy.ConsentMonths).After(now):
		return consent.Expired
	}
	return s.state
}

// repeats reports whether the call was accepted before.
func (m *Model) repeats(c Call) bool { return c.Key != "" && m.sent[c.id()] }

// apply tells the model of a call that was accepted, and stored.
func (m *Model) apply(c Call, now time.Time) {
	for _, purpose := range consent.Purposes() {
		if c.refuses(purpose) {
			m.purposes[purpose] = standing{consent.Denied, now}
		} else if c.Decisions[purpose] == consent.Granted && !m.repeats(c) {
			m.purposes[purpose] = standing{consent.Granted, now}
		}
	}
}

// refuses reports whether the call denies the purpose, by itself or by the signal.
func (c Call) refuses(purpose privacy.Purpose) bool {
	return c.Decisions[purpose] == consent.Denied || c.Signal && policy.Shares(purpose)
}

// changes reports whether something that the call denies is not denied yet.
func (m *Model) changes(c Call, now time.Time) bool {
	for _, purpose := range consent.Purposes() {
		if c.refuses(purpose) && m.at(purpose, now) != consent.Denied {
			return true
		}
	}
	return false
}

// Script makes calls up.
type Script struct {
	Kinds  []Kind
	Random *rand.Rand
	past   []Call // with a key
}

// Next makes a call up: a new one, or one of the past once more, with the signal, and conditions about the version, as it happens.
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
	all := consent.Purposes()
	switch c.Kind {
	case Read:
		return c
	case Click:
		c.Decisions[privacy.MarketingEmail] = consent.Denied
	default:
		for _, i := range s.Random.Perm(len(all))[:1+s.Random.IntN(len(all))] {
			c.Decisions[all[i]] = consent.Denied
			if c.Kind != Withdraw && s.Random.IntN(3) > 0 {
				c.Decisions[all[i]] = consent.Granted
			}
		}
	}
	if c.Kind == Confirm || s.Random.IntN(2) == 0 {
		c.Key = fmt.Sprint("key ", s.Random.IntN(6))
		s.past = append(s.past, c)
	}
	return c
}

// Explore makes so many calls, one after the other, and holds each answer and all that is read in between against the model. wait, if there is
// one, moves the clock.
func Explore(t testing.TB, s Service, script *Script, calls int, wait func(time.Duration)) {
	t.Helper()
	m := &Model{purposes: map[privacy.Purpose]standing{}, sent: map[string]bool{}}
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

// step holds the answer to a call against the model and tells the model of it. It returns what is wrong.
func (m *Model) step(c Call, got Answer, now time.Time) string {
	if c.Kind == Read {
		return m.read(got, c.Signal, now)
	}
	repeated := m.repeats(c)
	holds := (c.After < 0 || c.After == m.version) && (!c.First || m.version == 0)
	switch got.Status {
	case 412:
		if holds {
			return "a condition that holds is refused"
		}
		return ""
	case 404:
		if c.Kind != Confirm || !repeated {
			return "a link is refused"
		}
		return ""
	case 500: // killed after the act was recorded, before its button was spent
		if c.Kind != Confirm {
			return "a call failed"
		}
	case 200, 201:
		if !holds && !repeated {
			return "a condition that does not hold is passed over"
		}
	default:
		return fmt.Sprint("answered ", got.Status)
	}
	idle := !m.changes(c, now) && (repeated || !c.gives())
	before := m.version
	if !idle {
		m.apply(c, now)
	}
	m.sent[c.id()] = true
	if got.States == nil {
		return ""
	}
	if m.version = got.Version; idle != (got.Version == before) || got.Version > before+1 {
		return fmt.Sprintf("version %d followed %d", got.Version, before)
	}
	return m.read(got, c.Signal, now)
}

// gives reports whether a call that was never sent before is to be recorded for its grants: one that can be sent again also for those
// that the signal overrules, or they would be given then.
func (c Call) gives() bool {
	for purpose, state := range c.Decisions {
		if state == consent.Granted && (c.Key != "" || !c.Signal || !policy.Shares(purpose)) {
			return true
		}
	}
	return false
}

// read holds what was read against the model.
func (m *Model) read(got Answer, signal bool, now time.Time) string {
	m.version = got.Version
	want := map[privacy.Purpose]consent.State{}
	for _, purpose := range consent.Purposes() {
		want[purpose] = m.at(purpose, now)
		if signal && policy.Shares(purpose) {
			want[purpose] = consent.Denied
		}
	}
	if !maps.Equal(got.States, want) || signal && !got.GPC {
		return fmt.Sprintf("%v is shown (gpc %t), and %v holds (gpc %t)", got.States, got.GPC, want, signal)
	}
	return ""
}
