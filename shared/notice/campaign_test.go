package notice_test

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

// inMemory returns a world whose store is in memory, after the first run of the service, with a version to announce.
func inMemory(t testing.TB, people int) *noticetest.World {
	w := noticetest.NewWorld(t, people, func(now func() time.Time) noticetest.Stores { return noticetest.NewMemory(now, people) })
	if err := w.Invoke(); err != nil {
		t.Fatal(err)
	}
	w.Publish(noticetest.New, "significant", 30)
	return w
}

// Each account holder gets one letter, nobody else does, and whoever got it counts as told.
func TestPromise_K02_EveryAccountHolderIsMailedOnce(t *testing.T) {
	w := inMemory(t, 1_003)
	w.Pass(10 * time.Minute)
	shown := w.Show(noticetest.New)
	if shown.State != notice.Following || shown.Counts.Outcome[notice.Delivered] != 1_003 || shown.Counts.Recipients != 1_003 || shown.Counts.Doubled != 0 {
		t.Errorf("%+v", shown)
	}
	if len(w.SES.Mails) != 1_003 || w.SES.Calls != (1_003+10)/11 || w.SES.Beyond != 0 || w.SES.Most > 14 {
		t.Errorf("%d addresses, %d calls, %d too fast, up to %d a second", len(w.SES.Mails), w.SES.Calls, w.SES.Beyond, w.SES.Most)
	}
	for address, n := range w.SES.Mails {
		if n != 1 {
			t.Errorf("%d mails to %s", n, address)
		}
	}
	if shown.Expected != 1_003 || shown.Tally.Accepted != 1_003 || shown.Tally.Calls != w.SES.Calls {
		t.Errorf("%+v", shown.Campaign)
	}
	if old := w.Show(noticetest.Old); old.State != notice.Before || old.Counts.Recipients != 0 {
		t.Errorf("%+v", old)
	}
}
