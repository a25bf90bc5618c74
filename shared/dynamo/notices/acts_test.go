package notices

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/identities"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/notice/noticetest"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
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
	return r, noticetest.Acts{Identity: &identity.Identity{Store: r, Aliases: noticetest.TownKey, Policy: policy.InForce, Now: w.Clock.Now}}
}

// enter puts the next person on record.
func (r *residents) enter(contract standing.Contract, emails ...string) privacy.SubjectID {
	r.t.Helper()
	named, id := noticetest.Named(r.entered), privacy.SubjectID(fmt.Sprintf("subject-%03d", r.entered))
	r.entered++
	learns := []identity.AliasChange{{To: subject.Alias{Key: noticetest.TownKey.IDAlias(named.Client, named.ID), Client: named.Client}}}
	for _, a := range noticetest.Parsed(emails...) {
		key := noticetest.TownKey.Alias(a)
		learns = append(learns, identity.AliasChange{To: subject.Alias{Key: key, Client: named.Client, Spelling: a.Spelling}})
	}
	var tx dynamo.Tx
	r.Create(&tx, id, learns, nil, "", standing.State{Contract: contract, AccountData: true}, time.Time{})
	if refusal, err := tx.Commit(context.Background(), r.Client); err != nil || refusal != nil {
		r.t.Fatal(refusal, err)
	}
	return id
}

// K02, T27, F04: a campaign beside acts on identities, with killed invocations, as package notice runs it in memory, here on the real tables.
func TestPromise_K02_ACampaignBesideActsOnIdentitiesOnTheRealEngine(t *testing.T) {
	for seed := range soak.Pick(1, 20) {
		w, tables := worldOf(t, 0, plain)
		r, acts := settle(t, w, tables)
		b := noticetest.NewBustle(w, acts, 8, uint64(seed), r.enter)
		b.Live(soak.Pick(5, 20))
		b.Check()
		if b.Done < 20 {
			t.Errorf("only %d acts", b.Done)
		}
	}
}

// K02: what following a lost mail costs. One in ten of the first addresses is gone, and the campaign goes on to the end of its walks.
func TestPromise_K02_BudgetOfFollowingOnTheRealEngine(t *testing.T) {
	const people, gone = 200, 20
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
		if address[0] == 'g' {
			return noticetest.Gone(address)
		}
		return noticetest.Delivered(address)
	}
	tables.Settle()
	client := meter.Client(tables.Client)
	w.Stores.(*Store).Client, r.Client = client, client
	meter.Take()
	w.Pass(2 * time.Minute)
	_, writes, reads := meter.Take()
	w.Pass(time.Minute)
	_, idleWrites, idleReads := meter.Take()
	writes, reads = writes-2*idleWrites, reads-2*idleReads
	counts := w.Show(noticetest.New).Counts
	if counts.Outcome["delivered"] != people || counts.Failed["bounced"] != gone || counts.Followed != gone || w.SES.Accepted != people+gone {
		t.Fatalf("%+v", counts)
	}
	t.Logf("budget: notify, feedback: one of %d recipients, one in ten of whom is lost and followed | %.2f write units | 3", people, writes/people)
	t.Logf("budget: notify, feedback: one of %d recipients, one in ten of whom is lost and followed | %.2f read units | 2", people, reads/people)
	if writes > 3*people || reads > 2*people {
		t.Errorf("%.2f write units and %.2f read units for each recipient", writes/people, reads/people)
	}
}
