package notices

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// residents are people on the real tables.
type residents struct {
	*identities.Store
	t       *testing.T
	entered int
}

// settle makes a world's campaigns and the acts work on the real tables of the people.
func settle(t *testing.T, w *noticetest.World, tables *enginetest.Tables) (*residents, noticetest.Acts) {
	r := &residents{t: t, Store: identities.New(tables.Client, identities.Tables{
		Subjects: tables.Name("SubjectsTable"), Requests: tables.Name("RequestsTable"), Ledger: tables.Name("LedgerTable")}, w.Clock.Now)}
	w.Runner.People, w.Runner.Shards, w.Runner.Spellings, w.Runner.Persons = r, subjects.Shards, r, r
	w.Settle = tables.Settle // hours of the test's clock pass between two runs, and no read is that late
	return r, noticetest.Acts{Identity: &identity.Identity{Store: r, Aliases: noticetest.TownKey, Policy: policy.InForce, Now: w.Clock.Now}}
}

// enter puts the next person on record.
func (r *residents) enter(contract standing.Contract, emails ...string) privacy.SubjectID {
	r.t.Helper()
	p := noticetest.Newcomer(r.entered, contract, r.Now(), emails...)
	r.entered++
	var tx dynamo.Tx
	r.Create(&tx, p.ID, p.Learns, nil, "", p.State, time.Time{})
	if refusal, err := tx.Commit(context.Background(), r.Client); err != nil || refusal != nil {
		r.t.Fatal(refusal, err)
	}
	return p.ID
}

// K02, T27, F04: a campaign beside acts on identities, with killed invocations, as package notice runs it in memory, here on the real tables.
func TestPromise_K02_ACampaignBesideActsOnIdentitiesOnTheRealEngine(t *testing.T) {
	for seed := range soak.Pick(1, 3) {
		w, tables := worldOf(t, 0, plain)
		r, acts := settle(t, w, tables)
		b := noticetest.NewBustle(w, acts, 8, uint64(seed), r.enter)
		b.Live(soak.Pick(6, 20))
		b.Check()
		if b.Done < 10 {
			t.Errorf("only %d acts", b.Done)
		}
	}
}

// K02: what following lost mails costs, to the end of the walks. One in a hundred of the first addresses is gone.
func TestPromise_K02_BudgetOfFollowingOnTheRealEngine(t *testing.T) {
	const people, gone = 200, 2
	var meter enginetest.Meter
	w, tables := worldOf(t, 0, plain)
	r, _ := settle(t, w, tables)
	for n := range people {
		first := fmt.Sprintf("a%d@example.org", n)
		if n < gone {
			first = fmt.Sprintf("gone-%d@example.org", n)
		}
		r.enter(standing.Running, first, fmt.Sprintf("b%d@example.org", n))
	}
	w.SES.Fate = func(address string) []noticetest.Event {
		if strings.HasPrefix(address, "gone") {
			return noticetest.Gone(address)
		}
		return noticetest.Delivered(address)
	}
	w.Clock.AdvanceDate(0, 0, 3) // only the first walk finds them
	tables.Settle()
	client := meter.Client(tables.Client)
	w.Stores.(*Store).Client, r.Client = client, client
	meter.Take()
	runs := w.Runs
	for range 2 {
		w.Pass(time.Minute)
		tables.Settle()
	}
	for _, days := range []int{28, 29} { // a run for each look for another address
		w.Clock.AdvanceDate(0, 0, days)
		if err := w.Invoke(); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(time.Minute)
		w.Hear()
	}
	_, writes, reads := meter.Take()
	writes, reads = writes-3*float64(w.Runs-runs), reads-8*float64(w.Runs-runs) // what a run costs that finds nothing to do
	counts := w.Show(noticetest.New).Counts
	if counts.Outcome[notice.Delivered] != people || counts.Failed[notice.Bounced] != gone || counts.Followed != gone || w.SES.Accepted != people+gone {
		t.Fatalf("%+v", counts)
	}
	const recipients = people + gone
	t.Logf("budget: notify, feedback: one of %d recipients, one in a hundred of whom is lost and followed | %.2f write units | 3", recipients, writes/recipients)
	t.Logf("budget: notify, feedback: one of %d recipients, one in a hundred of whom is lost and followed | %.2f read units | 2", recipients, reads/recipients)
	if writes > 3*recipients || reads > 2*recipients {
		t.Errorf("%.2f write units and %.2f read units for each recipient", writes/recipients, reads/recipients)
	}
}
