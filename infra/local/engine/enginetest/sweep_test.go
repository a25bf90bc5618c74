package enginetest

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// expiries are the expiries of a test's items, by sort key. An expiry that is not a number, or not in seconds, never takes effect.
func expiries(now time.Time, table sam.Table) map[string]types.AttributeValue {
	number := func(n int64) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
	}
	all := map[string]types.AttributeValue{
		"a second ago":    number(now.Unix() - 1),
		"a day ago":       number(now.AddDate(0, 0, -1).Unix()),
		"four years ago":  number(now.AddDate(-4, 0, 0).Unix()),
		"in an hour":      number(now.Add(time.Hour).Unix()),
		"in milliseconds": number(now.AddDate(0, 0, -1).UnixMilli()),
	}
	if table.Attributes["expiresAt"] == "" { // not a key of an index, so it may also be wrong or missing
		all["as text"] = &types.AttributeValueMemberS{Value: strconv.FormatInt(now.Unix()-1, 10)}
		all["never"] = nil
	}
	return all
}

// fill stores one item of each age, with a key for every index, because an item without one stops DynamoDB Local's TTL for good.
func fill(t *testing.T, client *dynamodb.Client, table sam.Table, name string, now time.Time) {
	t.Helper()
	for age, expiresAt := range expiries(now, table) {
		item := map[string]types.AttributeValue{}
		for attribute, kind := range table.Attributes {
			item[attribute] = &types.AttributeValueMemberS{Value: age}
			if kind == "N" {
				item[attribute] = &types.AttributeValueMemberN{Value: "1"}
			}
		}
		if expiresAt != nil {
			item["expiresAt"] = expiresAt
		}
		if _, err := client.PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String(name), Item: item}); err != nil {
			t.Fatal(err)
		}
	}
}

// left returns the names of the items that a table still contains.
func left(t *testing.T, client *dynamodb.Client, table sam.Table, name string) map[string]bool {
	t.Helper()
	out, err := client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(name), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	ages := map[string]bool{}
	for _, item := range out.Items {
		ages[item[table.SK].(*types.AttributeValueMemberS).Value] = true
	}
	return ages
}

// F09: when a test moves the clock, no engine follows. So Tables.TTL stands in for DynamoDB's TTL. It deletes what the engines' own
// TTL deletes by the machine's clock: dynoxide on command, DynamoDB Local by itself within 10 s.
func TestFault_F09_TheEnginesTTLDeletesTheSame(t *testing.T) {
	t.Run("dynoxide", func(t *testing.T) {
		e, err := engine.Start(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(e.Stop)
		if e.Control == "" {
			t.Skip("this machine's engine is not dynoxide")
		}
		sameTTL(t, e, func() (int, error) { return SweepTTL(t.Context(), e) })
	})
	t.Run("DynamoDB Local", func(t *testing.T) {
		if !javaHere() {
			t.Skip("DynamoDB Local is not fetched here")
		}
		e, err := java.start()
		if err != nil {
			t.Fatal(err)
		}
		sameTTL(t, e.Engine, nil)
	})
}

// sameTTL compares what is left in two copies of the template's tables: one emulated, one with the engine's own TTL.
func sameTTL(t *testing.T, e *engine.Engine, sweep func() (int, error)) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	now, emulated, own := time.Now(), &Tables{Client: e.Client(), prefix: "emulated-", ttlFirst: true}, &Tables{Client: e.Client(), prefix: "own-"}
	for _, table := range template.Tables {
		silent := table
		silent.TTL = ""
		for tables, table := range map[*Tables]sam.Table{emulated: silent, own: table} {
			if err := engine.Create(t.Context(), e.Client(), table, tables.Name(table.LogicalID)); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { tables.drop(table.LogicalID) })
			fill(t, e.Client(), table, tables.Name(table.LogicalID), now)
		}
	}
	emulated.TTL(t, now)
	if sweep != nil {
		if n, err := sweep(); err != nil || n != 3*len(template.Tables) {
			t.Errorf("the engine swept %d items, %v", n, err)
		}
	}
	deadline := time.Now().Add(3 * time.Minute) // DynamoDB Local says 10 s
	for _, table := range template.Tables {
		want := left(t, e.Client(), table, emulated.Name(table.LogicalID))
		got := left(t, e.Client(), table, own.Name(table.LogicalID))
		for sweep == nil && !cmp.Equal(want, got) && time.Now().Before(deadline) {
			time.Sleep(500 * time.Millisecond)
			got = left(t, e.Client(), table, own.Name(table.LogicalID))
		}
		if diff := cmp.Diff(want, got); diff != "" || want["a second ago"] || !want["in an hour"] {
			t.Errorf("%s: emulated -, the engine's own +\n%s", table.LogicalID, diff)
		}
	}
}

// F10: expiries that TTL would ignore are found, by their type and by their unit.
func TestFault_F10_WrongExpiriesAreSeen(t *testing.T) {
	e, err := plain()
	if err != nil {
		t.Fatal(err)
	}
	table, now := sam.Table{LogicalID: "Things", PK: "PK", SK: "SK", Attributes: map[string]string{"PK": "S", "SK": "S"}}, time.Now()
	if err := engine.Create(t.Context(), e.Client(), table, "Things"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { (&Tables{Client: e.Client()}).drop("Things") })
	fill(t, e.Client(), table, "Things", now)
	wrong, err := WrongExpiries(t.Context(), e.Client(), "Things")
	seen := map[string]bool{}
	for _, item := range wrong {
		seen[item["SK"].(*types.AttributeValueMemberS).Value] = true
	}
	if diff := cmp.Diff(map[string]bool{"in milliseconds": true, "as text": true}, seen); diff != "" || err != nil {
		t.Error(diff, err)
	}
}
