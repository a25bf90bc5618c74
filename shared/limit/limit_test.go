package limit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
)

// T09, F23: which mails may leave on a day, and which of the others wait for another day.
func TestThreat_T09_WhatADayAllows(t *testing.T) {
	for name, row := range map[string]struct {
		day        limit.Day
		again      bool
		may, later bool
	}{
		"nothing was counted":                        {limit.Day{}, false, true, false},
		"the third mail":                             {limit.Day{Mailed: []string{"a", "b"}, Begun: []string{"a", "b"}}, false, true, false},
		"the fourth mail":                            {limit.Day{Mailed: []string{"a", "b", "c"}, Begun: []string{"a", "b", "c"}}, false, false, false},
		"the fourth, tried before":                   {limit.Day{Mailed: []string{"a", "b", "c"}, Begun: []string{"a", "b", "c"}}, true, false, true},
		"counted on the day":                         {limit.Day{Mailed: []string{"a", "id", "c"}, Begun: []string{"a", "id", "c"}}, false, true, false},
		"counted on the day, tried before":           {limit.Day{Mailed: []string{"a", "id", "c"}}, true, true, false},
		"three others were begun and refused":        {limit.Day{Begun: []string{"a", "b", "c"}}, false, false, false},
		"three others were begun, tried before":      {limit.Day{Begun: []string{"a", "b", "c"}}, true, true, false},
		"begun and refused":                          {limit.Day{Begun: []string{"a", "b", "id"}}, false, true, false},
		"begun, and the day is taken by others":      {limit.Day{Mailed: []string{"a", "b", "c"}, Begun: []string{"id", "x", "y"}}, false, false, true},
		"new, and the day is taken by earlier mails": {limit.Day{Mailed: []string{"a", "b", "c"}}, false, false, true},
		"new, room to begin, none among the mails":   {limit.Day{Mailed: []string{"a", "b", "c"}, Begun: []string{"a", "b"}}, false, false, true},
	} {
		if may, later := row.day.May("id", row.again); may != row.may || later != row.later {
			t.Errorf("%s: may %t, later %t", name, may, later)
		}
	}
}

// F23: what a day counts. A mail that did not leave is taken back, but still counts as first tried on the day. A step does not change the
// day before it.
func TestFault_F23_WhatADayCounts(t *testing.T) {
	empty := limit.Day{}
	first := empty.With("a", false)
	second := first.With("b", true)
	if len(empty.Mailed) != 0 || len(first.Mailed) != 1 || len(first.Begun) != 1 || len(second.Mailed) != 2 || len(second.Begun) != 1 {
		t.Errorf("%v, %v, %v", empty, first, second)
	}
	if again := second.With("a", false); len(again.Mailed) != 2 || len(again.Begun) != 1 {
		t.Errorf("counted twice: %v", again)
	}
	if refused := second.Without("a"); len(refused.Mailed) != 1 || refused.Mailed[0] != "b" || len(refused.Begun) != 1 || second.Mailed[0] != "a" {
		t.Errorf("%v of %v", refused, second)
	}
}

// T09: at most three mails are first tried on a day and at most three leave, however many ask, in whatever order, and whatever is refused.
func TestThreat_T09_ADayIsBounded(t *testing.T) {
	if limit.MailsPerDay != 3 {
		t.Fatalf("the documented figure is 3, not %d", limit.MailsPerDay)
	}
	var day limit.Day
	ids := []string{"a", "b", "c", "d", "e", "f", "g"}
	for i := range 300 {
		id, again := ids[i*i%len(ids)], i%3 == 0
		if may, _ := day.May(id, again); may {
			day = day.With(id, again)
		}
		if i%11 == 0 {
			day = day.Without(id)
		}
		if len(day.Mailed) > 3 || len(day.Begun) > 3 {
			t.Fatalf("after %d steps: %+v", i, day)
		}
	}
}

func TestTheNextDayIsUTC(t *testing.T) {
	for now, want := range map[string]string{
		"2031-05-06T00:00:00Z": "2031-05-07T00:00:00Z", "2031-05-06T23:59:59Z": "2031-05-07T00:00:00Z", "2031-05-06T01:00:00+14:00": "2031-05-06T00:00:00Z",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if got := limit.NextDay(at).Format(time.RFC3339); err != nil || got != want {
			t.Errorf("after %s: %s, want %s", now, got, want)
		}
	}
}

// counted is a counter that gives the same answer each time.
type counted struct {
	n   int
	err error
}

func (c counted) Count(context.Context, string, string, time.Time) (int, error) { return c.n, c.err }

// T09: a client may make as many calls as its rate allows, and not one more.
func TestThreat_T09_TheRateOfAClient(t *testing.T) {
	for n, want := range map[int]bool{1: true, 59: true, 60: true, 61: false, 1000: false} {
		clients := limit.Clients{Counter: counted{n: n}, PerMinute: 60}
		if may, err := clients.Allow(t.Context(), "client", limit.Filings, time.Time{}); may != want || err != nil {
			t.Errorf("call %d: %t, %v", n, may, err)
		}
	}
	broken := errors.New("broken")
	if _, err := (limit.Clients{Counter: counted{err: broken}}).Allow(t.Context(), "client", limit.Mails, time.Time{}); !errors.Is(err, broken) {
		t.Errorf("a counter that fails: %v", err)
	}
}
