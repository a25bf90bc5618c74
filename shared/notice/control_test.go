package notice_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

var ada = audit.Actor{Kind: audit.Operator, ID: "ada"}

// do carries out an act of staff.
func do(t *testing.T, w *noticetest.World, act notice.Act) notice.Overview {
	t.Helper()
	after, err := w.Control.Do(t.Context(), act, noticetest.New, ada)
	if err != nil {
		t.Fatal(err)
	}
	return after
}

// entries returns the acts that the audit log has.
func entries(w *noticetest.World) (acts []audit.Act) {
	for _, e := range w.Stores.(*noticetest.Memory).Entries {
		acts = append(acts, e.Act)
	}
	return acts
}

// Staff stops a campaign between two calls to SES, lets it go on, and nobody is lost or mailed twice. Each act is in the audit log.
func TestStaffPausesAndResumes(t *testing.T) {
	const people = 50
	w := inMemory(t, people)
	w.SES.Answer = func(n int, _ []feedback.Recipient) noticetest.Fault {
		if n == 2 {
			if after := do(t, w, notice.Pause); after.State != notice.Paused {
				t.Errorf("%+v", after)
			}
		}
		return noticetest.Fault{}
	}
	w.Pass(time.Hour)
	shown := w.Show(noticetest.New)
	if shown.State != notice.Paused || w.SES.Calls != 2 || shown.Counts.Outcome[notice.Delivered] != 22 || shown.Open != 0 || shown.Tally.Accepted != 22 {
		t.Errorf("%d calls: %+v", w.SES.Calls, shown)
	}
	do(t, w, notice.Resume)
	w.Pass(time.Hour)
	if twice := reached(t, w, people, notice.Delivered); twice != 0 {
		t.Errorf("%d twice", twice)
	}
	if acts := entries(w); len(acts) != 2 || acts[0] != audit.NoticePaused || acts[1] != audit.NoticeResumed {
		t.Errorf("%v", acts)
	}
	if e := w.Stores.(*noticetest.Memory).Entries[0]; e.Actor != ada || e.About != "notice "+noticetest.New {
		t.Errorf("%+v", e)
	}
}

// An invocation is killed, staff pauses, and weeks pass: the claim was settled meanwhile, so nobody is lost.
func TestAPausedCampaignSettlesWhatWasOpen(t *testing.T) {
	const people = 50
	w := inMemory(t, people)
	w.Deaf = true
	k := noticetest.NewKiller(w)
	k.Arm(35, true)
	_ = w.Invoke()
	if k.Arm(0, false); w.Show(noticetest.New).Open == 0 {
		t.Fatal("no claim is open: kill at another call")
	}
	do(t, w, notice.Pause)
	w.Pass(2 * time.Hour)
	if shown := w.Show(noticetest.New); shown.Open != 0 || shown.State != notice.Paused || shown.Counts.Outcome[notice.Unknown] == 0 {
		t.Errorf("%+v", shown)
	}
	w.Clock.AdvanceDate(0, 0, 40)
	do(t, w, notice.Resume)
	w.Pass(26 * time.Hour)
	reached(t, w, people, notice.Accepted)
}

// A cancelled campaign mails nobody else and stays cancelled.
func TestStaffCancels(t *testing.T) {
	w := inMemory(t, 50)
	w.SES.Answer = func(n int, _ []feedback.Recipient) noticetest.Fault {
		if n == 2 {
			do(t, w, notice.Cancel)
		}
		return noticetest.Fault{}
	}
	w.Pass(time.Hour)
	if shown := w.Show(noticetest.New); shown.State != notice.Cancelled || shown.FinishedAt.IsZero() || w.SES.Calls != 2 {
		t.Errorf("%+v", shown)
	}
	for _, act := range []notice.Act{notice.Pause, notice.Resume, notice.Retry} {
		if _, err := w.Control.Do(t.Context(), act, noticetest.New, ada); fault.KindOf(err) != fault.Conflict {
			t.Errorf("%s: %v", act, err)
		}
	}
}

// A retry mails again those who failed for a reason that may pass, and nobody else.
func TestStaffRetries(t *testing.T) {
	const people = 30
	w := inMemory(t, people)
	full := true
	w.SES.Fate = func(address string) []noticetest.Event {
		switch {
		case address == "000001@example.com":
			return []noticetest.Event{{After: time.Second, Outcome: feedback.Bounced, Permanent: true, Reason: "no_email"}}
		case full && address == "000002@example.com":
			return []noticetest.Event{{After: time.Second, Outcome: feedback.Bounced, Reason: "mailbox_full"}}
		}
		return noticetest.Delivered(address)
	}
	w.Pass(time.Hour)
	if shown := w.Show(noticetest.New); shown.Counts.Outcome[notice.Failed] != 2 {
		t.Errorf("%+v", shown)
	}
	full = false
	do(t, w, notice.Retry)
	w.Pass(time.Hour)
	shown := w.Show(noticetest.New)
	if shown.Counts.Outcome[notice.Failed] != 1 || shown.Counts.Outcome[notice.Delivered] != people-1 || shown.State != notice.Following {
		t.Errorf("%+v", shown)
	}
	if w.SES.Mails["000001@example.com"] != 1 || w.SES.Mails["000002@example.com"] != 2 || len(w.SES.Mails) != people || shown.Counts.Doubled != 0 {
		t.Errorf("%v, %+v", w.SES.Mails, shown)
	}
	w.Pass(3 * time.Hour)
	if again := w.Show(noticetest.New); again.Tally.Calls != shown.Tally.Calls {
		t.Errorf("%d more calls", again.Tally.Calls-shown.Tally.Calls)
	}
}

// A retry that staff asks for while the runner is at work is not forgotten.
func TestARetryWhileTheRunnerIsAtWork(t *testing.T) {
	w := inMemory(t, 30)
	w.SES.Answer = func(n int, _ []feedback.Recipient) noticetest.Fault {
		if n == 1 {
			return noticetest.Fault{Verdict: feedback.Refused, Reason: "rejected"}
		}
		if n == 2 {
			do(t, w, notice.Retry)
		}
		return noticetest.Fault{}
	}
	w.Pass(time.Hour)
	reached(t, w, 30, notice.Delivered)
}

// Which act fits which state. An act whose effect is there already is done, changes nothing and leaves no entry: its caller may not have got
// the first answer.
func TestActsFitStates(t *testing.T) {
	const version = "2199-12-31"
	for state, acts := range map[notice.State]struct{ fit, done string }{
		notice.Scheduled: {"pause cancel", "resume"}, notice.Running: {"pause cancel retry", "resume"}, notice.Following: {"pause cancel retry", "resume"},
		notice.Blocked: {"pause cancel retry", ""}, notice.Paused: {"resume cancel", "pause"}, notice.Finished: {}, notice.Cancelled: {"", "cancel"}, notice.Before: {},
	} {
		for act := range notice.Acts {
			w := inMemory(t, 1)
			c := notice.Campaign{Version: version, State: state, CreatedAt: w.Clock.Now()}
			if state == notice.Following {
				c.StartedAt, c.LastWalk = w.Clock.Now(), w.Clock.Now()
			}
			if err := w.Stores.Create(t.Context(), []notice.Campaign{c}); err != nil {
				t.Fatal(err)
			}
			fits, done := slices.Contains(strings.Fields(acts.fit), string(act)), slices.Contains(strings.Fields(acts.done), string(act))
			for range 2 {
				_, err := w.Control.Do(t.Context(), act, version, ada)
				if (err == nil) != (fits || done) || err != nil && fault.KindOf(err) != fault.Conflict {
					t.Errorf("%s a campaign that is %s: %v", act, state, err)
				}
			}
			if want := map[bool]int{true: 1}[fits]; len(entries(w)) != want {
				t.Errorf("%s a campaign that is %s: %d entries", act, state, len(entries(w)))
			}
		}
	}
}

// What names no version is not even looked up.
func TestOnlyVersionsAreLookedUp(t *testing.T) {
	w := inMemory(t, 1)
	w.Control.Register = nil
	for _, version := range []string{"", "never", "2026-13-01", "2026-11-02#00", "2026-11-02 ", "2026-11-02/..", strings.Repeat("9", 5000)} {
		if _, err := w.Control.Show(t.Context(), version); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%.20q: %v", version, err)
		}
	}
}

// What does not exist is not found.
func TestUnknownCampaignsAndActs(t *testing.T) {
	w := inMemory(t, 1)
	if _, err := w.Control.Show(t.Context(), "never"); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if _, err := w.Control.Do(t.Context(), notice.Pause, "never", ada); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
	if err := w.Invoke(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Control.Do(t.Context(), "explode", noticetest.New, ada); fault.KindOf(err) != fault.NotFound {
		t.Error(err)
	}
}

// An act whose state changes under it is decided again; a store that fails is reported.
func TestAnActMeetsAnother(t *testing.T) {
	w := inMemory(t, 1)
	if err := w.Invoke(); err != nil {
		t.Fatal(err)
	}
	racing := &race{Stores: w.Stores, first: func() { do(t, w, notice.Cancel) }}
	w.Control.Register = racing
	if _, err := w.Control.Do(t.Context(), notice.Pause, noticetest.New, ada); fault.KindOf(err) != fault.Conflict || len(entries(w)) != 1 {
		t.Errorf("%v, %v", err, entries(w))
	}
	racing.err = errors.New("down")
	if _, err := w.Control.List(t.Context()); !errors.Is(err, racing.err) {
		t.Error(err)
	}
	if _, err := w.Control.Find(t.Context(), noticetest.New); !errors.Is(err, racing.err) {
		t.Error(err)
	}
}
