// Package enginetest gives tests the tables of template.yaml on a real engine, which all tests of a process share.
//
// The same test can run on variants of the engine: TTL that deletes first or never ([BothTTLs]), reads that are late ([Late]),
// DynamoDB Local ([EachEngine]). A [Meter] counts calls and [Size] the bytes of an item; [WrongExpiries] finds expiries that TTL would ignore.
package enginetest

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/late"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/infra/sam"
)

// Tables are template.yaml's tables, created for one test and deleted after it.
type Tables struct {
	Client   *dynamodb.Client
	t        testing.TB
	prefix   string
	late     *late.Proxy
	ttlFirst bool
}

// template is template.yaml, which is read once for all tests of a process.
var template = sync.OnceValues(func() (*sam.Template, error) { return sam.Load(filepath.Join(engine.Root(), "template.yaml")) })

// Name returns the name of the table with the logical id, such as ConsentsTable.
func (t *Tables) Name(logicalID string) string { return t.prefix + logicalID }

// DynamoDB returns tables for one test on a real engine. They have no streams, because streams slow the engine down as records pile
// up; the local stack's tables have them. If no engine is installed, the test fails and says how to install one.
func DynamoDB(t testing.TB) *Tables {
	t.Helper()
	return running.tables(t)
}

// Late returns tables on which index reads, and reads that are not strongly consistent, are five seconds late (fault F14).
func Late(t testing.TB) *Tables {
	t.Helper()
	return lagging.tables(t)
}

func (v variant) tables(t testing.TB) *Tables {
	t.Helper()
	s, err := v.start()
	if err != nil {
		t.Fatal(err)
	}
	template, err := template()
	if err != nil {
		t.Fatal(err)
	}
	tables := &Tables{t: t, Client: s.Client(), prefix: fmt.Sprintf("t%.8s-", uuid.NewString()), late: s.late, ttlFirst: v.ttlFirst}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for _, table := range template.Tables {
		table.StreamView, table.TTL = "", "" // the engine's own TTL would use the machine's clock, not the test's
		if err := engine.Create(ctx, tables.Client, table, tables.Name(table.LogicalID)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			tables.holdExpiries(t, table.LogicalID)
			tables.drop(table.LogicalID)
		})
	}
	return tables
}

// holdExpiries fails a test that has stored an expiry which TTL would misread (fault F10). It skips benchmarks, whose tables are too large.
func (t *Tables) holdExpiries(tb testing.TB, logicalID string) {
	if _, benchmark := tb.(*testing.B); benchmark {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	wrong, err := WrongExpiries(ctx, t.Client, t.Name(logicalID))
	if err != nil || len(wrong) > 0 {
		tb.Errorf("%s: %d expiries that TTL would ignore, %v: %v", logicalID, len(wrong), err, wrong[:min(len(wrong), 3)])
	}
}

// drop deletes a table, because an engine in memory would otherwise grow with every test.
func (t *Tables) drop(logicalID string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, _ = t.Client.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(t.Name(logicalID))})
}

// Settle makes late reads catch up at once. On other tables it does nothing.
func (t *Tables) Settle() {
	if t.late != nil {
		t.late.Settle(context.Background())
	}
}

// TTLFirst reports whether TTL deletes in this run.
func (t *Tables) TTLFirst() bool { return t.ttlFirst }

// Clock returns a clock for the test, which shows at. Whenever the test moves it, [Tables.TTL] deletes what has expired by then.
func (t *Tables) Clock(at time.Time) *testclock.Clock {
	clock := testclock.New(at)
	clock.OnMove(func(now time.Time) { t.TTL(t.t, now) })
	return clock
}

// TTL deletes what has expired at the given time, in the runs in which TTL deletes. Like DynamoDB's TTL, it keeps what expired more
// than five years ago (fault F10).
func (t *Tables) TTL(tb testing.TB, now time.Time) {
	tb.Helper()
	if !t.ttlFirst {
		return
	}
	template, err := template()
	if err != nil {
		tb.Fatal(err)
	}
	for _, table := range template.Tables {
		if err := t.expire(tb.Context(), table, now); err != nil {
			tb.Fatal(err)
		}
	}
}

func (t *Tables) expire(ctx context.Context, table sam.Table, now time.Time) error {
	second := func(at time.Time) types.AttributeValue {
		return &types.AttributeValueMemberN{Value: strconv.FormatInt(at.Unix(), 10)}
	}
	name := aws.String(t.Name(table.LogicalID))
	pages := dynamodb.NewScanPaginator(t.Client, &dynamodb.ScanInput{TableName: name, ConsistentRead: aws.Bool(true),
		FilterExpression:          aws.String("expiresAt <= :now AND expiresAt > :long"),
		ExpressionAttributeValues: map[string]types.AttributeValue{":now": second(now), ":long": second(now.AddDate(-5, 0, 0))}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, item := range page.Items {
			key := map[string]types.AttributeValue{table.PK: item[table.PK], table.SK: item[table.SK]}
			if _, err := t.Client.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: name, Key: key}); err != nil {
				return err
			}
		}
	}
	return nil
}
