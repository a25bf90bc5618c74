package notice_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// K02: two people with one address get one letter, whether the walk finds them on one page or on pages of one batch.
func TestPromise_K02_TwoPeopleWithOneAddress(t *testing.T) {
	for name, between := range map[string]int{"on pages of one batch": 0, "on one page": 15} {
		t.Run(name, func(t *testing.T) {
			w := inMemory(t, 0)
			w.SES.Account.PerSecond = 100
			w.People.Join("i#1#same", standing.Running, w.Clock.Now())
			for range between { // the next person of the first shard comes after one of each other shard
				w.People.Join("", standing.Running, w.Clock.Now())
			}
			w.People.Join("i#1#same", standing.Running, w.Clock.Now())
			w.Pass(10 * time.Minute)
			if counts := w.Show(noticetest.New).Counts; w.SES.Mails["same@example.com"] != 1 || counts.Recipients != 1 || counts.Doubled != 0 {
				t.Errorf("%d letters: %+v", w.SES.Mails["same@example.com"], counts)
			}
		})
	}
}

// F14: the index lists somebody only hours after they became an account holder. The next walk looks back far enough.
func TestFault_F14_ALateIndexHidesNobody(t *testing.T) {
	w := inMemory(t, 20)
	w.Pass(time.Hour)
	w.People.Join("i#1#hidden", standing.Running, w.Show(noticetest.New).LastWalk.Add(-20*time.Hour))
	w.Pass(25 * time.Hour)
	if w.SES.Mails["hidden@example.com"] != 1 || len(w.SES.Mails) != 21 {
		t.Errorf("%v", w.SES.Mails)
	}
}

// F05: the next invocation goes on at the page where the last one stopped, not at the first page.
func TestFault_F05_TheWalkGoesOnAtItsPage(t *testing.T) {
	w := inMemory(t, 320)
	w.Invoked = 25 * time.Second
	if err := w.Invoke(); err != nil {
		t.Fatal(err)
	}
	shown := w.Show(noticetest.New)
	if done := shown.Counts.Recipients; done < 100 || done > 250 || shown.Shard < done/20-1 {
		t.Errorf("after %d of 320 recipients in 16 shards, the walk goes on at shard %d", done, shown.Shard)
	}
}

// F06: while SES throttles, the pauses between calls become longer.
func TestFault_F06_ACampaignSlowsDown(t *testing.T) {
	w := inMemory(t, 1_000)
	w.SES.Answer = func(int, []feedback.Recipient) noticetest.Fault {
		return noticetest.Fault{Verdict: feedback.Postponed, Reason: "throttled"}
	}
	w.Pass(time.Minute)
	if w.SES.Calls < 10 || w.SES.Calls > 16 { // an invocation of five minutes makes hundreds of calls at full speed
		t.Errorf("%d calls in an invocation of which SES throttles each", w.SES.Calls)
	}
}

// F04: without any report, a letter whose answer was lost is sent again after a day, and no later than the next run.
func TestFault_F04_SentAgainAfterADay(t *testing.T) {
	w := inMemory(t, 1)
	w.Deaf = true
	w.SES.Answer = func(n int, _ []feedback.Recipient) noticetest.Fault { return noticetest.Fault{Lost: n == 1} }
	w.Pass(time.Minute)
	w.Clock.Advance(23*time.Hour + 45*time.Minute)
	w.Pass(10 * time.Minute) // puts it off once more
	if w.SES.Calls != 1 {
		t.Errorf("%d calls within a day", w.SES.Calls)
	}
	w.Pass(7 * time.Minute)
	if counts := w.Show(noticetest.New).Counts; w.SES.Calls != 2 || counts.Doubled != 1 || counts.Outcome[notice.Accepted] != 1 {
		t.Errorf("%d calls: %+v", w.SES.Calls, counts)
	}
}

// A campaign that begins after its deadline, because of a late deployment, tells everybody all the same: late is better than never.
func TestACampaignThatBeginsAfterItsDeadline(t *testing.T) {
	w := inMemory(t, 20)
	w.Runner.Published[0].AnnounceAt = w.Clock.Now().AddDate(0, 0, -10)
	w.Pass(10 * time.Minute)
	if shown := w.Show(noticetest.New); len(w.SES.Mails) != 20 || !shown.Deadline.Before(shown.StartedAt) {
		t.Errorf("%d letters: %+v", len(w.SES.Mails), shown.Campaign)
	}
}
