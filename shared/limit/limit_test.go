package limit_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/limit"
)

// T09: the figure of the documentation.
func TestThreat_T09_MailsADay(t *testing.T) {
	if limit.MailsPerDay != 3 {
		t.Errorf("the documented figure is 3, not %d", limit.MailsPerDay)
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
		if today := limit.Today(at); today.Location() != time.UTC || today.AddDate(0, 0, 1).Format(time.RFC3339) != want {
			t.Errorf("%s is of the day %s", now, today)
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
