package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// owner is one data subject known by address, in a fresh session. It implements [consenttest.Service].
type owner struct {
	*rig
	person

	asking sync.Mutex
	asked  map[string]string // id of the confirmation by the content of the call
}

func newOwner(t *testing.T, s *rig, email string) *owner {
	return &owner{rig: s, person: s.fresh(t, email), asked: map[string]string{}}
}

// Now implements [consenttest.Service].
func (m *owner) Now() time.Time { return m.Clock.Now() }

// Do implements [consenttest.Service].
func (m *owner) Do(t testing.TB, c consenttest.Call) consenttest.Answer {
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
		return parsed(m.confirm(t, m.waits(t, c), m.person, headers...))
	case consenttest.Click:
		set("Idempotency-Key", c.Key, c.Key != "")
		status, _ := m.rig.unsubscribe(t, m.person.unsubscribe, oneClick, headers...)
		return consenttest.Answer{Status: status}
	case consenttest.Withdraw:
		set("Idempotency-Key", c.Key, c.Key != "")
		return parsed(m.decide(t, m.person, c.Decisions, headers...))
	default:
		return parsed(m.preferences(t, m.person, headers...))
	}
}

// waits has the decisions of a call wait behind the mailbox, as if they had been asked for. The same content waits once. Decisions that are asked for
// while others wait may only be counted there, so they are stored directly.
func (m *owner) waits(t testing.TB, c consenttest.Call) string {
	m.asking.Lock()
	defer m.asking.Unlock()
	what := fmt.Sprint(c.Key, c.Decisions)
	if id, asked := m.asked[what]; asked {
		return id
	}
	id, now := uuid.NewString(), m.Clock.Now()
	if _, err := m.Confirmations.Save(t.Context(), waitingConsent(id, m.person, c.Decisions, now)); err != nil {
		t.Fatal(err)
	}
	m.asked[what] = id
	return id
}

// waitingConsent is a consent by address that waits behind the mailbox of a person.
func waitingConsent(id string, p person, decisions map[privacy.Purpose]consent.State, now time.Time) mailbox.Confirmation {
	return mailbox.Confirmation{ID: id, Email: p.email, Mailbox: p.mailbox, Tries: 1, CreatedAt: now, NextAt: now.Add(linkLife), ExpiresAt: now.Add(linkLife + 24*time.Hour), Act: consent.Act{
		Subject: consent.Address(p.sid), Operation: id, Decisions: decisions, PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form"}}
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
		out.OptedOut = out.OptedOut || optedOut(answer, purpose)
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
			consenttest.Explore(t, newOwner(t, s, fmt.Sprintf("anna%d@example.org", seed)), script, 40, nil)
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
			m := newOwner(t, s, fmt.Sprintf("anna%d@example.org", seed))
			consenttest.Storm(t, m, addressKinds, seed, 8, 6, 2, func() (all []consent.Record) {
				for r, err := range log.History(t.Context(), consent.Address(m.sid), s.Clock.Now()) {
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
