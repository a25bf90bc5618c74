package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/local/ses"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/policy"
)

// inbox serves SES's stand-in.
func inbox(t *testing.T) (*ses.Mailbox, string) {
	t.Helper()
	box, err := ses.OpenMailbox(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(ses.Handler(box, "privacy@helpdeskexpert.com", time.Now))
	t.Cleanup(func() { server.Close(); _ = box.Close() })
	return box, server.URL
}

// arrived is the command `mailed <address> <number>` of a story: so many mails have reached the address.
func arrived(box *ses.Mailbox) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		count := 0
		for _, m := range box.All() {
			if m.To[0] == args[0] {
				count++
			}
		}
		if (strconv.Itoa(count) == args[1]) == neg {
			ts.Fatalf("%d mails to %s", count, args[0])
		}
	}
}

// audited is the command `audited <act> <version> <number>` of a story: the audit log has so many entries about it by an operator.
func audited(stores *servicetest.Stores) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		count := 0
		for _, item := range stores.Scan("LedgerTable") {
			if dynamo.Text(item, "act") == args[0] && dynamo.Text(item, "about") == "notice "+args[1] && dynamo.Text(item, "actorKind") == "operator" && dynamo.Text(item, "actor") != "" {
				count++
			}
		}
		if (strconv.Itoa(count) == args[2]) == neg {
			ts.Fatalf("%d entries %s about %s", count, args[0], args[1])
		}
	}
}

// storeCampaigns stores a campaign in each state that matters to an operator. The recipients of the running one are in every standing.
func storeCampaigns(t *testing.T, store *notices.Store) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	base := notice.Campaign{Kind: "significant", CreatedAt: now, AnnounceAt: now.AddDate(0, 0, -1), Deadline: now.AddDate(0, 0, 6), EndsAt: now.AddDate(0, 0, 60),
		StartedAt: now.AddDate(0, 0, -1), Expected: 20, Tally: notice.Tally{Calls: 2, Accepted: 12, Failed: 3, Waiting: 1, Unknown: 1}, ExpiresAt: now.AddDate(3, 0, 0)}
	var all []notice.Campaign
	for version, change := range map[string]func(c *notice.Campaign){
		policy.Versions()[0].Version: func(c *notice.Campaign) { c.State = notice.Running },
		"2198-01-01": func(c *notice.Campaign) {
			c.State, c.Reason, c.Deadline = notice.Blocked, notice.Sandbox, now.AddDate(0, 0, -1)
		},
		"2198-01-02": func(c *notice.Campaign) { c.State, c.Kind, c.LastWalk = notice.Following, "business_transfer", now },
		"2198-01-03": func(c *notice.Campaign) {
			c.State, c.Kind, c.StartedAt, c.Tally = notice.Before, "editorial", time.Time{}, notice.Tally{}
		},
	} {
		c := base
		c.Version = version
		change(&c)
		all = append(all, c)
	}
	if err := store.Create(t.Context(), all); err != nil {
		t.Fatal(err)
	}
	for i, r := range []notice.Recipient{
		{Outcome: notice.Delivered}, {Outcome: notice.Delivered, Doubled: true}, {Outcome: notice.Accepted}, {Outcome: notice.Unknown}, {Outcome: notice.Waiting},
		{Outcome: notice.Failed, Reason: notice.Bounced, Permanent: true, Followed: true}, {Outcome: notice.Failed, Reason: notice.Bounced}, {Outcome: notice.Failed, Reason: notice.Unmailable},
	} {
		r.Alias, r.MessageID, r.ExpiresAt = fmt.Sprint("i#1#canary-alias-", i), "canary-message", now.AddDate(1, 0, 0)
		if _, err := store.Put(t.Context(), policy.Versions()[0].Version, notice.Recipient{}, r); err != nil {
			t.Fatal(err)
		}
	}
}

// script is a campaign that changes each time somebody looks.
func script(views ...notice.View) func(context.Context) (notice.View, error) {
	looks := 0
	return func(context.Context) (notice.View, error) {
		looks++
		return views[min(looks, len(views))-1], nil
	}
}

func at(state notice.State, accepted, failed int) notice.View {
	return notice.View{State: state, Expected: 100, Progress: notice.Progress{Accepted: accepted, Failed: failed}}
}

// Without a terminal, watch writes a line for each change, and none for what stays as it was.
func TestWatchWritesALineForEachChange(t *testing.T) {
	var out bytes.Buffer
	clock := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	shows := &lines{out: &out, now: func() time.Time { return clock }}
	same := at(notice.Running, 40, 1)
	blocked := same
	blocked.State, blocked.Reason = notice.Blocked, notice.Sandbox
	find := script(at(notice.Scheduled, 0, 0), same, same, same, blocked, at(notice.Following, 97, 3))
	if last, err := watch(t.Context(), time.Millisecond, shows, find); err != nil || last.State != notice.Following {
		t.Fatal(last, err)
	}
	const want = `2026-12-01T09:00:00Z  scheduled  0 of 100 mailed, 0 failed, 0 waiting, 0 unknown
2026-12-01T09:00:00Z  running  40 of 100 mailed, 1 failed, 0 waiting, 0 unknown
2026-12-01T09:00:00Z  blocked (sandbox)  40 of 100 mailed, 1 failed, 0 waiting, 0 unknown
2026-12-01T09:00:00Z  following  97 of 100 mailed, 3 failed, 0 waiting, 0 unknown
`
	if out.String() != want {
		t.Errorf("%s", out.String())
	}
}

// On a terminal the bar shows how far the campaign is, how fast it goes and how long the rest takes.
func TestWatchShowsABar(t *testing.T) {
	var out bytes.Buffer
	clock := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	shows := newBar(&out, func() time.Time { clock = clock.Add(2 * time.Second); return clock })
	if _, err := watch(t.Context(), time.Millisecond, shows, script(at(notice.Running, 10, 0), at(notice.Running, 36, 2), at(notice.Following, 98, 2))); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(out.String(), "\n") {
		t.Error("what follows stands in the line of the bar")
	}
	for _, want := range []string{"(10/100)", "(38/100)", "running, 14.0 mails/s, 4s left", "(100/100)"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the bar does not show %q:\n%s", want, strings.ReplaceAll(out.String(), "\r", "\n"))
		}
	}
}

// The rate is that of the last minute. What was mailed before the operator watched does not count, nor does anything while nothing moves.
func TestThePaceIsThatOfTheLastMinute(t *testing.T) {
	var p pace
	start := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		seconds, done int
		want          string
	}{
		{0, 5000, ""}, {2, 5000, ""}, {4, 5040, ", 10.0 mails/s, 8m16s left"}, {62, 5620, ", 10.3 mails/s, 7m4s left"},
		{122, 5620, ""}, {124, 5820, ", 3.2 mails/s, 21m36s left"}, {126, 10000, ""},
	} {
		got := p.words(start.Add(time.Duration(c.seconds)*time.Second), c.done, 10000-c.done)
		if c.seconds == 126 {
			if !strings.HasSuffix(got, "0s left") {
				t.Errorf("at the end: %q", got)
			}
		} else if got != c.want {
			t.Errorf("after %d s: %q, want %q", c.seconds, got, c.want)
		}
	}
}

// A failed look ends watching with its error, and the operator ends it without one.
func TestWatchEnds(t *testing.T) {
	var out bytes.Buffer
	broken := errors.New("broken")
	shows := &lines{out: &out, now: time.Now}
	if _, err := watch(t.Context(), time.Millisecond, shows, func(context.Context) (notice.View, error) { return notice.View{}, broken }); !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	last, err := watch(ctx, time.Hour, shows, func(context.Context) (notice.View, error) { cancel(); return at(notice.Running, 1, 0), nil })
	if err != nil || last.State != "" {
		t.Errorf("stopped by the operator: %+v, %v", last, err)
	}
}

// Every state and every reason of a blocked campaign is explained, and each act has a command.
func TestNoticesHaveWordsForEverything(t *testing.T) {
	for state := range map[notice.State]bool{notice.Scheduled: true, notice.Running: true, notice.Blocked: true, notice.Paused: true, notice.Following: true,
		notice.Finished: true, notice.Cancelled: true, notice.Before: true} {
		if states[state] == "" {
			t.Errorf("%s has no words", state)
		}
	}
	for _, r := range []notice.Reason{notice.Sandbox, notice.SendingPaused, notice.Unverified, notice.QuotaTooSmall, notice.NoLetter, notice.NoAccount} {
		if reasons[r] == "" {
			t.Errorf("%s has no words", r)
		}
	}
	if got := reason("something_new"); got != "something new" {
		t.Errorf("a reason without words: %q", got)
	}
	for act := range notice.Acts {
		if actions[act].short == "" || actions[act].long == "" {
			t.Errorf("%s has no words", act)
		}
	}
}
