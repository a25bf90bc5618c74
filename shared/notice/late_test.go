package notice_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// report takes in a report about the mail at a position of a claim.
func report(t *testing.T, w *noticetest.World, part string, e feedback.Event) {
	t.Helper()
	e.Mail, e.MessageID = feedback.Mail{Kind: feedback.Notice, About: noticetest.New, Part: part}, "m-"+part
	if e.At.IsZero() {
		e.At = w.Clock.Now()
	}
	if err := w.Feedback.Take(t.Context(), e); err != nil {
		t.Fatal(err)
	}
}

// F04: the answer of SES is lost, and its reports come only after the letter was sent again. Both letters were delivered, so the recipient is told,
// and counts as doubled. A bounce of the first letter says nothing about the second.
func TestFault_F04_AReportThatComesAfterTheSecondLetter(t *testing.T) {
	w := inMemory(t, 2)
	w.Deaf = true
	w.SES.Answer = func(n int, _ []feedback.Recipient) noticetest.Fault { return noticetest.Fault{Lost: n == 1} }
	w.Pass(25 * time.Hour)
	if w.SES.Calls != 2 || w.Show(noticetest.New).Counts.Doubled != 2 {
		t.Fatalf("%d calls: %+v", w.SES.Calls, w.Show(noticetest.New).Counts)
	}
	report(t, w, "1-0", feedback.Event{Outcome: feedback.Delivered})
	report(t, w, "1-0", feedback.Event{Outcome: feedback.Complained})
	report(t, w, "1-1", feedback.Event{Outcome: feedback.Bounced, Permanent: true, Reason: "general"})
	counts := w.Show(noticetest.New).Counts
	if counts.Outcome[notice.Delivered] != 1 || counts.Outcome[notice.Accepted] != 1 || counts.Complained != 1 || counts.Doubled != 2 {
		t.Errorf("%+v", counts)
	}
	report(t, w, "2-1", feedback.Event{Outcome: feedback.Delivered})
	w.Pass(48 * time.Hour)
	if counts := w.Show(noticetest.New).Counts; counts.Outcome[notice.Delivered] != 2 || w.SES.Calls != 2 {
		t.Errorf("%d calls: %+v", w.SES.Calls, counts)
	}
}

// F07, F24: staff has a letter that came back sent again. The report about the first letter, which arrives once more, does not stop that.
func TestFault_F07_AnOldReportDoesNotUndoARetry(t *testing.T) {
	w := inMemory(t, 1)
	full := feedback.Event{Outcome: feedback.Bounced, Reason: "mailbox_full"}
	w.SES.Fate = func(string) []noticetest.Event { return nil }
	w.Pass(time.Minute)
	full.At = w.Clock.Now()
	report(t, w, "1-0", full)
	w.Clock.Advance(time.Minute)
	do(t, w, notice.Retry)
	w.SES.Account.Sending = false // the recipient is marked, and the letter waits
	w.Pass(5 * time.Minute)
	report(t, w, "1-0", full)
	w.SES.Account.Sending = true
	w.SES.Fate = noticetest.Delivered
	w.Pass(5 * time.Minute)
	if counts := w.Show(noticetest.New).Counts; counts.Outcome[notice.Delivered] != 1 || w.SES.Calls != 2 {
		t.Errorf("%d calls: %+v", w.SES.Calls, counts)
	}
}

// Reports about campaigns, claims and positions that nobody knows, and tags that nobody writes, change nothing and do not fail.
func TestFault_F24_StrayReports(t *testing.T) {
	w := inMemory(t, 3)
	w.Pass(time.Minute)
	before := w.Show(noticetest.New)
	for _, part := range []string{"", "1", "1-", "-1", "x-1", "1-x", "0-0", "1--1", "1-3", "1-50", "99-0"} {
		report(t, w, part, feedback.Event{Outcome: feedback.Bounced, Permanent: true})
	}
	e := feedback.Event{Mail: feedback.Mail{Kind: feedback.Notice, About: "2199-12-31", Part: "1-0"}, Outcome: feedback.Bounced, At: w.Clock.Now()}
	if err := w.Feedback.Take(t.Context(), e); err != nil {
		t.Error(err)
	}
	if after := w.Show(noticetest.New); after.Counts.Outcome[notice.Delivered] != before.Counts.Outcome[notice.Delivered] || after.Counts.Recipients != 3 {
		t.Errorf("%+v, then %+v", before.Counts, after.Counts)
	}
}

// Whoever still waits when the last walk is over is mailed for two more days and then given up.
func TestACampaignEndsAlthoughSomebodyWaits(t *testing.T) {
	w := inMemory(t, 2)
	w.Pass(time.Hour)
	w.SES.Answer = func(int, []feedback.Recipient) noticetest.Fault {
		return noticetest.Fault{Verdict: feedback.Postponed, Reason: "transient_failure"}
	}
	ends := w.Show(noticetest.New).EndsAt
	w.Clock.Set(ends.Add(-12 * time.Hour))
	w.People.Join("i#1#late", standing.Running, w.Clock.Now())
	w.Pass(13 * time.Hour)
	if shown := w.Show(noticetest.New); shown.State != notice.Following || shown.Counts.Outcome[notice.Waiting] != 1 {
		t.Errorf("%+v", shown)
	}
	w.Clock.Set(ends.Add(47 * time.Hour))
	w.Pass(30 * time.Minute)
	if state := w.Show(noticetest.New).State; state != notice.Following {
		t.Errorf("an hour before the end, the campaign is %s", state)
	}
	w.Pass(time.Hour)
	if shown := w.Show(noticetest.New); shown.State != notice.Finished || shown.Counts.Outcome[notice.Waiting] != 1 {
		t.Errorf("%+v", shown)
	}
}

// An account without a daily quota sends as fast as its rate allows.
func TestAnAccountWithoutADailyQuota(t *testing.T) {
	const people = 120
	w := inMemory(t, people)
	w.SES.Account.PerDay, w.SES.Account.PerSecond = feedback.Unlimited, 100
	w.Pass(5 * time.Minute)
	if reached(t, w, people, notice.Delivered); w.SES.Calls != 3 {
		t.Errorf("%d calls", w.SES.Calls)
	}
}
