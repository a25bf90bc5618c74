package consenttest

import (
	"fmt"
	"maps"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

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
func (c Call) id() string { return fmt.Sprint(c.Kind, c.Key, c.Decisions, c.OptIn) }

// optsIn reports whether the call grants a purpose that counts as sharing without the confirmation that this needs after an opt-out.
func (c Call) optsIn() bool {
	for purpose, state := range c.Decisions {
		if state == consent.Granted && rules().Shares(purpose) {
			return c.Kind != Confirm && !c.OptIn && !c.Signal
		}
	}
	return false
}

// optsOut reports whether the call opts out of sharing, by itself or by the signal.
func (c Call) optsOut() bool { return c.Kind == OptOut || c.Signal && c.Kind != Read }

// standing is what the model knows about one purpose.
type standing struct {
	state  consent.State
	since  time.Time
	until  time.Time // when it is to be asked again
	optOut bool
}

// model says what must hold about one data subject, computed from the calls alone. A purpose is granted from an explicit grant without the
// signal until the next denial. A call that is sent again is not an explicit grant. An opt-out has a longer time of its own, which no denial shortens,
// and only a grant that is confirmed takes it back.
type model struct {
	purposes map[privacy.Purpose]standing
	sent     map[string]bool // acts that were accepted
	version  int
}

func (m *model) at(purpose privacy.Purpose, now time.Time) consent.State {
	s, decided := m.purposes[purpose]
	switch {
	case !decided:
		return consent.Undecided
	case !s.until.After(now):
		return consent.Expired
	}
	return s.state
}

// repeats reports whether the call was accepted before.
func (m *model) repeats(c Call) bool { return c.Key != "" && m.sent[c.id()] }

// apply updates the model after a call that was accepted and stored.
func (m *model) apply(c Call, now time.Time) {
	for _, purpose := range rules().Purposes {
		is := standing{consent.Granted, now, rules().Decision.After(now), false}
		switch shares := rules().Shares(purpose); {
		case !c.refuses(purpose):
			if c.Decisions[purpose] != consent.Granted || m.repeats(c) {
				continue
			}
		case shares && c.optsOut():
			is = standing{consent.Denied, now, rules().OptOut.After(now), true}
		default:
			is.state = consent.Denied
			if before := m.purposes[purpose]; shares && m.optedOut(now) {
				is.until, is.optOut = later(is.until, before.until), true
			}
		}
		m.purposes[purpose] = is
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// optedOut reports whether an opt-out is in force.
func (m *model) optedOut(now time.Time) bool {
	for purpose, s := range m.purposes {
		if s.optOut && m.at(purpose, now) == consent.Denied {
			return true
		}
	}
	return false
}

// renews reports whether the call is a request to opt out that comes on a later day than the last one, so that the time counts anew.
func (m *model) renews(c Call, now time.Time) bool {
	for _, s := range m.purposes {
		if s.optOut && c.Kind == OptOut && !m.repeats(c) && !now.Before(limit.NextDay(s.since)) {
			return true
		}
	}
	return false
}

// refuses reports whether the call denies the purpose, by itself or by the signal.
func (c Call) refuses(purpose privacy.Purpose) bool {
	return c.Decisions[purpose] == consent.Denied || c.Signal && rules().Shares(purpose)
}

// changes reports whether something that the call denies is not denied yet.
func (m *model) changes(c Call, now time.Time) bool {
	for _, purpose := range rules().Purposes {
		if c.refuses(purpose) && m.at(purpose, now) != consent.Denied {
			return true
		}
	}
	return c.optsOut() && !m.optedOut(now) || m.renews(c, now)
}

// step checks the answer to a call against the model and updates the model. It returns what is wrong, or "".
func (m *model) step(c Call, got Answer, now time.Time) string {
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
	case 409:
		if repeated || !c.optsIn() || !m.optedOut(now) {
			return "a call is refused that takes back no opt-out"
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
		if !repeated && c.optsIn() && m.optedOut(now) {
			return "an opt-out is taken back in one step"
		}
	default:
		return fmt.Sprint("answered ", got.Status)
	}
	idle := !m.changes(c, now) && (repeated || !c.recordsGrants())
	before := m.version
	if !idle {
		m.apply(c, now)
	}
	m.sent[c.id()] = m.sent[c.id()] || !idle || c.Kind != OptOut // a request to opt out that changed nothing left no trace
	if got.States == nil {
		return ""
	}
	if m.version = got.Version; idle != (got.Version == before) || got.Version > before+1 {
		return fmt.Sprintf("version %d followed %d", got.Version, before)
	}
	return m.read(got, c.Signal, now)
}

// recordsGrants reports whether a call that was never sent before must be recorded because of its grants. A call with a key is recorded even
// for grants that the signal overrules. Otherwise they would be given when it is sent again without the signal.
func (c Call) recordsGrants() bool {
	for purpose, state := range c.Decisions {
		if state == consent.Granted && (c.Key != "" || !c.Signal || !rules().Shares(purpose)) {
			return true
		}
	}
	return false
}

// read checks what was read against the model. It returns what is wrong, or "".
func (m *model) read(got Answer, signal bool, now time.Time) string {
	m.version = got.Version
	if got.OptedOut != m.optedOut(now) {
		return fmt.Sprintf("an opt-out is shown: %t", got.OptedOut)
	}
	want := map[privacy.Purpose]consent.State{}
	for _, purpose := range rules().Purposes {
		want[purpose] = m.at(purpose, now)
		if signal && rules().Shares(purpose) {
			want[purpose] = consent.Denied
		}
	}
	if !maps.Equal(got.States, want) || signal && !got.GPC {
		return fmt.Sprintf("%v is shown (gpc %t), and %v holds (gpc %t)", got.States, got.GPC, want, signal)
	}
	return ""
}
