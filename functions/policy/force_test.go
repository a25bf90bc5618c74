package main

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// K01, K06: until a published version comes into force, the policy, its date and the list of versions are about the one before it, and no cache
// keeps them for longer.
func TestPromise_K01_LastUpdatedBelongsToTheTextInForce(t *testing.T) {
	list := slices.Clone(policy.Versions()) // as if the newest version came into force a month later than it does
	from := list[0].InForceFrom().AddDate(0, 0, 30)
	list[0].From, list[0].EffectiveFrom, list[1].Until = from.Unix(), from.Format(time.DateOnly), from.Unix()
	before := &policy.Policy{Version: list[1].Version, LastUpdated: list[1].LastUpdated}
	inForce := func(now time.Time) *policy.Policy {
		if now.Before(from) {
			return before
		}
		return policy.Newest()
	}
	for at, want := range map[time.Time]struct {
		index         int
		cache, byDate string // for how long a cache may keep the policy, and the date of its last update
		states        []policy.State
	}{
		from.Add(-time.Hour):   {1, "public, max-age=300", "public, max-age=3600", []policy.State{policy.StateComing, policy.StateInForce, policy.StateReplaced}},
		from.Add(-time.Second): {1, "public, max-age=1", "public, max-age=1", []policy.State{policy.StateComing, policy.StateInForce, policy.StateReplaced}},
		from:                   {0, "public, max-age=300", "public, max-age=43200", []policy.State{policy.StateInForce, policy.StateReplaced, policy.StateReplaced}},
	} {
		h := openapitest.Wrap(t, routes(handler{origin: origin, list: list, policy: inForce, now: func() time.Time { return at }}))
		get := func(path string) *httptest.ResponseRecorder {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			return w
		}
		in := list[want.index]
		text := get("/v1/policy")
		if got := decode[policy.Policy](t, text); got.Version != in.Version || got.LastUpdated != in.LastUpdated || text.Header().Get("ETag") != `"`+in.SHA256+`"` ||
			text.Header().Get("Cache-Control") != want.cache {
			t.Errorf("%v: %s of %s, %v", at, got.Version, got.LastUpdated, text.Header())
		}
		gpc := get("/.well-known/gpc.json")
		if got := decode[map[string]any](t, gpc); got["lastUpdate"] != in.LastUpdated || gpc.Header().Get("Cache-Control") != want.byDate {
			t.Errorf("%v: %v, %v", at, got, gpc.Header())
		}
		for i, v := range decode[[]listed](t, get("/v1/policy/versions")) {
			if v.State != want.states[min(i, len(want.states)-1)] || v.EffectiveFrom != list[i].EffectiveFrom || len(v.WhatChanged) != len(list[i].WhatChanged) {
				t.Errorf("%v: %s is %s from %s", at, v.Version, v.State, v.EffectiveFrom)
			}
		}
		if w := get("/v1/policy/versions/" + list[0].Version); w.Code != 200 { // a coming text is public
			t.Errorf("%v: the newest text: %d", at, w.Code)
		}
	}
}
