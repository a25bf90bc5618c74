package subjects

import (
	"fmt"
	"os"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

// rig is a store on real tables with a clock that tests move.
type rig struct {
	*Store
	t      *testing.T
	tables *enginetest.Tables
	clock  *testclock.Clock
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, tables: enginetest.DynamoDB(t)}
	r.clock = r.tables.Clock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	r.Store = New(r.tables.Client, r.tables.Name("SubjectsTable"), r.clock.Now)
	return r
}

// addressOf returns the alias of somebody's address in these tests.
func addressOf(name string) string { return "i#" + name }

func (r *rig) introduce(name string, until time.Time) subject.Known {
	r.t.Helper()
	got, err := r.Introduce(r.t.Context(), addressOf(name), name+"@example.org", until)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

// expires returns when each item of the table expires, by sort key.
func (r *rig) expires() map[string]time.Time {
	r.t.Helper()
	out, err := r.Client.Scan(r.t.Context(), &dynamodb.ScanInput{TableName: aws.String(r.Table), ConsistentRead: aws.Bool(true)})
	if err != nil {
		r.t.Fatal(err)
	}
	all := map[string]time.Time{}
	for _, item := range out.Items {
		all[dynamo.Text(item, dynamo.SK)] = dynamo.Time(item, dynamo.ExpiresAt)
	}
	return all
}

func day(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// A data subject who only typed an address is known exactly as long as the mailed confirmation is valid, to the second.
func TestPromise_F08_ATypedAddressGoesWithItsConfirmation(t *testing.T) {
	r := newRig(t)
	first := r.introduce("anna", day(2026, 11, 30))
	for _, c := range []struct{ until, want time.Time }{
		{day(2026, 11, 30), day(2026, 11, 30)},
		{day(2026, 11, 29), day(2026, 11, 30)}, // never earlier
		{day(2026, 12, 7).Add(8*time.Hour + time.Millisecond), day(2026, 12, 7).Add(8*time.Hour + time.Second)},
		{day(2027, 1, 1), day(2027, 1, 1)},
		{day(2026, 12, 7), day(2027, 1, 1)},
	} {
		if again := r.introduce("anna", c.until); !reflect.DeepEqual(again, first) {
			t.Errorf("%v, then %v", first, again)
		}
		if got := r.expires(); !got[aliasSK].Equal(c.want) || !got[stateSK].Equal(c.want) {
			t.Errorf("until %v: %v", c.until, got)
		}
	}
	if known, ok, err := r.Find(t.Context(), addressOf("anna")); err != nil || !ok || known.Spelling != "anna@example.org" {
		t.Errorf("%+v %v %v", known, ok, err)
	}
	r.clock.Set(day(2027, 1, 1))
	if _, ok, err := r.Find(t.Context(), addressOf("anna")); ok || err != nil {
		t.Errorf("known %v, %v", ok, err)
	}
}

func TestFault_F09_WhoseRetentionIsOverIsSomebodyNew(t *testing.T) {
	r := newRig(t)
	before := r.introduce("anna", day(2026, 11, 30))
	r.clock.Set(day(2026, 11, 30))
	if _, ok, err := r.Find(t.Context(), addressOf("anna")); ok || err != nil {
		t.Errorf("known %v, %v", ok, err)
	}
	after := r.introduce("anna", day(2026, 12, 7))
	if known, ok, err := r.Find(t.Context(), addressOf("anna")); before.Subject == after.Subject || !reflect.DeepEqual(known, after) || !ok || err != nil {
		t.Errorf("%v, then %v, found %v", before, after, known)
	}
}

func TestAStateWithoutAnEndStaysSo(t *testing.T) {
	r := newRig(t)
	anna := r.introduce("anna", day(2026, 11, 30))
	if _, found, err := r.Transition(t.Context(), anna.Subject, func(from standing.Snapshot) (standing.State, time.Time) {
		from.Endless = true
		return from.State, time.Time{}
	}); !found || err != nil {
		t.Fatal(found, err)
	}
	r.introduce("anna", day(2030, 1, 1))
	if got := r.expires(); len(got) != 2 || !got[aliasSK].IsZero() || !got[stateSK].IsZero() {
		t.Errorf("%v", got)
	}
	if _, found, err := r.Transition(t.Context(), "nobody", nil); found || err != nil {
		t.Errorf("nobody: %v %v", found, err)
	}
}

// TestFault_F15_OneAddressOneSubject introduces one address many times at once, with a different end each time.
func TestFault_F15_OneAddressOneSubject(t *testing.T) {
	r := newRig(t)
	const writers = 8
	var mu sync.Mutex
	seen, failed := map[privacy.SubjectID]bool{}, 0
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			got, err := r.Introduce(t.Context(), addressOf("anna"), fmt.Sprintf("anna%d@example.org", i), day(2027, time.Month(i+1), 10))
			mu.Lock()
			defer mu.Unlock()
			if err != nil { // lost every race: the caller repeats the step
				failed++
				return
			}
			seen[got.Subject] = true
		})
	}
	wg.Wait()
	if len(seen) != 1 || failed > writers/2 {
		t.Errorf("%d subjects of one address, %d lost", len(seen), failed)
	}
	for range 2 {
		r.introduce("anna", day(2027, writers, 10))
	}
	if got := r.expires(); len(got) != 2 || !got[stateSK].Equal(day(2027, writers, 10)) {
		t.Errorf("%v", got)
	}
}
