package consentapi

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// rules is what the policy in force says about consents.
var rules = policy.ForConsents().InForce(time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC))

// call returns a request with the given headers, as alternating names and values.
func call(body string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/v1/consents/x/withdraw", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

// C03: a withdrawal denies the named purposes, or all of them if it names none, and nothing else.
func TestPromise_C03_WhatAWithdrawalDenies(t *testing.T) {
	for body, want := range map[string][]privacy.Purpose{
		"": rules.Purposes, "{}": rules.Purposes, `{"purposes":["testimonials"]}`: {privacy.Testimonials},
		`{"purposes":["marketing_email","analytics_cookies"]}`: {privacy.AnalyticsCookies, privacy.MarketingEmail},
	} {
		act, err := Withdrawal(call(body), rules)
		if err != nil || !slices.Equal(slices.Sorted(maps.Keys(act.Decisions)), slices.Sorted(slices.Values(want))) {
			t.Errorf("%s: %v, %v", body, act.Decisions, err)
		}
		for purpose, state := range act.Decisions {
			if state != consent.Denied {
				t.Errorf("%s: %s is %s", body, purpose, state)
			}
		}
		if act.PolicyVersion != rules.Version || act.Language != "und" || act.Surface != "api" {
			t.Errorf("%s: %+v", body, act)
		}
	}
	for body, want := range map[string]string{
		`{"purposes":[]}`: "/purposes must name at least one purpose; leave it out to mean all of them",
		`{"purposes":["testimonials","support","x"]}`: "/purposes/1 is not a purpose that rests on consent; /purposes/2 is not a purpose that rests on consent",
	} {
		if _, err := Withdrawal(call(body), rules); fault.KindOf(err) != fault.Unacceptable || !strings.HasSuffix(err.Error(), ": "+want) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := Withdrawal(call(`{"purposes":`), rules); fault.KindOf(err) != fault.Malformed {
		t.Errorf("half a document: %v", err)
	}
}

// D01: the privacy signal is the value 1, alone or in a list that a proxy joined.
func TestPromise_D01_TheSignal(t *testing.T) {
	for value, want := range map[string]bool{"": false, "1": true, " 1 ": true, "0": false, "0, 1": true, "1,0": true, "11": false, "true": false, ",": false} {
		if got := Signalled(call("", "Sec-GPC", value)); got != want {
			t.Errorf("Sec-GPC: %q: %t", value, got)
		}
	}
}

// RFC 9110, section 13.1: If-Match names versions by strong tags of this service; If-None-Match is *.
func TestPreconditions(t *testing.T) {
	for _, c := range []struct {
		match, none string
		after       []int
		first       bool
		refused     bool
	}{
		{"", "", nil, false, false}, {"*", "", nil, false, false}, {`"0"`, "", []int{0}, false, false}, {`"12"`, "", []int{12}, false, false}, {` "1" , "3"`, "", []int{1, 3}, false, false},
		{`W/"1", "2"`, "", []int{2}, false, false}, {"", "*", nil, true, false}, {`"4"`, "*", []int{4}, true, false},
		{`W/"1"`, "", nil, false, true}, {"1", "", nil, false, true}, {`"01"`, "", nil, false, true}, {`"x"`, "", nil, false, true}, {`""`, "", nil, false, true}, {`"+1"`, "", nil, false, true},
		{"", `"1"`, nil, false, true}, {`"1"`, `W/"1"`, []int{1}, false, true},
	} {
		var act consent.Act
		err := Preconditions(call("", "If-Match", c.match, "If-None-Match", c.none), &act)
		if c.refused != (fault.KindOf(err) == fault.Precondition) || !c.refused && err != nil || !slices.Equal(act.After, c.after) || act.First != c.first {
			t.Errorf("If-Match: %s, If-None-Match: %s: after %v, first %t, %v", c.match, c.none, act.After, act.First, err)
		}
	}
}

// F01: the same key with the same act gives the same id, and anything else gives another id. The id does not contain the key.
// Without a key, ids are random.
func TestFault_F01_WhatAnIdempotencyKeyNames(t *testing.T) {
	identify := func(key, path string, decisions map[privacy.Purpose]consent.State) string {
		t.Helper()
		r := call("", "Idempotency-Key", key, "Sec-GPC", "1")
		r.URL.Path = path
		act := consent.Act{Decisions: decisions}
		if err := Identify(r, &act); err != nil {
			t.Fatal(err)
		}
		if id, err := base64.RawURLEncoding.DecodeString(act.Operation); err != nil || len(id) != 16 || act.Keyed != (key != "") || !act.GPC {
			t.Errorf("key %q: %+v, %v", key, act, err)
		}
		return act.Operation
	}
	granted, denied := map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Granted}, map[privacy.Purpose]consent.State{privacy.Testimonials: consent.Denied}
	other := map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted}
	if again := identify("key", "/v1/consents", granted); again != identify("key", "/v1/consents", granted) {
		t.Error("the same act has two ids")
	}
	ids := []string{identify("key", "/v1/consents", granted), identify("key", "/v1/consents", denied), identify("key", "/v1/consents", other), identify("key", "/v1/consents", nil),
		identify("kez", "/v1/consents", granted), identify("key", "/v1/consentz", granted), identify("key/v1", "/consents", granted), identify("", "/v1/consents", granted), identify("", "/v1/consents", granted)}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 9 {
		t.Errorf("9 acts have %d ids", n)
	}
	var act consent.Act
	if err := Identify(call("", "Idempotency-Key", strings.Repeat("k", 256)), &act); fault.KindOf(err) != fault.Malformed || act.Operation != "" {
		t.Errorf("a key of 256 characters: %v, %+v", err, act)
	}
	if err := Identify(call("", "Idempotency-Key", strings.Repeat("k", 255)), &act); err != nil || act.GPC {
		t.Errorf("a key of 255 characters: %v", err)
	}
}

// show returns a record in the form that callers see.
func show(t *testing.T, record consent.Record, now time.Time, signal string) (status int, tag string, out State) {
	t.Helper()
	w := httptest.NewRecorder()
	Show(w, call("", "Sec-GPC", signal), http.StatusCreated, record, &consent.Recorder{Policy: policy.ForConsents(), Now: func() time.Time { return now }})
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatal(err)
	}
	return w.Code, w.Header().Get("ETag"), out
}

// The answer shows the decision in force for every purpose. Of an expired record only the version is left (promise C04). The
// privacy signal counts for its sender, even in a read (promise D01).
func TestPromise_D01_WhatCallersSee(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	record := consent.Record{Version: 3, Operation: "op", PolicyVersion: rules.Version, RecordedAt: now, ExpiresAt: now.Add(time.Second),
		Decisions: map[privacy.Purpose]consent.Decision{privacy.AnalyticsCookies: {State: consent.Granted, DecidedAt: now, ExpiresAt: now.Add(time.Hour)}}}
	status, tag, got := show(t, record, now, "")
	if status != http.StatusCreated || tag != `"3"` || got.Version != 3 || got.ID != "op" || got.PolicyVersion != rules.Version || !got.RecordedAt.Equal(now) || got.GPC {
		t.Errorf("%d %s %+v", status, tag, got)
	}
	if len(got.Decisions) != len(rules.Purposes) || got.Decisions[privacy.AnalyticsCookies].State != consent.Granted || got.Decisions[privacy.Testimonials].State == consent.Granted {
		t.Errorf("%+v", got.Decisions)
	}
	if _, _, got := show(t, record, now, "1"); !got.GPC || got.ID != "op" {
		t.Errorf("with the signal: %+v", got)
	}
	record.GPC = true
	if _, _, got := show(t, record, now, ""); !got.GPC {
		t.Errorf("recorded with the signal: %+v", got)
	}
	if _, tag, got := show(t, record, record.ExpiresAt, ""); tag != `"3"` || got.Version != 3 || got.ID != "" || got.PolicyVersion != "" || !got.RecordedAt.IsZero() || got.GPC ||
		got.Decisions[privacy.AnalyticsCookies].State == consent.Granted {
		t.Errorf("after its end: %+v", got)
	}
	if _, tag, got := show(t, consent.Record{ExpiresAt: now.Add(time.Hour), Operation: "op"}, now, ""); tag != `"0"` || got.ID != "" || len(got.Decisions) != len(rules.Purposes) {
		t.Errorf("of nobody: %s %+v", tag, got)
	}
}

// D01: purposes that count as sharing are denied to the sender of the signal, whatever is on record.
func TestPromise_D01_TheSignalDeniesSharing(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	record := consent.Record{Version: 1, RecordedAt: now, ExpiresAt: now.Add(time.Hour), Decisions: map[privacy.Purpose]consent.Decision{}}
	for _, purpose := range rules.Purposes {
		record.Decisions[purpose] = consent.Decision{State: consent.Granted, DecidedAt: now, ExpiresAt: now.Add(time.Hour)}
	}
	_, _, got := show(t, record, now, "1")
	shared := 0
	for _, purpose := range rules.Purposes {
		if want := map[bool]consent.State{true: consent.Denied, false: consent.Granted}[rules.Shares(purpose)]; got.Decisions[purpose].State != want {
			t.Errorf("%s is %s", purpose, got.Decisions[purpose].State)
		}
		if rules.Shares(purpose) {
			shared++
		}
	}
	if shared == 0 || shared == len(rules.Purposes) {
		t.Errorf("%d purposes share", shared)
	}
}

// H10: an opt-out in force is shown as one, and with the day until which nobody is asked again. One that is over is not.
func TestPromise_H10_AnOptOutIsShown(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	record := consent.Record{Version: 1, RecordedAt: now, ExpiresAt: now.AddDate(3, 0, 0), Decisions: map[privacy.Purpose]consent.Decision{
		privacy.MarketingCookies: {State: consent.Denied, DecidedAt: now, ExpiresAt: now.AddDate(1, 0, 0), OptOut: true},
		privacy.AnalyticsCookies: {State: consent.Denied, DecidedAt: now, ExpiresAt: now.AddDate(0, 6, 0)},
	}}
	for at, want := range map[time.Time]bool{now: true, now.AddDate(0, 0, 364): true, now.AddDate(0, 0, 366): false} {
		for _, signal := range []string{"", "1"} {
			_, _, got := show(t, record, at, signal)
			is := got.Decisions[privacy.MarketingCookies]
			if is.OptOut != want || want && (is.State != consent.Denied || !is.ExpiresAt.Equal(now.AddDate(1, 0, 0))) || got.Decisions[privacy.AnalyticsCookies].OptOut {
				t.Errorf("at %v, with the signal %q: %+v", at, signal, got.Decisions)
			}
		}
	}
}

// H10: a confirmed call is another act than the same one without the confirmation, and so is not taken for its repetition.
func TestPromise_H10_AConfirmationMakesAnotherAct(t *testing.T) {
	act := consent.Act{Decisions: map[privacy.Purpose]consent.State{privacy.MarketingCookies: consent.Granted}}
	confirmed := act
	confirmed.ConfirmOptIn = true
	for _, a := range []*consent.Act{&act, &confirmed} {
		if err := Identify(call("", "Idempotency-Key", "k"), a); err != nil {
			t.Fatal(err)
		}
	}
	if act.Operation == confirmed.Operation {
		t.Error("they are one act")
	}
}

// I01: everything is denied for a visitor under 16, and no version refers to a stored record.
func TestPromise_I01_RefusedForAge(t *testing.T) {
	w := httptest.NewRecorder()
	RefuseForAge(w, rules.Purposes)
	var got State
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if w.Code != http.StatusOK || got.Version != 0 || got.ID != "" || w.Header().Get("ETag") != "" || len(got.Decisions) != len(rules.Purposes) {
		t.Errorf("%d %+v", w.Code, got)
	}
	for purpose, decision := range got.Decisions {
		if decision.State != consent.Denied || !decision.DecidedAt.IsZero() {
			t.Errorf("%s: %+v", purpose, decision)
		}
	}
}
