package notice_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

// A million recipients, with the events that SES sends about each mail, under a clock that moves only when somebody waits. The account is slow or fast,
// and its daily quota ends in the middle. The number of calls is exact, nobody is lost or mailed twice, and neither the capacity units nor the
// memory grow with the number of recipients.
func TestPromise_K02_AMillionRecipients(t *testing.T) {
	people := soak.Pick(20_000, 1_000_000)
	for _, account := range []struct {
		perSecond float64
		batch     int
	}{{14, 11}, {500, 50}} {
		t.Run(fmt.Sprintf("%v a second", account.perSecond), func(t *testing.T) {
			w, store := simulated(t, people)
			w.SES.Account.PerSecond, w.SES.Account.PerDay = account.perSecond, people*5/8 // with a share of 80 per cent, half of them on the first day
			before, began := heap(), time.Now()
			days, grown := w.Clock.Now(), uint64(0)
			for n := 0; w.SES.Calls < (people+account.batch-1)/account.batch; n++ {
				w.Pass(5 * time.Minute)
				if n%200 == 0 {
					grown = max(grown, heap()-min(before, heap()))
				}
				if n > 100_000 {
					t.Fatalf("%+v", w.Show(noticetest.New).Campaign)
				}
			}
			w.Pass(10 * time.Minute)
			shown := w.Show(noticetest.New)
			if shown.Counts.Outcome[notice.Delivered] != people || shown.Counts.Recipients != people || shown.Counts.Doubled != 0 {
				t.Errorf("%+v", shown.Counts)
			}
			if w.SES.Calls != (people+account.batch-1)/account.batch || w.SES.Beyond != 0 || w.SES.Accepted != people {
				t.Errorf("%d calls, %d too fast, %d mails", w.SES.Calls, w.SES.Beyond, w.SES.Accepted)
			}
			// The stores count neither the pages of the index nor the spellings: half a read unit each, of 4 KB and of one item.
			// A run that finds nothing to do costs eight read and three write units at most, once a minute.
			reads, writes := (store.Reads-8*float64(w.Runs))/float64(people)+0.5+0.5*200/4096, (store.Writes-3*float64(w.Runs))/float64(people)
			if reads > 2 || writes > 3 {
				t.Errorf("%.2f read and %.2f write units for each recipient", reads, writes)
			}
			if grown > 16<<20 {
				t.Errorf("%d MB more memory than before", grown>>20)
			}
			t.Logf("%d recipients in %v of the campaign's time and %v of ours: %d calls, %.2f read and %.2f write units each, %d kB more memory",
				people, w.Clock.Now().Sub(days).Round(time.Minute), time.Since(began).Round(time.Second/10), w.SES.Calls, reads, writes, grown>>10)
		})
	}
}

// simulated returns a world for many people whose stores grow no more: everything has its place before the campaign begins.
func simulated(t *testing.T, people int) (*noticetest.World, *noticetest.Memory) {
	var store *noticetest.Memory
	w := noticetest.NewWorld(t, people, func(now func() time.Time) noticetest.Stores {
		store = noticetest.NewMemory(now, people)
		return store
	})
	w.SES.Log = false
	if err := w.Invoke(); err != nil {
		t.Fatal(err)
	}
	w.Publish(noticetest.New, "significant", 30)
	w.Runner.Published[0].Within = 30
	store.Reads, store.Writes = 0, 0
	w.Forget = func(claim int) { store.ForgetClaims(noticetest.New, claim-200) }
	return w, store
}

// heap returns how much memory is in use after a garbage collection.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
