package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/consenttest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// guest is one visitor of the service. It implements [consenttest.Service].
type guest struct {
	*rig
	visitor string
}

func newGuest(s *rig) guest { return guest{s, uuid.NewString()} }

// Now implements [consenttest.Service].
func (g guest) Now() time.Time { return g.Clock.Now() }

// Do implements [consenttest.Service].
func (g guest) Do(t testing.TB, c consenttest.Call) consenttest.Answer {
	method, path, body := "POST", "/v1/consents", ""
	switch c.Kind {
	case consenttest.Read:
		method, path = "GET", path+"/"+g.visitor
	case consenttest.OptOut: // its route is one of function request
		key, _ := consent.Visitor(g.visitor)
		operation := c.Key
		if operation == "" {
			operation = uuid.NewString()
		}
		if _, err := g.ByAddress.Recorder.OptOut(t.Context(), key, operation); err != nil {
			return consenttest.Answer{Status: fault.Status(err)}
		}
		return consenttest.Answer{Status: 200}
	case consenttest.Withdraw:
		path += "/" + g.visitor + "/withdraw"
		named, _ := json.Marshal(slices.Sorted(maps.Keys(c.Decisions)))
		body = `{"purposes":` + string(named) + `}`
	default:
		decisions, _ := json.Marshal(c.Decisions)
		body = decide(g.visitor, strings.Trim(string(decisions), "{}"))
		if c.OptIn {
			body = strings.Replace(body, "{", `{"confirmOptIn":true,`, 1)
		}
	}
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	set := func(name, value string, is bool) {
		if is {
			r.Header.Set(name, value)
		}
	}
	set("Idempotency-Key", c.Key, c.Key != "")
	set("Sec-GPC", "1", c.Signal)
	set("If-Match", fmt.Sprintf(`"%d"`, c.After), c.After >= 0)
	set("If-None-Match", "*", c.First)
	w := httptest.NewRecorder()
	g.raw.ServeHTTP(w, r)
	return parsed(w)
}

// parsed reads an answer as a caller does.
func parsed(w *httptest.ResponseRecorder) consenttest.Answer {
	out := consenttest.Answer{Status: w.Code}
	var read answered
	if w.Code >= 300 || json.Unmarshal(w.Body.Bytes(), &read) != nil {
		return out
	}
	out.Version, out.GPC, out.States = read.Version, read.GPC, map[privacy.Purpose]consent.State{}
	for purpose, d := range read.Decisions {
		out.States[privacy.Purpose(purpose)], out.OptedOut = d.State, out.OptedOut || d.OptOut
	}
	return out
}

var visitorsKinds = []consenttest.Kind{consenttest.Decide, consenttest.Decide, consenttest.Withdraw, consenttest.OptOut, consenttest.Read}

// C03, D01, H10: the same random acts as in package consent, over HTTP and on the real engine.
func TestPromise_C03_ADenialOfAVisitorHolds(t *testing.T) {
	s := newRig(t)
	for seed := range uint64(15) {
		ok := t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			script := &consenttest.Script{Kinds: visitorsKinds, Random: rand.New(rand.NewPCG(seed, 3))}
			consenttest.Explore(t, newGuest(s), script, 40, s.Clock.Advance)
		})
		if !ok {
			return
		}
	}
}

// C03, F15: the same random acts with many clients at once.
func TestPromise_C03_ADenialOfAVisitorHoldsAmongManyCallers(t *testing.T) {
	s := newRig(t)
	for seed := range uint64(4) {
		g := newGuest(s)
		key, _ := consent.Visitor(g.visitor)
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			consenttest.Storm(t, g, visitorsKinds, seed, 8, 8, 2, func() (all []consent.Record) {
				for r, err := range s.Consents.History(t.Context(), key, s.Clock.Now()) {
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
