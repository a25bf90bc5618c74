package main

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/export/exporttest"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// chat returns a transcript of about six hundred bytes. About a third of them cannot be compressed.
func chat() []byte {
	words := ""
	for range 12 {
		words += " " + rand.Text()
	}
	return []byte(`{"agent":"agent-1","channel":"live_chat","endedAt":"2026-11-03T12:00:00Z","messages":[` +
		`{"at":"2026-11-03T11:00:00Z","from":"subject","name":"Anna","text":"Our invoices do not add up.` + words + `"},` +
		`{"at":"2026-11-03T11:01:00Z","from":"agent","name":"Agent 1","text":"One line was billed twice."}],"startedAt":"2026-11-03T10:00:00Z"}`)
}

// fill stores n transcripts of one data subject. It returns the subject's id and the size of the transcripts in bytes. The first is written as
// ingest writes it. The others are copies with other ids and words.
func (r *rig) fill(t testing.TB, n int) (privacy.SubjectID, int) {
	t.Helper()
	table := r.Tables.Name("RecordsTable")
	_, err := r.Take("anna@example.org", record.Record{
		Category: privacy.Communication, ID: "chat-0", Source: privacy.Direct, OccurredAt: r.Clock.Now().AddDate(0, 0, -1), Data: chat()})
	if err != nil {
		t.Fatal(err)
	}
	out, err := r.Tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || len(out.Items) != 1 {
		t.Fatalf("%d records stored, %v", len(out.Items), err)
	}
	bytes := 0
	var batch []types.WriteRequest
	for i := range n {
		item := maps.Clone(out.Items[0])
		item[dynamo.SK] = dynamo.String(fmt.Sprintf("communication#chat-%d", i))
		item["data"] = dynamo.Bytes(chat())
		delete(item, "packed")
		bytes += enginetest.Size(item)
		if batch = append(batch, types.WriteRequest{PutRequest: &types.PutRequest{Item: item}}); len(batch) == 25 || i == n-1 {
			out, err := r.Tables.Client.BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{table: batch}})
			if err != nil || len(out.UnprocessedItems) > 0 {
				t.Fatalf("%d left, %v", len(out.UnprocessedItems), err)
			}
			batch = nil
		}
	}
	return privacy.SubjectID(dynamo.Text(out.Items[0], dynamo.PK)[len("s#"):]), bytes
}

// exported makes an export of n records, from the table into the bucket, and compares its queries with their budget. A page of records is up
// to 1 MB. There is one more query for the consents, one for the list of the address, one for that of the data subject, and one for each request in
// these lists. exported returns the memory that the export took.
func exported(t testing.TB, n int) *exporttest.Memory {
	t.Helper()
	r := newRig(t)
	id, bytes := r.fill(t, n)
	memory, queries := exporttest.NewMemory(), 0
	r.Wire.Through = func(c *enginetest.Call) (*http.Response, error) {
		if c.Operation == "Query" {
			queries++
			memory.Look()
		}
		return c.Send()
	}
	e := export.Attempt{Request: "r", Number: 1, Subject: id, Object: "exports/x"}
	if _, _, err := r.sealer.Seal(t.Context(), request.Request{ID: "r", Right: privacy.Access, Mailbox: "mac"}, e); err != nil {
		t.Fatal(err)
	}
	memory.Look()
	budget := (bytes+599_999)/600_000 + 3 + 1 // one request, which is being answered
	t.Logf("budget: export: queries for %d records of %.1f MB in all | %d queries | %d", n, float64(bytes)/1e6, queries, budget)
	if queries == 0 || queries > budget {
		t.Errorf("%d queries for %d bytes", queries, bytes)
	}
	return memory
}

// Budget: an export makes at most ⌈bytes / 0.6 MB⌉ + 3 queries, and one for each request that it shows. Of somebody to whom others were joined, it
// makes two more for each of them.
func TestBudgetQueries(t *testing.T) {
	for _, n := range soak.Pick([]int{1, 2_000}, []int{1, 2_000, 10_000}) {
		exported(t, n)
	}
}

// BenchmarkThroughTheEngine makes an export of 100,000 records, none of which is in memory when it begins. They are read from the table,
// encrypted, and uploaded in parts, which are in memory until they are sent.
func BenchmarkThroughTheEngine(b *testing.B) {
	taken := exported(b, 100_000).Taken
	b.Logf("budget: export: memory at 100000 records through the engine, with the upload | %d MiB | %d", taken>>20, exporttest.Budget>>20)
	if taken > exporttest.Budget {
		b.Errorf("%d MiB taken", taken>>20)
	}
}
