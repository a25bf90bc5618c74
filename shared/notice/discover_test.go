package notice_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// fresh returns a world in which the service has never run.
func fresh(t testing.TB, people int) *noticetest.World {
	return noticetest.NewWorld(t, people, func(now func() time.Time) noticetest.Stores { return noticetest.NewMemory(now, people) })
}

// The first run of a new installation mails nobody about the versions that are in force. A version that is published but not in force yet
// starts its own campaign.
func TestPromise_K02_ANewInstallationMailsNobodyAboutTheOldVersions(t *testing.T) {
	w := fresh(t, 20)
	w.Publish("2026-11-20", "editorial", 0)
	w.Publish("2026-11-21", "significant", -1)
	w.Publish(noticetest.New, "significant", 30)
	w.Publish("2026-12-02", "editorial", 40)
	w.Pass(10 * time.Minute)
	list, err := w.Control.List(t.Context())
	if err != nil || len(list) != 4 {
		t.Fatalf("%d campaigns, %v", len(list), err)
	}
	for _, c := range list {
		if want := map[bool]notice.State{true: notice.Following, false: notice.Before}[c.Version == noticetest.New]; c.State != want || c.Orphaned {
			t.Errorf("%+v", c)
		}
	}
	if shown := w.Show(noticetest.New); shown.Counts.Outcome[notice.Delivered] != 20 || len(w.SES.Mails) != 20 {
		t.Errorf("%+v", shown)
	}
}

// The oldest version counts as in force, whatever it says, because some version always is.
func TestTheOldestVersionIsInForce(t *testing.T) {
	w := fresh(t, 5)
	w.Runner.Published = nil
	w.Publish(noticetest.New, "significant", 30)
	w.Pass(10 * time.Minute)
	if shown := w.Show(noticetest.New); shown.State != notice.Before || w.SES.Calls != 0 {
		t.Errorf("%+v", shown)
	}
}

// K05: editorial versions start nothing, nor do versions whose time is over; a later significant one starts a campaign, at the time it says.
func TestPromise_K05_OnlyAnnouncedVersionsStartCampaigns(t *testing.T) {
	w := fresh(t, 20)
	w.Pass(time.Minute)
	w.Publish("2026-11-20", "editorial", 30)
	w.Publish("2026-11-21", "significant", -31)
	w.Publish(noticetest.New, "significant", 30)
	w.Runner.Published[0].AnnounceAt = w.Clock.Now().Add(2 * time.Hour)
	w.Pass(time.Hour)
	if shown := w.Show(noticetest.New); shown.State != notice.Scheduled || w.SES.Calls != 0 || !shown.Deadline.Equal(shown.AnnounceAt.AddDate(0, 0, 7)) {
		t.Errorf("%+v", shown)
	}
	if list, err := w.Control.List(t.Context()); err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	w.Pass(70 * time.Minute)
	if shown := w.Show(noticetest.New); shown.State != notice.Following || len(w.SES.Mails) != 20 || w.Counted[metric.NoticesStarted] != 1 {
		t.Errorf("%+v", shown)
	}
}

// The local stack announces at once.
func TestAnnouncedAtOnce(t *testing.T) {
	w := fresh(t, 20)
	w.Pass(time.Minute)
	w.Runner.AtOnce = true
	w.Publish(noticetest.New, "significant", 30)
	w.Runner.Published[0].AnnounceAt = w.Clock.Now().Add(48 * time.Hour)
	w.Pass(10 * time.Minute)
	if len(w.SES.Mails) != 20 {
		t.Errorf("%+v", w.Show(noticetest.New))
	}
}

// K02, D05: a significant change is told to account holders, a transfer of the business to everybody with an address. Two campaigns go on one
// after the other.
func TestPromise_D05_ATransferIsToldToEverybody(t *testing.T) {
	w := inMemory(t, 20)
	now := w.Clock.Now()
	w.People.Join("i#1#lead", standing.NoContract, now)
	w.People.Join("i#1#ended", standing.Ended, now)    // long ago
	w.People.Join("", standing.Running, now)           // without an address
	w.People.Join("i#1#000001", standing.Running, now) // another person with the same address
	w.Publish("2026-12-02", "business_transfer", 30)
	w.Pass(10 * time.Minute)
	if shown := w.Show(noticetest.New); shown.Counts.Recipients != 20 || shown.Counts.Outcome[notice.Delivered] != 20 {
		t.Errorf("%+v", shown)
	}
	if shown := w.Show("2026-12-02"); shown.Counts.Recipients != 22 || shown.Counts.Outcome[notice.Delivered] != 22 {
		t.Errorf("%+v", shown)
	}
	if w.SES.Mails["lead@example.com"] != 1 || w.SES.Mails["000001@example.com"] != 2 || w.SES.Most > 14 {
		t.Errorf("%v", w.SES.Mails)
	}
}

// A walk each day reaches who became known late, until the banner is no longer shown. Nobody is mailed twice by it.
func TestPromise_K02_WhoBecomesKnownLaterIsTold(t *testing.T) {
	w := inMemory(t, 20)
	w.Pass(3 * 24 * time.Hour)
	w.People.Join("i#1#late", standing.Running, w.Clock.Now())
	w.People.Join("i#1#000003", standing.Running, w.Clock.Now()) // whose contract was renewed
	w.Pass(25 * time.Hour)
	if w.SES.Mails["late@example.com"] != 1 || len(w.SES.Mails) != 21 || w.SES.Mails["000003@example.com"] != 1 {
		t.Errorf("%v", w.SES.Mails)
	}
	w.Clock.AdvanceDate(0, 0, 57)
	w.Pass(3 * 24 * time.Hour)
	w.People.Join("i#1#tooLate", standing.Running, w.Clock.Now())
	w.Pass(25 * time.Hour)
	if shown := w.Show(noticetest.New); shown.State != notice.Finished || shown.FinishedAt.IsZero() || len(w.SES.Mails) != 21 || shown.Counts.Doubled != 0 {
		t.Errorf("%d mailed, %+v", len(w.SES.Mails), shown)
	}
}

// After a rollback to a release without the version, the campaign is left alone, and staff sees why. It goes on once a release has it again.
func TestACampaignWhoseVersionDisappeared(t *testing.T) {
	w := inMemory(t, 30)
	w.Invoked = 11 * time.Second // for one call or two
	if err := w.Invoke(); err != nil {
		t.Fatal(err)
	}
	mailed, all := len(w.SES.Mails), w.Runner.Published
	w.Runner.Published = all[1:]
	w.Pass(time.Hour)
	list, err := w.Control.List(t.Context())
	if err != nil || len(list) != 2 || !list[0].Orphaned || list[0].State != notice.Running || list[1].Orphaned || len(w.SES.Mails) != mailed || mailed == 30 {
		t.Errorf("%d mailed, %+v, %v", len(w.SES.Mails), list, err)
	}
	w.Runner.Published = all
	w.Pass(time.Hour)
	reached(t, w, 30, notice.Delivered)
}

// F18, F19: a campaign that should move and does not is counted after an hour.
func TestFault_F19_AStuckCampaignIsCounted(t *testing.T) {
	w := inMemory(t, 30)
	if err := w.Invoke(); err != nil {
		t.Fatal(err)
	}
	w = inMemory(t, 30)
	k := noticetest.NewKiller(w)
	for range 70 {
		k.Arm(12, false) // each invocation dies before it gets anywhere
		_ = w.Invoke()
		w.Clock.Advance(time.Minute)
	}
	if n := w.Counted[metric.NoticesStuck]; n < 5 || n > 15 {
		t.Errorf("counted %d times: %+v", n, w.Show(noticetest.New))
	}
}
