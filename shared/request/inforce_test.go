package request

import (
	"fmt"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// F08: while what a request imposed is in force, neither the request nor its entry expires, since the person takes it back by them. Afterwards both do.
func TestPromise_F08_WhatIsInForceHasNoEnd(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	r := Request{Right: privacy.OptOut, Mailbox: "m", ReceivedAt: now, Unproven: true, On: []privacy.SubjectID{"anna"}, Terms: policy.Newest().Terms()}
	r.Close(Fulfilled, now)
	if !r.InForce() || !r.ExpiresAt().IsZero() || !r.Listing().ExpiresAt.IsZero() {
		t.Errorf("%v %v", r.ExpiresAt(), r.Listing())
	}
	for _, state := range []State{Withdrawn, Refused} {
		r.Close(state, now.AddDate(5, 0, 0))
		if ends := r.ExpiresAt(); r.InForce() || ends.IsZero() || r.Listing().ExpiresAt.Before(ends) {
			t.Errorf("%s: %v %v", state, ends, r.Listing())
		}
	}
}

// T32: of the requests of a right that nobody had to prove, the page of a mailbox shows the newest six, and all that are in force. It shows every one that
// somebody has confirmed.
func TestThreat_T32_UnprovenRequestsDoNotFillThePage(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	all := []Request{{ID: "in force", Right: privacy.OptOut, Unproven: true, State: Fulfilled, On: []privacy.SubjectID{"anna"}, ReceivedAt: now.AddDate(-1, 0, 0)}}
	for i := range 50 {
		at := now.Add(time.Duration(i) * time.Minute)
		all = append(all,
			Request{ID: fmt.Sprint("complaint ", i), Right: privacy.Complaint, Unproven: true, State: Open, ReceivedAt: at},
			Request{ID: fmt.Sprint("opt-out ", i), Right: privacy.OptOut, Unproven: true, State: Withdrawn, ReceivedAt: at},
			Request{ID: fmt.Sprint("access ", i), Right: privacy.Access, State: Fulfilled, ReceivedAt: at, VerifiedAt: at},
		)
	}
	count := map[privacy.Right]int{}
	for _, r := range Confirmed(all) {
		count[r.Right]++
	}
	if count[privacy.Complaint] != 6 || count[privacy.OptOut] != 7 || count[privacy.Access] != 50 || Confirmed(all)[0].ReceivedAt.Before(now.Add(49*time.Minute)) {
		t.Errorf("%v", count)
	}
}

// T27: what an address is taken away from goes to the team if it is unanswered. What does not depend on whose the address is goes on.
func TestThreat_T27_WhatGoesOnWithoutTheAddress(t *testing.T) {
	on := []privacy.SubjectID{"anna"}
	for name, c := range map[string]struct {
		r    Request
		want bool
	}{
		"an unproven limit":        {Request{State: Open, Unproven: true, Step: StepAnswer}, false},
		"a limit in the making":    {Request{State: Fulfilling, Step: StepAnswer, On: on}, false},
		"a lift":                   {Request{State: Withdrawn, Step: StepLift, On: on}, false},
		"its mail":                 {Request{State: Fulfilled, Unproven: true, Step: StepTell, On: on}, false},
		"answered":                 {Request{State: Fulfilled}, false},
		"confirmed, not imposed":   {Request{State: Open, Step: StepAnswer}, true},
		"in force, not told":       {Request{State: Fulfilling, Step: StepTell, On: on}, true},
		"in force, for the team":   {Request{State: Open, On: on}, true},
		"an outcome to be mailed":  {Request{State: Open, Step: StepClose}, true},
		"a final state with a try": {Request{State: Fulfilled, Step: StepAnswer}, true},
	} {
		if got := c.r.unanswered(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// F08, H03: an erasure that keeps something for a contract or a legal hold stays on file until that has ended.
func TestPromise_F08_AnErasureThatGoesOnHasNoEnd(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	r := Request{Right: privacy.Erasure, Mailbox: "m", ReceivedAt: now, Keeps: true, Terms: policy.Newest().Terms()}
	r.Close(Fulfilled, now)
	if !r.ExpiresAt().IsZero() || !r.Listing().ExpiresAt.IsZero() {
		t.Errorf("%v %v", r.ExpiresAt(), r.Listing())
	}
	r.Keeps = false
	if ends := r.ExpiresAt(); !ends.Equal(r.Terms.File.After(now)) || r.Listing().ExpiresAt.Before(ends) {
		t.Errorf("%v %v", ends, r.Listing())
	}
}
