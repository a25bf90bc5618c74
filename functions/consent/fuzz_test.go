package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/consent"
)

const fuzzed = "6f1f8a9e-6f0a-4f3b-9d5e-2b8a1c7d4e90"

// answered is the part of an answer that the tests look at.
type answered struct {
	ID            string
	Version       int
	PolicyVersion string
	GPC           bool
	Decisions     map[string]struct {
		State  consent.State
		OptOut bool
	}
}

func (s *rig) current(t *testing.T, visitor string) (a answered) {
	t.Helper()
	got := openapitest.Send(t, s.raw, "GET", "/v1/consents/"+visitor, "")
	if err := json.Unmarshal([]byte(got.Body), &a); err != nil || got.StatusCode != http.StatusOK {
		t.Fatalf("reading back: %d %v", got.StatusCode, err)
	}
	return a
}

// An accepted consent of a visitor is a new version, unless it only denies what is denied already, and reads back as it was decided. A
// refused consent changes nothing. An accepted consent by address waits for its confirmation as it was sent.
func FuzzRecord(f *testing.F) {
	good := decide(fuzzed, `"analytics_cookies":"granted","marketing_cookies":"denied"`)
	byAddress := strings.Replace(good, `"visitor":"`+fuzzed, `"email":"anna@example.org`, 1)
	for _, seed := range [][5]string{
		{good, "", "", "", "*"}, {good, "", "", "", ""}, {good, "1", "key", "", ""}, {good, "", "", `"1"`, ""}, {byAddress, "1", "", "", ""}, {byAddress, "", "", "x", "*"},
		{strings.Replace(good, "denied", "maybe", 1), "", "", "", ""}, {strings.Replace(good, "denied", "maybe", 1), "1", "", "", ""},
		{strings.Replace(good, "analytics_cookies", "a/~b", 1), "", "", "", ""}, {strings.ToUpper(fuzzed), "0,1", "\x00", "01", "W/*"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4])
	}
	s := newRig(f)
	f.Fuzz(func(t *testing.T, body, gpc, key, match, none string) {
		want := map[string]int{good: http.StatusCreated, byAddress: http.StatusAccepted}[body]
		body = strings.ReplaceAll(body, fuzzed, uuid.NewString()) // otherwise one visitor would soon have decided too often
		var sent struct {
			Subject       struct{ Visitor, Email string }
			Decisions     map[string]consent.State
			PolicyVersion string
			Under16       bool
		}
		_ = json.Unmarshal([]byte(body), &sent)
		if sent.Under16 { // nothing else is read about a child (promise I01), so the rest may break the contract
			openapitest.SendUnchecked(t, s.raw, "POST", "/v1/consents", body, "content-type", "application/json")
			return
		}
		if sent.Subject.Email != "" { // the caller cannot know what is on record about an address, so preconditions are ignored
			match, none = "", ""
		}
		_, visitor := consent.Visitor(sent.Subject.Visitor)
		var before answered
		if visitor {
			before = s.current(t, sent.Subject.Visitor)
		}
		got := openapitest.Send(t, s.raw, "POST", "/v1/consents", body, "content-type", "application/json",
			"sec-gpc", gpc, "idempotency-key", key, "if-match", match, "if-none-match", none)
		if want != 0 && key+match+none == "" && got.StatusCode != want {
			t.Errorf("a valid body is answered %d", got.StatusCode)
		}
		switch got.StatusCode {
		case http.StatusCreated:
			after := s.current(t, sent.Subject.Visitor)
			repeated, idle := key != "" && after.Version == before.Version, after.Version == before.Version
			for purpose := range sent.Decisions { // a denial of what is denied already is not stored again
				idle = idle && after.Decisions[purpose].State == consent.Denied
			}
			if !repeated && !idle && (after.Version != before.Version+1 || after.PolicyVersion != sent.PolicyVersion) {
				t.Errorf("after version %d the state is %+v", before.Version, after)
			}
			for purpose, state := range sent.Decisions {
				if now := after.Decisions[purpose].State; now != state && !repeated && (!after.GPC || now != consent.Denied) {
					t.Errorf("%s was decided as %s and is %s", purpose, state, now)
				}
			}
		case http.StatusAccepted:
			var id struct{ ID string }
			_ = json.Unmarshal([]byte(got.Body), &id)
			c, found, err := s.Confirmations.Load(t.Context(), id.ID)
			if err != nil || !found || c.Email != sent.Subject.Email || c.Act.PolicyVersion != sent.PolicyVersion {
				t.Errorf("%+q waits as %+v (%t, %v)", body, c, found, err)
			}
		default:
			if visitor && s.current(t, sent.Subject.Visitor).Version != before.Version {
				t.Errorf("answered %d, and stored", got.StatusCode)
			}
		}
	})
}

// A withdrawal names a visitor in the path and perhaps purposes in the body. After an accepted one, those purposes are denied on the next read.
func FuzzWithdraw(f *testing.F) {
	f.Add(fuzzed, `{"purposes":["analytics_cookies"]}`, "application/json", "")
	f.Add(strings.ToUpper(fuzzed), "", "", "1")
	f.Add(fuzzed, `{"purposes":[]}`, "application/json; charset=utf-8", "")
	f.Add("00000000-0000-0000-0000-000000000000", `{"purposes":null}`, "text/json", "1,")
	f.Add("{"+fuzzed+"}", `{"purposes":["testimonials","testimonials"]}`, "application/json", "x")
	f.Add("..", " ", "", "")
	s := newRig(f)
	f.Fuzz(func(t *testing.T, visitor, body, contentType, gpc string) {
		if visitor == "" || strings.Contains(visitor, "/") {
			return // API Gateway has no such route
		}
		key, ok := consent.Visitor(visitor)
		parsed, err := uuid.Parse(visitor)
		if want := err == nil && len(visitor) == 36 && parsed != uuid.Nil; ok != want {
			t.Errorf("%+q is taken for a visitor: %t", visitor, ok)
		}
		if lower, _ := consent.Visitor(strings.ToLower(visitor)); ok && lower != key {
			t.Errorf("%+q is two visitors", visitor)
		}
		got := openapitest.Send(t, s.raw, "POST", "/v1/consents/"+visitor+"/withdraw", body, "content-type", contentType, "sec-gpc", gpc)
		if !ok && got.StatusCode != http.StatusNotFound {
			t.Errorf("%+q is answered %d", visitor, got.StatusCode)
		}
		if got.StatusCode != http.StatusCreated {
			return
		}
		var sent struct{ Purposes []string }
		_ = json.Unmarshal([]byte(body), &sent)
		now := s.current(t, visitor)
		if sent.Purposes == nil {
			for purpose := range now.Decisions {
				sent.Purposes = append(sent.Purposes, purpose)
			}
		}
		for _, purpose := range sent.Purposes {
			if now.Decisions[purpose].State != consent.Denied {
				t.Errorf("%s is %s after it was withdrawn", purpose, now.Decisions[purpose].State)
			}
		}
	})
}
