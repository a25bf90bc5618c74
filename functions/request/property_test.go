package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// holder is one data subject known by address. It implements [consenttest.Service].
type holder struct {
	*rig
	email string
	first servicetest.Mail // a mail whose button is never pressed

	asking sync.Mutex
	mailed map[string]servicetest.Mail // by the content of the call
}

func newHolder(t *testing.T, s *rig, email string) *holder {
	first := s.ask(t, email, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied})
	return &holder{rig: s, email: email, first: first, mailed: map[string]servicetest.Mail{}}
}

// Now implements [consenttest.Service].
func (m *holder) Now() time.Time { return m.Clock.Now() }

// Do implements [consenttest.Service].
func (m *holder) Do(t testing.TB, c consenttest.Call) consenttest.Answer {
	var headers []string
	set := func(name, value string, is bool) {
		if is {
			headers = append(headers, name, value)
		}
	}
	set("Sec-GPC", "1", c.Signal)
	set("If-Match", fmt.Sprintf(`"%d"`, c.After), c.After >= 0)
	set("If-None-Match", "*", c.First)
	switch c.Kind {
	case consenttest.Confirm:
		l := m.link(t, c)
		return parsed(m.confirm(t, l.About, l.Token, headers...))
	case consenttest.Click:
		set("Idempotency-Key", c.Key, c.Key != "")
		status, _ := m.unsubscribe(t, m.first.Unsubscribe, oneClick, headers...)
		return consenttest.Answer{Status: status}
	case consenttest.Withdraw:
		set("Idempotency-Key", c.Key, c.Key != "")
		purposes, _ := json.Marshal(slices.Sorted(maps.Keys(c.Decisions)))
		return parsed(m.withdraw(t, m.first.About, m.first.Preferences, `{"purposes":`+string(purposes)+`}`, headers...))
	default:
		return parsed(m.preferences(t, m.first.About, m.first.Preferences, headers...))
	}
}

// link returns the confirmation mail of a call. The mail for the same content is sent once.
func (m *holder) link(t testing.TB, c consenttest.Call) servicetest.Mail {
	m.asking.Lock()
	defer m.asking.Unlock()
	what := fmt.Sprint(c.Key, c.Decisions)
	if _, sent := m.mailed[what]; !sent {
		m.mailed[what] = m.ask(t, m.email, c.Decisions)
	}
	return m.mailed[what]
}

// parsed reads an answer as a caller does.
func parsed(status int, answer map[string]any) consenttest.Answer {
	out := consenttest.Answer{Status: status}
	if status >= 300 {
		return out
	}
	version, _ := answer["version"].(float64)
	out.Version, out.States = int(version), map[privacy.Purpose]consent.State{}
	out.GPC, _ = answer["gpc"].(bool)
	for _, purpose := range rules.Purposes {
		out.States[purpose] = consent.State(stateOf(answer, purpose))
	}
	return out
}

var addressKinds = []consenttest.Kind{consenttest.Confirm, consenttest.Confirm, consenttest.Withdraw, consenttest.Click, consenttest.Read}

// C03, D01: the same random acts as in package mailbox, by a data subject known by address, over HTTP and on the real engine.
func TestPromise_C03_ADenialByAddressHolds(t *testing.T) {
	s := newRig(t)
	for seed := range uint64(12) {
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			script := &consenttest.Script{Kinds: addressKinds, Random: rand.New(rand.NewPCG(seed, 4))}
			consenttest.Explore(t, newHolder(t, s, fmt.Sprintf("anna%d@example.org", seed)), script, 40, nil)
		})
		if !ok {
			return
		}
	}
}

// C03, F15: the same random acts with several callers at once.
func TestPromise_C03_ADenialByAddressHoldsAmongManyCallers(t *testing.T) {
	s := newRig(t)
	log := s.Consents
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			m := newHolder(t, s, fmt.Sprintf("anna%d@example.org", seed))
			id, _, _ := strings.Cut(m.first.Unsubscribe, ".")
			consenttest.Storm(t, m, addressKinds, seed, 8, 6, 2, func() (all []consent.Record) {
				for r, err := range log.History(t.Context(), consent.Address(privacy.SubjectID(id)), s.Clock.Now()) {
					if err != nil {
						t.Fatal(err)
					}
					all = append(all, r)
				}
				slices.Reverse(all)
				return all
			})
		})
	}
}
