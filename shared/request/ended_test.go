package request

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// H14: a request that ended before anybody confirmed it keeps nothing that names anybody: not the address, the text, the child, nor who filed it. One
// that counts keeps all of it.
func TestPromise_H14_WhatEndedUnconfirmedNamesNobody(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	named := Request{Right: privacy.ChildErasure, Email: "anna@example.org", Details: "text", Asked: Asked{Child: "kid@example.org", Agent: Agent{Name: "Lena", Email: "lena@law.example", Relation: "lawyer"}}}
	for name, c := range map[string]struct {
		confirm func(*Request)
		kept    bool
	}{
		"nobody confirmed it":     {func(*Request) {}, false},
		"it was confirmed":        {func(r *Request) { r.VerifiedAt = now }, true},
		"nothing had to prove it": {func(r *Request) { r.Unproven = true }, true},
	} {
		r := named
		c.confirm(&r)
		r.Close(Withdrawn, now)
		if kept := r.Email != "" && r.Details != "" && r.Child != "" && r.Agent != (Agent{}); kept != c.kept || !kept && (r.Email+r.Details+r.Child != "" || r.Agent != (Agent{})) {
			t.Errorf("%s: %+v", name, r)
		}
	}
}
