package export

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// F03, F04, F23: what becomes of an attempt that failed, depending on what is known of it and how often it failed before.
func TestFault_F23_WhatBecomesOfAFailedAttempt(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		how      ending
		before   int // failures
		state    State
		attempts int
		due      time.Duration // of the newest attempt; zero: never
		object   string        // of the attempt that failed
		events   int
	}{
		"certain, first":            {ending{}, 0, Pending, 1, time.Minute, "", 0},
		"certain, second":           {ending{}, 1, Pending, 1, 2 * time.Minute, "", 0},
		"certain, later":            {ending{}, 30, Pending, 1, time.Hour, "", 0},
		"certain, too often":        {ending{}, mostFailures - 1, Stopped, 1, 0, "", 1},
		"mail may have left":        {ending{left: true}, 0, Superseded, 2, time.Minute, "object", 0},
		"mail may have, too often":  {ending{left: true}, mostFailures - 1, Stopped, 1, 0, "object", 1},
		"killed":                    {ending{killed: true}, 0, Superseded, 2, time.Minute, "", 0},
		"killed after the mail":     {ending{left: true, killed: true}, 5, Superseded, 2, 32 * time.Minute, "object", 0},
		"killed, and too often":     {ending{killed: true}, mostFailures - 1, Stopped, 1, 0, "", 1},
		"killed, one before enough": {ending{killed: true}, mostFailures - 2, Superseded, 2, time.Hour, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := request.Request{ID: "r", State: request.Fulfilling, Attempts: 1}
			a := Attempt{Request: "r", Number: 1, State: Building, Object: "object", TokenHash: []byte{1}, Due: work.Due{NextAt: now, Try: c.before}}
			file := request.File{Request: r}.With(a)
			items, stopped := failed(file, a, c.how, now)
			after := file.With(items...)
			all := Of(after)
			first, newest := all[0], all[len(all)-1]
			if first.State != c.state || len(all) != c.attempts || first.Object != c.object || len(after.Events) != c.events {
				t.Errorf("%+v, %d attempts, %d events", first, len(all), len(after.Events))
			}
			if stopped != (c.state == Stopped) || HasStopped(after) != stopped || after.Request.State != request.Fulfilling {
				t.Errorf("stopped: %t, the request is %s", stopped, after.Request.State)
			}
			want := work.Due{Try: c.before + 1}
			if c.due > 0 {
				want.NextAt = now.Add(c.due)
			}
			if newest.Due != want {
				t.Errorf("next at %s after %d failures", newest.NextAt, newest.Try)
			}
			if len(Of(file)) != 1 || Of(file)[0].State != Building {
				t.Errorf("the file that was read has changed: %+v", Of(file))
			}
		})
	}
}

// F04: if mails of several attempts may have left, the links of the oldest end, so that there is room for one more.
func TestFault_F04_TheOldestLinksEnd(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	var all Attempts
	for n := range 6 {
		all = append(all, Attempt{Number: n + 1, State: Superseded, OpenUntil: now.Add(time.Hour)})
	}
	all[0].OpenUntil, all[5].State = now, Sending // one is over, one is still under way
	ended := all.surplus(now)
	if len(ended) != 2 || ended[0].(Attempt).Number != 2 || ended[1].(Attempt).Number != 3 || !ended[0].(Attempt).OpenUntil.Equal(now) || !ended[0].(Attempt).Reached(now) {
		t.Errorf("%+v", ended)
	}
	if all[1].OpenUntil.Equal(now) {
		t.Error("the list itself has changed")
	}
}

// The id of an export is split into the parts from which it was made.
func TestIDsOfExports(t *testing.T) {
	a := Attempt{Request: "0192", Number: 12}
	if id, number, ok := ParseID(a.ID()); id != "0192" || number != 12 || !ok {
		t.Errorf("%s: %s, %d, %t", a.ID(), id, number, ok)
	}
	for _, id := range []string{"", ".", "0192", "0192.", "0192.x"} {
		if _, number, ok := ParseID(id); ok {
			t.Errorf("%q is attempt %d", id, number)
		}
	}
}
