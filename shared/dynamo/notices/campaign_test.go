package notices

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
)

// world returns a world on the real engine, with a version to announce.
func world(t *testing.T, people int, client func(*enginetest.Tables) *dynamodb.Client) *noticetest.World {
	w, _ := worldOf(t, people, client)
	return w
}

// worldOf returns a world like [world], and its tables.
func worldOf(t *testing.T, people int, client func(*enginetest.Tables) *dynamodb.Client) (*noticetest.World, *enginetest.Tables) {
	tables := enginetest.DynamoDB(t)
	w := noticetest.NewWorld(t, people, func(now func() time.Time) noticetest.Stores {
		return &Store{Client: client(tables), Table: tables.Name("NoticesTable"), Ledger: tables.Name("LedgerTable"), Now: now}
	})
	w.SES.Account.PerSecond, w.Settle = 100, tables.Settle
	if err := w.Invoke(); err != nil {
		t.Fatal(err)
	}
	w.Publish(noticetest.New, "significant", 30)
	return w, tables
}

func plain(tables *enginetest.Tables) *dynamodb.Client { return tables.Client }

// told checks that everybody was told, and returns how many got the notice twice. Only mails whose answer was lost may be sent twice.
func told(t *testing.T, w *noticetest.World, people int) (twice int) {
	t.Helper()
	shown := w.Show(noticetest.New)
	if shown.State != notice.Following || shown.Counts.Outcome[notice.Delivered] != people || len(w.SES.Mails) != people {
		t.Errorf("%d of %d mailed: %+v", len(w.SES.Mails), people, shown)
	}
	for address, n := range w.SES.Mails {
		if n > 1 && !w.SES.Lost[address] {
			t.Errorf("%d mails to %s", n, address)
		}
		if n > 1 {
			twice++
		}
	}
	return twice
}

// The budget of a campaign: ⌈N/batch⌉ calls to SES, at most 3 write and 2 read units for each recipient, events included.
func TestPromise_K02_BudgetOfACampaignOnTheRealEngine(t *testing.T) {
	const people = 600
	var meter enginetest.Meter
	w := world(t, people, func(tables *enginetest.Tables) *dynamodb.Client { return meter.Client(tables.Client) })
	meter.Take()
	w.Pass(5 * time.Minute)
	requests, writes, reads := meter.Take()
	if told(t, w, people) != 0 || w.SES.Calls != people/50 {
		t.Errorf("%d calls", w.SES.Calls)
	}
	t.Logf("budget: notify: calls to SES for %d recipients, fifty a call | %d calls | %d", people, w.SES.Calls, people/50)
	t.Logf("budget: notify, feedback: one of %d recipients, with %.1f requests | %.2f write units | 3", people, float64(requests)/people, writes/people)
	t.Logf("budget: notify, feedback: one of %d recipients | %.2f read units | 2", people, reads/people)
	if writes > 3*people || reads > 2*people {
		t.Errorf("%.2f write units and %.2f read units for each recipient", writes/people, reads/people)
	}
}

// F04: many kills within one campaign on the real engine. The whole sweep of 200 kills among 5,000 people runs on the store in memory, in
// package notice.
func TestFault_F04_RandomKillsOnTheRealEngine(t *testing.T) {
	people, kills := soak.Pick(120, 600), soak.Pick(2, 24)
	random := rand.New(rand.NewPCG(3, 4))
	w := world(t, people, plain)
	k := noticetest.NewKiller(w)
	for n := 0; n < kills; {
		k.Arm(1+random.IntN(300), random.IntN(2) == 0)
		if err := w.Invoke(); err != nil && !errors.Is(err, noticetest.ErrKilled) {
			t.Fatal(err)
		}
		if k.Dead() {
			n++
		}
		k.Arm(0, false)
		w.Clock.Advance(time.Minute)
		w.Hear()
	}
	w.Pass(25 * time.Hour)
	t.Logf("%d kills, %d recipients: 0 lost, %d answers lost, %d twice", kills, people, len(w.SES.Lost), told(t, w, people))
}
