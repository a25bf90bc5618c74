package records

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// scan returns all items of a table.
func (r *rig) scan(t testing.TB, table string) []dynamo.Item {
	t.Helper()
	out, err := r.tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: aws.String(r.tables.Name(table)), ConsistentRead: aws.Bool(true)})
	if err != nil {
		t.Fatal(err)
	}
	return out.Items
}

func (r *rig) steps(t testing.TB) int { return len(r.scan(t, "RequestsTable")) }

func TestFault_F01_ALostAnswerIsNoLostWrite(t *testing.T) {
	r := newRig(t)
	r.lose = "TransactWriteItems"
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	r.put(t, invoice("0", "2026-11-01T00:00:00Z"), record.Stored)
	r.lose = "PutItem"
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.Stored)
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.Unchanged)
	if n := r.wire.Take()["PutItem"]; n != 3 {
		t.Errorf("%d puts; the lost one should have been repeated", n)
	}
}

// A throttled transaction is tried again, since the SDK does not repeat it.
func TestAThrottledTransactionIsTriedAgain(t *testing.T) {
	r := newRig(t)
	throttled := 0
	r.wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Operation != "TransactWriteItems" || throttled == 2 {
			return r.through(c)
		}
		throttled++
		return c.Answer(http.StatusBadRequest, map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
			"CancellationReasons": []map[string]string{{"Code": "None"}, {"Code": "ThrottlingError"}, {"Code": "None"}}})
	}
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	if throttled != 2 {
		t.Errorf("%d transactions were throttled", throttled)
	}
}

func TestFault_F03_AWalkThatWasCutOffIsMadeGood(t *testing.T) {
	r := newRig(t)
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	r.fail = func(operation string) bool { return operation == "UpdateItem" }
	if err := from(r.intake, "anna@example.org").endContract(t.Context(), moment("2026-11-22T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	if got := r.stored(t); got["identity#self"] != "" || got["account#a"] != "2028-11-22T00:00:00Z" {
		t.Fatalf("the walk was not cut off: %v", got)
	}
	steps := r.scan(t, "RequestsTable")
	if len(steps) != 1 || dynamo.Text(steps[0], "SK") != "STEP#walk" || dynamo.Text(steps[0], "work") == "" ||
		dynamo.Int(steps[0], "nextAt") != r.clock.Now().Unix()+60 || dynamo.Int(steps[0], "expiresAt") == 0 {
		t.Fatalf("the step: %v", steps)
	}
	r.fail = nil
	for range 2 { // a step may be found twice (F02)
		if err := r.intake.Walk(t.Context(), r.sid(t)); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.stored(t)["identity#self"]; got != "2028-11-22T00:00:00Z" || r.steps(t) != 0 {
		t.Errorf("after the walk %q, %d steps", got, r.steps(t))
	}
}

// TestFault_F03_KilledAnywhere cuts the connection before each call in turn and then sends the same records again.
func TestFault_F03_KilledAnywhere(t *testing.T) {
	calls := killedAnywhere(t, never)
	if calls < 10 {
		t.Fatalf("only %d calls", calls)
	}
	for _, after := range soak.Sample(cuts(calls), 3) {
		killedAnywhere(t, after)
	}
}

// killedAnywhere cuts the connection after the given number of calls, and returns how many were made.
func killedAnywhere(t *testing.T, after int) (calls int) {
	t.Helper()
	r := newRig(t)
	r.put(t, person("2026-10-01T00:00:00Z", "Anna"), record.Stored)
	ctx, w := t.Context(), r.intake
	send := func() {
		_, _ = from(w, "anna@example.org").put(ctx, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""))
		_ = from(w, "anna@example.org").endContract(ctx, moment("2026-11-22T00:00:00Z"))
	}
	calls = r.cut(t, after, send)
	send()
	if steps := r.scan(t, "RequestsTable"); len(steps) > 0 {
		if err := w.Walk(ctx, r.sid(t)); err != nil {
			t.Fatal(err)
		}
	}
	r.expect(t, fmt.Sprintf("cut after %d calls", after), map[string]string{
		"account#a": "2028-11-22T00:00:00Z", "identity#self": "2028-11-22T00:00:00Z"})
	return calls
}

func TestFault_F09_WhatHasExpiredIsInvisibleAtOnce(t *testing.T) {
	r := newRig(t)
	r.put(t, login("1", "2026-11-01T00:00:00Z"), record.Stored)
	r.put(t, invoice("1", "2026-11-01T00:00:00Z"), record.Stored)
	r.set("2027-01-29T23:59:59Z")
	if got := r.stored(t); len(got) != 2 {
		t.Fatalf("a second before: %v", got)
	}
	r.set("2027-01-30T00:00:00Z")
	r.expect(t, "in the second", map[string]string{"transaction#1": "2033-11-01T00:00:00Z"})
	if len(r.scan(t, "RecordsTable")) != 2 && !r.tables.TTLFirst() {
		t.Error("it was deleted, so the test shows nothing")
	}
}

func TestFault_F09_AnExpiredSubjectIsUnknown(t *testing.T) {
	r := newRig(t)
	r.put(t, login("1", "2026-11-01T00:00:00Z"), record.Stored)
	before := r.sid(t)
	r.set("2027-02-01T00:00:00Z")
	if after := r.sid(t); before == "" || after != "" {
		t.Errorf("known as %q, then as %q", before, after)
	}
	r.put(t, login("2", "2027-02-01T00:00:00Z"), record.Stored)
	if after := r.sid(t); after == "" || after == before {
		t.Error("a subject who comes back after the retention must get a new id")
	}
	r.expect(t, "of the new one", map[string]string{"security_log#2": "2027-05-02T00:00:00Z"})
}

// TestFault_F11_ADeletionDecidesByTheTable moves the expiry between the index's answer and the deletion.
func TestFault_F11_ADeletionDecidesByTheTable(t *testing.T) {
	r := newRig(t)
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	r.set("2028-10-31T00:00:00Z")
	r.tables.Settle()
	var found []retention.Item
	for shard := range Shards {
		for item, err := range r.writer.Due(t.Context(), privacy.Identity, shard) {
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, item)
		}
	}
	if len(found) != 1 || !found[0].ExpiresAt.Equal(moment("2028-11-01T00:00:00Z")) {
		t.Fatalf("in the index: %v", found)
	}
	r.put(t, account("a", "2028-10-31T00:00:00Z", "2028-10-31T00:00:00Z", ""), record.Stored)
	cutoff := moment("2028-11-02T00:00:00Z")
	if deleted, err := r.writer.Delete(t.Context(), found[0], cutoff); deleted || err != nil {
		t.Errorf("deleted %v, %v", deleted, err)
	}
	r.set("2028-11-02T00:00:00Z")
	r.expect(t, "a customer", map[string]string{"account#a": "", "identity#self": ""})
}

func TestFault_F11_AStaleWalkChangesNothing(t *testing.T) {
	r := newRig(t)
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-11-01T00:00:00Z", ""), record.Stored)
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	stale, _, err := r.writer.subjects.State(t.Context(), r.sid(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := from(r.intake, "anna@example.org").endContract(t.Context(), moment("2026-11-22T00:00:00Z")); err != nil {
		t.Fatal(err)
	}
	for _, category := range privacy.AccountData {
		period := retention.PeriodOf(policy.Newest(), category, stale.State, r.sid(t), r.clock.Now())
		if err := r.writer.Move(t.Context(), r.sid(t), category, period, stale.Version); err != nil {
			t.Fatal(err)
		}
	}
	r.expect(t, "after a walk that read the state before", map[string]string{
		"account#a": "2028-11-22T00:00:00Z", "identity#self": "2028-11-22T00:00:00Z"})
}

func TestFault_F11_AWalkBringsNothingBack(t *testing.T) {
	r := newRig(t)
	r.put(t, person("2026-11-01T00:00:00Z", "Anna"), record.Stored)
	item := r.scan(t, "RecordsTable")[0]
	key := dynamo.Item{"PK": item["PK"], "SK": item["SK"]}
	if _, err := r.tables.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(r.writer.Table), Key: key}); err != nil {
		t.Fatal(err)
	}
	endless := retention.Period{}
	if now, lost, err := r.writer.move(t.Context(), item, endless, 9); err != nil || !lost || len(now) > 0 {
		t.Fatal(now, lost, err)
	}
	if left := r.scan(t, "RecordsTable"); len(left) != 0 {
		t.Errorf("a ghost: %v", left)
	}
	r.put(t, person("2026-11-02T00:00:00Z", "Anna"), record.Stored)
	item = r.scan(t, "RecordsTable")[0]
	r.set("2028-11-02T00:00:00Z")
	if _, lost, err := r.writer.move(t.Context(), item, endless, 9); err != nil || lost {
		t.Fatal(lost, err)
	}
	if left := r.scan(t, "RecordsTable"); len(left) > 0 && dynamo.Int(left[0], "expiresAt") == 0 {
		t.Error("what had expired was brought back")
	}
}

// TestFault_F10_ExpiriesAreEpochSeconds checks the type and the unit of the attribute that TTL reads, for any record.
func TestFault_F10_ExpiriesAreEpochSeconds(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		expires := time.Unix(rapid.Int64Range(1, 1<<40).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		for _, rec := range []record.Record{person("2026-11-01T00:00:00Z", "Anna"), invoice("1", "2026-11-01T00:00:00Z")} {
			item := newItem("sid", intake.Put{Record: rec, ExpiresAt: expires}, time.Now())
			n, ok := item["expiresAt"].(*types.AttributeValueMemberN)
			if !ok || n.Value != strconv.FormatInt(expires.Unix(), 10) {
				t.Fatalf("expiresAt is %v", item["expiresAt"])
			}
		}
	})
}

func TestFault_F12_ManyPages(t *testing.T) {
	r := newRig(t)
	s := from(r.intake, "anna@example.org")
	const count = 40
	for i := range count {
		rec := chat(t, fmt.Sprintf("%02d", i), 60<<10)
		if got, err := s.put(t.Context(), rec); err != nil || got.Outcome != record.Stored {
			t.Fatal(got, err)
		}
	}
	r.wire.Take()
	if got := len(r.stored(t)); got != count {
		t.Errorf("%d of %d records", got, count)
	}
	if n := r.wire.Take()["Query"]; n < 2 {
		t.Errorf("%d queries; several pages were expected", n)
	}
}

// chat is a communication whose data is size bytes and cannot be compressed by much.
func chat(t testing.TB, id string, size int) record.Record {
	t.Helper()
	const head = `{"agent":"agent-1","channel":"live_chat","endedAt":"2026-11-01T00:10:00Z","messages":[{"at":"2026-11-01T00:00:00Z","from":"subject","name":"Anna","text":"`
	const tail = `"}],"startedAt":"2026-11-01T00:00:00Z"}`
	noise := make([]byte, size)
	if _, err := rand.Read(noise); err != nil {
		t.Fatal(err)
	}
	text := base64.StdEncoding.EncodeToString(noise)[:size-len(head)-len(tail)]
	return record.Record{Category: privacy.Communication, ID: id, Source: privacy.Direct, OccurredAt: moment("2026-11-01T00:10:00Z"),
		Data: []byte(head + text + tail)}
}

func TestFault_F13_ARecordNearTheLimit(t *testing.T) {
	r := newRig(t)
	for _, c := range []struct {
		kb int
		ok bool
	}{{399, false}, {400, false}, {401, false}, {500, false}, {380, true}} {
		rec := incompressible(t, fmt.Sprint(c.kb), c.kb<<10)
		got, err := from(r.intake, "anna@example.org").put(t.Context(), rec)
		if c.ok && (err != nil || got.Outcome != record.Stored) || !c.ok && fault.KindOf(err) != fault.TooLarge {
			t.Errorf("%d KB: %v %v", c.kb, got, err)
		}
	}
	small := chat(t, "small", 3<<20)
	small.Data = bytes.ReplaceAll(small.Data, small.Data[200:len(small.Data)-100], bytes.Repeat([]byte("hello "), 500_000))
	if _, err := from(r.intake, "anna@example.org").put(t.Context(), small); err != nil {
		t.Errorf("3 MB that compress well: %v", err)
	}
	for one, err := range r.writer.Stored(t.Context(), r.sid(t)) {
		if err != nil || one.ID == "small" && !bytes.Equal(one.Data, small.Data) {
			t.Errorf("%s came back changed: %v", one.ID, err)
		}
	}
}

// incompressible returns a record whose data cannot be compressed. The data is not JSON, which the store does not require.
func incompressible(t testing.TB, id string, size int) record.Record {
	t.Helper()
	rec := chat(t, id, 1000)
	rec.Data = make([]byte, size)
	if _, err := rand.Read(rec.Data); err != nil {
		t.Fatal(err)
	}
	return rec
}

// TestFault_F15_ManyWritersOfOneSubject lets writers race on one address. There is one subject afterwards, no record is lost, and the expiry
// of account data follows the newest contract.
func TestFault_F15_ManyWritersOfOneSubject(t *testing.T) {
	r := newRig(t)
	const writers, each = 16, 6
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				rec := invoice(fmt.Sprintf("%d-%d", w, i), "2026-11-01T00:00:00Z")
				switch i {
				case 1:
					rec = person("2026-11-01T00:00:00Z", "Anna")
					rec.ID = fmt.Sprint(w)
				case 3:
					rec = account(fmt.Sprint(w), "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", "2026-10-01T00:00:00Z")
				}
				for {
					got, err := from(r.intake, "Anna@Example.org").put(t.Context(), rec)
					if fault.KindOf(err) == fault.Conflict {
						continue
					}
					if err != nil || got.Outcome != record.Stored {
						t.Errorf("%s: %v %v", sk(rec), got, err)
					}
					break
				}
			}
		})
	}
	wg.Wait()
	if got := r.stored(t); len(got) != writers*each || r.steps(t) != 0 {
		t.Errorf("%d records, %d steps", len(got), r.steps(t))
	}
	for key, expires := range r.stored(t) {
		if !strings.HasPrefix(key, "transaction#") && expires != "2028-10-01T00:00:00Z" || expires == "" {
			t.Errorf("%s expires %q", key, expires)
		}
	}
	if states := len(r.scan(t, "SubjectsTable")); states != 2 {
		t.Errorf("%d items of one subject", states)
	}
}
