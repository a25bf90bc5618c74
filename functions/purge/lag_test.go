package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/paging"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// TestPromise_F07_NothingExpiredIsLeft sweeps what TTL leaves: every expired item, or only items that TTL never deletes (fault F10).
func TestPromise_F07_NothingExpiredIsLeft(t *testing.T) {
	enginetest.BothTTLs(t, func(t *testing.T) {
		r := newRig(t)
		r.store(t, privacy.Communication, 40, r.Clock.Now().AddDate(0, 0, -2))
		r.store(t, privacy.Transaction, 3, r.Clock.Now().AddDate(-6, 0, 0))
		r.store(t, privacy.SecurityLog, 5, r.Clock.Now().Add(time.Second))
		r.Tables.TTL(t, r.Clock.Now())
		want := 43
		if r.Tables.TTLFirst() {
			want = 3
		}
		if report := r.sweep(t); report.Deleted() != want || report.Overdue() != 0 || r.Count("RecordsTable") != 5 {
			t.Errorf("%d deleted, %d overdue, %d left", report.Deleted(), report.Overdue(), r.Count("RecordsTable"))
		}
	})
}

// TestFault_F14_TheSweepDecidesFromTheTable sweeps by an index that lags behind the table. The index still shows an old expiry and
// a deleted item, and does not show the newest item yet.
func TestFault_F14_TheSweepDecidesFromTheTable(t *testing.T) {
	r := newRigOn(t, enginetest.Late(t))
	r.store(t, privacy.Identity, 4, r.Clock.Now())
	r.Tables.Settle()
	key := func(i string) dynamo.Item {
		return dynamo.Key(fmt.Sprintf("s#%d-%s", r.Clock.Now().Unix(), i), "identity#x")
	}
	table := aws.String(r.Tables.Name("RecordsTable"))
	if _, err := r.Tables.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: table, Key: key("0"),
		UpdateExpression:          aws.String("SET expiresAt = :x"),
		ExpressionAttributeValues: dynamo.Item{":x": dynamo.Seconds(r.Clock.Now().AddDate(2, 0, 0))}}); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Tables.Client.UpdateItem(t.Context(), &dynamodb.UpdateItemInput{TableName: table, Key: key("1"),
		UpdateExpression: aws.String("REMOVE expiresAt")}); err != nil { // the data subject has a contract again
		t.Fatal(err)
	}
	if _, err := r.Tables.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: table, Key: key("2")}); err != nil {
		t.Fatal(err)
	}
	r.store(t, privacy.Identity, 5, r.Clock.Now().Add(-time.Hour))
	if report := r.sweep(t); report.Deleted() != 1 || r.Count("RecordsTable") != 2+5 {
		t.Errorf("by the old index: %d deleted, %d left", report.Deleted(), r.Count("RecordsTable"))
	}
	r.Tables.Settle()
	if report := r.sweep(t); report.Deleted() != 5 || report.Overdue() != 0 || r.Count("RecordsTable") != 2 {
		t.Errorf("five seconds later: %d deleted, %d left", report.Deleted(), r.Count("RecordsTable"))
	}
}

// F12: every query of a sweep is answered in pages of one item or none. Everything due is deleted, and nothing else.
func TestFault_F12_ASweepOfEmptyPages(t *testing.T) {
	r := newRig(t)
	sparse := &paging.DynamoDB{Next: http.DefaultTransport}
	r.Wire.Next = sparse
	r.store(t, privacy.Communication, 40, r.Clock.Now().AddDate(0, 0, -2))
	r.store(t, privacy.SecurityLog, 5, r.Clock.Now().Add(time.Second))
	if report := r.sweep(t); report.Deleted() != 40 || report.Overdue() != 0 || r.Count("RecordsTable") != 5 || sparse.Empty.Load() < 144 {
		t.Errorf("%d deleted, %d left, %d empty pages", report.Deleted(), r.Count("RecordsTable"), sparse.Empty.Load())
	}
}

// F09: DynamoDB's TTL deletes nothing here. The hourly sweep with the template's grace still deletes a record well within a day of
// its expiry, even a record that expires just after a sweep. Until then the record is stored and does not count as overdue.
func TestFault_F09_GoneWithinADay(t *testing.T) {
	r := newRig(t)
	r.purge.Grace = 12 * time.Hour
	for _, category := range privacy.Categories {
		r.store(t, category, 1, r.Clock.Now().Add(time.Second))
	}
	hours := 0
	for ; r.Count("RecordsTable") > 0 && hours < 48; hours++ {
		r.Clock.Advance(time.Hour)
		if report := r.sweep(t); report.Overdue() != 0 {
			t.Errorf("%d overdue after %d hours", report.Overdue(), hours+1)
		}
	}
	if hours < 12 || hours > 14 {
		t.Errorf("gone after %d hours", hours)
	}
}
