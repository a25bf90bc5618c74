package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

const (
	annas    = "anna@example.org"
	theirs   = "019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e5f" // id of the erasure
	invoiced = `{"invoiceNumber":"1","issuedAt":"2026-11-01T00:00:00Z","currency":"EUR","amount":"10.00","status":"paid","description":"x","lines":[],"cardLast4":"4242"}`
	chatted  = `{"channel":"email","startedAt":"2026-11-01T00:00:00Z","endedAt":"2026-11-01T01:00:00Z","agent":"a1","messages":[]}`
	listed   = `{"list":"news","subscribedAt":"2026-11-01T00:00:00Z","interests":["chat"]}`
	reaches  = `{"email":"anna@example.org","phone":"+49301234567","company":"Berg"}`
	finished = `{"username":"anna","passwordHash":"` + hash + `","status":"active","contractStartedAt":"2025-01-01T00:00:00Z","contractEndedAt":"2026-10-31T00:00:00Z"}`
	anew     = `{"username":"anna","passwordHash":"` + hash + `","status":"active","contractStartedAt":"2026-11-24T00:00:00Z"}`
)

// everything is one record of each category, without the account, with a date of today.
func everything(today string) []string {
	return []string{
		ndjson("identity", "self", annas, today, name), ndjson("communication", "c", annas, today, chatted), ndjson("marketing", "m", annas, today, listed),
		ndjson("transaction", "t", annas, today, invoiced), ndjson("security_log", "l", annas, today, login),
	}
}

// erases erases the data subject behind an address as far as the standing and the expiries go.
func (s *rig) erases(t testing.TB, email, request string) privacy.SubjectID {
	t.Helper()
	id := s.alias(t, "", "", email).Subject()
	now := s.Clock.Now()
	_, _, found, err := s.Subjects.ChangeOf(t.Context(), id, func(from standing.Snapshot) (standing.State, time.Time) {
		to := from.Erase(request, []privacy.SubjectID{id}, s.InForce(now).SpanOf(policy.Request).After(now), now)
		return to, to.KnownUntil(s.InForce(now))
	})
	if err != nil || !found {
		t.Fatal(found, err)
	}
	if _, err := s.Intake.Keep(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	return id
}

// outcomes sends lines and returns their outcomes.
func (s *rig) outcomes(t testing.TB, lines ...string) (all []string) {
	t.Helper()
	for _, a := range s.lines(t, strings.Join(lines, "")) {
		if a.Error != nil {
			t.Errorf("line %d: %+v", a.Line, a.Error)
		}
		if (a.Outcome == "erased") != (a.Erasure == theirs) {
			t.Errorf("line %d: %s of the erasure %q", a.Line, a.Outcome, a.Erasure)
		}
		all = append(all, string(a.Outcome))
	}
	return all
}

// F26: what a system sends about somebody who was erased is turned away, under whatever date, alone and as lines, in any order. What the law keeps is
// stored, without what it does not ask for, and sent again it is the same.
func TestFault_F26_SentAgainUnderTodaysDate(t *testing.T) {
	s := newRig(t)
	s.outcomes(t, append(everything("2026-11-20T00:00:00Z"), ndjson("account", "a", annas, "2026-11-20T00:00:00Z", finished))...)
	s.erases(t, annas, theirs)
	law := map[string]string{"transaction/t": "2033-11-01T00:00:00Z", "security_log/l": "2027-02-18T00:00:00Z"}
	if got := s.expiries(t, annas); !maps.Equal(got, law) {
		t.Errorf("what is left: %v", got)
	}
	s.Clock.Advance(time.Hour)
	today := s.Clock.Now().Format(time.RFC3339)
	again := append(everything(today), ndjson("account", "a", annas, today, running), ndjson("account", "a", annas, today, finished), counts+"\n", ndjson("identity", "self", "bo@example.org", today, name))
	want := []string{"erased", "erased", "erased", "stored", "stored", "erased", "erased", "stored", "stored"}
	if got := s.outcomes(t, again...); !slices.Equal(got, want) {
		t.Errorf("sent again: %v", got)
	}
	slices.Reverse(again)
	want = []string{"unchanged", "unchanged", "erased", "erased", "unchanged", "unchanged", "erased", "erased", "erased"}
	if got := s.outcomes(t, again...); !slices.Equal(got, want) {
		t.Errorf("and again in another order: %v", got)
	}
	if got := s.expiries(t, annas); !maps.Equal(got, law) {
		t.Errorf("what is stored: %v", got)
	}
	for _, r := range s.stored(t, annas) {
		if strings.Contains(string(r.Data), "cardLast4") {
			t.Errorf("the law asks for no card: %s", r.Data)
		}
	}
	if code, got := s.call(t, "PUT", "/v1/records/identity/self", "application/json",
		`{"subject":`+whom("", annas)+`,"source":"direct","occurredAt":"`+today+`","data":`+name+`}`); code != 200 || got != `{"outcome":"erased","erasure":"`+theirs+`","expiresAt":null}` {
		t.Errorf("alone: %d %s", code, got)
	}
	if code, got := s.retract(t, "transaction/t", `{"subject":`+whom("", annas)+`}`); code != 200 {
		t.Errorf("taken back: %d %s", code, got)
	}
	if code, _ := s.call(t, "POST", "/v1/subjects/contract-end", "application/json", `{"subject":`+whom("", annas)+`,"endedAt":"2026-11-02T00:00:00Z"}`); code != 404 {
		t.Errorf("a contract that was erased is ended: %d", code)
	}
}

// F26: a contract that begins after the erasure makes everything welcome, whatever its place among the lines. What was there before stays erased.
func TestFault_F26_ANewContractAfterAnErasure(t *testing.T) {
	s := newRig(t)
	s.outcomes(t, append(everything("2026-11-20T00:00:00Z"), ndjson("account", "a", annas, "2026-11-20T00:00:00Z", finished), ndjson("contact", "x", annas, "2026-11-20T00:00:00Z", reaches))...)
	s.erases(t, annas, theirs)
	s.Clock.Advance(36 * time.Hour)
	today := s.Clock.Now().Format(time.RFC3339)
	lines := append(everything(today), ndjson("account", "b", annas, today, anew))
	if got := s.outcomes(t, lines...); !slices.Equal(got, []string{"stored", "stored", "stored", "stored", "stored", "stored"}) {
		t.Errorf("sent: %v", got)
	}
	want := map[string]string{
		"account/b": "", "identity/self": "", "communication/c": "2027-11-01T01:00:00Z", "marketing/m": s.Clock.Now().AddDate(0, 0, 30).Format(time.RFC3339),
		"transaction/t": "2033-11-01T00:00:00Z", "security_log/l": "2027-02-18T00:00:00Z",
	}
	check := func(when string) {
		t.Helper()
		if got := s.expiries(t, annas); !maps.Equal(got, want) {
			t.Errorf("%s:\n got  %v\n want %v", when, got, want)
		}
	}
	check("what is stored")
	s.Clock.Advance(time.Second)
	if _, err := s.Intake.Keep(t.Context(), s.alias(t, "", "", annas).Subject()); err != nil {
		t.Fatal(err)
	}
	check("after a walk")
	if code, _ := s.call(t, "POST", "/v1/subjects/contract-end", "application/json", `{"subject":`+whom("", annas)+`,"endedAt":"2026-11-25T00:00:00Z"}`); code != 200 {
		t.Errorf("the end of the new contract: %d", code)
	}
	want["account/b"], want["identity/self"] = "2028-11-25T00:00:00Z", "2028-11-25T00:00:00Z"
	check("once the new contract has ended")
}

// F01: what a running contract withholds ends with it, at once, and so does what is sent in between. What finds the person goes 24 months after the
// erasure.
func TestPromise_F01_AContractThatEndsAfterAnErasure(t *testing.T) {
	for when, c := range map[string]struct{ end, left string }{"an end that was": {"2026-11-23T12:00:00Z", ""}, "an end ahead": {"2026-12-24T00:00:00Z", "2026-12-24T00:00:00Z"}} {
		t.Run(when, func(t *testing.T) {
			s := newRig(t)
			s.outcomes(t, append(everything("2026-11-20T00:00:00Z"), ndjson("account", "a", annas, "2026-11-20T00:00:00Z", running))...)
			id := s.erases(t, annas, theirs)
			s.Clock.Advance(time.Hour)
			today := s.Clock.Now().Format(time.RFC3339)
			if got := s.outcomes(t, ndjson("identity", "other", annas, today, name2), ndjson("communication", "d", annas, today, chatted)); !slices.Equal(got, []string{"stored", "erased"}) {
				t.Errorf("while the contract runs: %v", got)
			}
			if got := s.expiries(t, annas); len(got) != 5 || got["identity/other"] != "" || got["account/a"] != "" {
				t.Errorf("while the contract runs: %v", got)
			}
			if code, got := s.call(t, "POST", "/v1/subjects/contract-end", "application/json", `{"subject":`+whom("", annas)+`,"endedAt":"`+c.end+`"}`); code != 200 {
				t.Errorf("%d %s", code, got)
			}
			want := map[string]string{"transaction/t": "2033-11-01T00:00:00Z", "security_log/l": "2027-02-18T00:00:00Z"}
			if c.left != "" {
				for _, key := range []string{"identity/self", "identity/other", "account/a"} {
					want[key] = c.left
				}
			}
			if got := s.expiries(t, annas); !maps.Equal(got, want) {
				t.Errorf("once it has ended:\n got  %v\n want %v", got, want)
			}
			if c.left != "" {
				s.Clock.Set(time.Date(2026, 12, 24, 0, 0, 0, 0, time.UTC))
			}
			if got := s.outcomes(t, ndjson("identity", "self", annas, s.Clock.Now().Format(time.RFC3339), name), ndjson("account", "a", annas, s.Clock.Now().Format(time.RFC3339), running)); !slices.Equal(got, []string{"erased", "erased"}) {
				t.Errorf("after the contract: %v", got)
			}
			state, _, err := s.Subjects.State(t.Context(), id)
			if err != nil || !state.ExpiresAt.Equal(time.Date(2028, 12, 1, 0, 0, 0, 0, time.UTC)) || state.ExpiresAt.IsZero() {
				t.Errorf("known until %v; %v", state.ExpiresAt, err)
			}
			if alias := s.alias(t, "", "", annas); !alias.ExpiresAt.Equal(state.ExpiresAt) {
				t.Errorf("the address is known until %v", alias.ExpiresAt)
			}
		})
	}
}

const name2 = `{"firstName":"Ann","lastName":"Berg","jobTitle":"Lead"}`

// A legal hold keeps what is stored from an erasure, and takes nothing more in. What it kept ends with its release, and what has a period of its own gets it back.
func TestPromise_H03_AHoldKeepsAndCollectsNothing(t *testing.T) {
	s := newRig(t)
	s.outcomes(t, append(everything("2026-11-20T00:00:00Z"), ndjson("account", "a", annas, "2026-11-20T00:00:00Z", finished))...)
	before := s.expiries(t, annas)
	id := s.alias(t, "", "", annas).Subject()
	change := func(to func(standing.State) standing.State) {
		t.Helper()
		s.Clock.Advance(servicetest.Writers + time.Second)
		if _, _, _, err := s.Subjects.ChangeOf(t.Context(), id, func(from standing.Snapshot) (standing.State, time.Time) {
			next := to(from.State)
			return next, next.KnownUntil(s.InForce(s.Clock.Now()))
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Intake.Keep(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	place := func(from standing.State) standing.State {
		return from.Place(standing.Hold{ID: "h", At: s.Clock.Now(), Ground: "claim"})
	}
	release := func(from standing.State) standing.State { return from.Release("h", s.Clock.Now()) }
	change(place)
	for key, at := range s.expiries(t, annas) {
		if at != "" {
			t.Errorf("%s is held until %s", key, at)
		}
	}
	change(release)
	if got := s.expiries(t, annas); !maps.Equal(got, before) {
		t.Errorf("released:\n got  %v\n want %v", got, before)
	}
	change(place)
	s.erases(t, annas, theirs)
	today := s.Clock.Now().Format(time.RFC3339)
	if got := s.outcomes(t, ndjson("identity", "self", annas, today, name), ndjson("marketing", "n", annas, today, listed), ndjson("transaction", "u", annas, today, invoiced)); !slices.Equal(got, []string{"erased", "erased", "stored"}) {
		t.Errorf("under a hold: %v", got)
	}
	if got := s.expiries(t, annas); len(got) != len(before)+1 || got["transaction/u"] != "" || got["identity/self"] != "" {
		t.Errorf("erased under a hold: %v", got)
	}
	change(release)
	want := map[string]string{"transaction/t": "2033-11-01T00:00:00Z", "transaction/u": "2033-11-01T00:00:00Z", "security_log/l": "2027-02-18T00:00:00Z"}
	if got := s.expiries(t, annas); !maps.Equal(got, want) {
		t.Errorf("released after the erasure:\n got  %v\n want %v", got, want)
	}
}
