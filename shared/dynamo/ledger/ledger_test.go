package ledger

import (
	"encoding/json"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

func newStore(t *testing.T, at time.Time) (*Store, *testclock.Clock, func() []dynamo.Item) {
	tables := enginetest.DynamoDB(t)
	clock := tables.Clock(at)
	s := &Store{Client: tables.Client, Table: tables.Name("LedgerTable"), Policy: policy.InForce, Now: clock.Now}
	return s, clock, func() []dynamo.Item {
		out, err := tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(s.Table), ConsistentRead: aws.Bool(true)})
		if err != nil {
			t.Fatal(err)
		}
		return out.Items
	}
}

func TestPromise_F08_ReportsAreKeptForThreeYears(t *testing.T) {
	s, clock, scan := newStore(t, time.Date(2024, 2, 29, 8, 0, 0, 0, time.UTC))
	report := retention.Report{SweptAt: clock.Now(), Categories: []retention.CategoryReport{{Category: "identity", Rule: "account_data"}}}
	if err := s.Keep(t.Context(), report); err != nil {
		t.Fatal(err)
	}
	items := scan()
	if len(items) != 1 || dynamo.Text(items[0], "PK") != "report#2024" || !strings.HasPrefix(dynamo.Text(items[0], "SK"), "2024-02-29T08:00:00.000Z#") {
		t.Fatalf("%v", items)
	}
	if got := dynamo.Time(items[0], dynamo.ExpiresAt); !got.Equal(time.Date(2027, 2, 28, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("expires %v", got)
	}
	var back retention.Report
	if err := json.Unmarshal([]byte(dynamo.Text(items[0], "report")), &back); err != nil || !back.SweptAt.Equal(clock.Now()) || len(back.Categories) != 1 {
		t.Errorf("%+v %v", back, err)
	}
}

func TestFault_F18_TheLeaseKeepsTwoSweepsApartAndEndsByItself(t *testing.T) {
	s, clock, scan := newStore(t, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	take := func(want bool) func() {
		t.Helper()
		release, free, err := s.Lease(t.Context(), clock.Now().Add(time.Minute))
		if err != nil || free != want {
			t.Fatalf("free %v, %v", free, err)
		}
		return func() {
			if err := release(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	first := take(true)
	take(false)
	clock.Advance(time.Minute)
	second := take(true) // the first holder was killed
	first()              // or was only slow: it must not take the lease from the second
	take(false)
	second()
	if left := scan(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	take(true)
}

// A position is a note of unfinished work: it is kept for at most 30 days, and only while there is work left.
func TestPromise_F08_PositionsAreNotesOfUnfinishedWork(t *testing.T) {
	s, clock, scan := newStore(t, time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC))
	stored := func() map[string]retention.Position {
		t.Helper()
		positions, err := s.Positions(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return positions
	}
	save := func(before, next map[string]retention.Position) {
		t.Helper()
		if err := s.SavePositions(t.Context(), before, next); err != nil {
			t.Fatal(err)
		}
	}
	if save(nil, nil); len(stored()) != 0 || len(scan()) != 0 {
		t.Error("a look that came to its end left something")
	}
	next := map[string]retention.Position{"ConsentsTable": {PK: "v#1", SK: "0000000001"}}
	if save(nil, next); !maps.Equal(stored(), next) {
		t.Errorf("%v", stored())
	}
	items := scan()
	if len(items) != 1 || !dynamo.Time(items[0], dynamo.ExpiresAt).Equal(clock.Now().AddDate(0, 0, 30)) {
		t.Errorf("%v", items)
	}
	clock.AdvanceDate(0, 0, 30)
	if len(stored()) != 0 {
		t.Error("a position outlives its 30 days")
	}
	clock.Advance(-time.Second)
	if save(stored(), nil); len(scan()) != 0 {
		t.Error("a position is left after the end")
	}
}
