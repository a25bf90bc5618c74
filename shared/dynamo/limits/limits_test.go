package limits

import (
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

func TestMain(m *testing.M) { os.Exit(enginetest.EachEngine(m)) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// who is the address whose mails are counted.
var who = subject.Address{Lookup: "anna@example.org"}

func open(t *testing.T) Mailboxes {
	tables := enginetest.DynamoDB(t)
	return Mailboxes{&Store{Client: tables.Client, Table: tables.Name("RequestsTable"), Policy: policy.InForce}, subject.Key("a key of tests")}
}

// items returns what is stored.
func (s *Store) items(t *testing.T) []dynamo.Item {
	t.Helper()
	out, err := s.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(s.Table), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Items
}

func TestCountersCountAndEnd(t *testing.T) {
	m := open(t)
	for i, c := range []struct {
		client string
		at     time.Time
		want   int
	}{{"a", noon, 1}, {"a", noon.Add(59 * time.Second), 2}, {"b", noon, 1}, {"a", noon.Add(time.Minute), 1}, {"a", noon, 3}} {
		if got, err := m.Store.Count(t.Context(), c.client, limit.Filings, c.at); got != c.want || err != nil {
			t.Errorf("%d: %d %v", i, got, err)
		}
	}
	if got, err := m.Store.Count(t.Context(), "a", limit.Mails, noon); got != 1 || err != nil {
		t.Errorf("another kind of call: %d %v", got, err)
	}
	for i, c := range []struct {
		id   string
		days int
		want bool
	}{{"1", 0, true}, {"2", 0, true}, {"2", 0, true}, {"3", 0, true}, {"4", 0, false}, {"1", 0, true}, {"4", 1, true}} {
		if got, later, err := m.MayChallenge(t.Context(), who, c.id, false, noon.AddDate(0, 0, c.days)); got != c.want || later || err != nil {
			t.Errorf("challenge %d: %v %v %v", i, got, later, err)
		}
	}
	items := m.Store.items(t)
	if len(items) != 6 {
		t.Fatalf("%d counters", len(items))
	}
	for _, item := range items {
		if end := dynamo.Time(item, dynamo.ExpiresAt); end.Before(noon.AddDate(0, 0, 1)) || end.After(noon.AddDate(0, 0, 3)) {
			t.Errorf("%s %s ends %v", dynamo.Text(item, dynamo.PK), dynamo.Text(item, dynamo.SK), end)
		}
	}
}

// T09, F23: the table answers and counts like limit.Day over random sequences of mails, refusals and days.
func TestThreat_T09_TheTableFollowsTheRule(t *testing.T) {
	m := open(t)
	for seed := range soak.Pick(uint64(4), 60) {
		random := rand.New(rand.NewPCG(seed, 9))
		who := subject.Address{Lookup: "anna" + strconv.FormatUint(seed, 10) + "@example.org"}
		now, day := noon, limit.Day{}
		for step := range 60 {
			id, again := string(rune('a'+random.IntN(6))), random.IntN(3) == 0
			switch random.IntN(8) {
			case 0:
				now, day = now.AddDate(0, 0, 1), limit.Day{}
			case 1, 2:
				if err := m.NotMailed(t.Context(), who, id, now); err != nil {
					t.Fatal(err)
				}
				day = day.Without(id)
			default:
				wantMay, wantLater := day.May(id, again)
				may, later, err := m.MayChallenge(t.Context(), who, id, again, now)
				if may != wantMay || later != wantLater || err != nil {
					t.Fatalf("seed %d, step %d: %s on %+v, again %t: may %t, later %t, %v", seed, step, id, day, again, may, later, err)
				}
				if may {
					day = day.With(id, again)
				}
			}
			m.holds(t, who, now, day)
		}
	}
}

// holds compares the stored counts of a day with the expected ones.
func (m Mailboxes) holds(t *testing.T, who subject.Address, now time.Time, day limit.Day) {
	t.Helper()
	out, err := m.Store.Client.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &m.Store.Table, Key: m.key(who, now), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{"mailed": day.Mailed, "begun": day.Begun} {
		if got := ids(out.Item, name); !slices.Equal(slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(want))) {
			t.Fatalf("%s are %v, not %v", name, got, want)
		}
	}
}

// F23, T09: a refused mail does not count as a mail of its day, but it still counts as one of the three requests that may begin on a day. A
// request waits if mails that are tried again have taken all places of the day.
func TestFault_F23_ARefusedMailIsNoMailOfItsDay(t *testing.T) {
	m, now := open(t), noon
	count := func(id string, again, may, later bool) {
		t.Helper()
		if gotMay, gotLater, err := m.MayChallenge(t.Context(), who, id, again, now); gotMay != may || gotLater != later || err != nil {
			t.Errorf("%s: %t, %t, %v", id, gotMay, gotLater, err)
		}
	}
	refuse := func(id string) {
		t.Helper()
		if err := m.NotMailed(t.Context(), who, id, now); err != nil {
			t.Error(err)
		}
	}
	refuse("0") // a mail that was never counted, on a day without a counter
	if items := m.Store.items(t); len(items) != 0 {
		t.Errorf("%d items", len(items))
	}
	for _, id := range []string{"1", "2", "3"} {
		count(id, false, true, false)
		refuse(id)
	}
	count("4", false, false, false) // three others were begun on the day
	count("5", true, true, false)   // tried on an earlier day
	count("6", true, true, false)
	count("1", true, true, false)
	count("7", true, false, true)
	refuse("5")
	count("2", false, true, false) // the first run was killed before it could note that the request had begun
	count("8", true, false, true)

	now = now.AddDate(0, 0, 1)
	for _, id := range []string{"1", "2", "3"} { // tried again, before any other request
		count(id, true, true, false)
	}
	count("4", false, false, true)
	refuse("3")
	count("4", false, true, false)
}
