package records

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
)

var crm = audit.Actor{Kind: audit.Machine, ID: "crm"}

// retract takes a record of anna's back. It tries again while other calls are faster.
func (r *rig) retract(t testing.TB, category privacy.Category, id string) error {
	t.Helper()
	for {
		if err := r.intake.Retract(t.Context(), crm, from(r.intake, "anna@example.org").who(), category, id); fault.KindOf(err) != fault.Conflict {
			return err
		}
	}
}

// A record that is taken back is invisible at once, and the rest follows. The sweep deletes it, the same can be sent again, and the audit has an entry.
func TestPromise_F01_ARecordIsTakenBack(t *testing.T) {
	r := newRig(t)
	r.put(t, person("2026-06-01T00:00:00Z", "Anna"), record.Stored)
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	if err := r.retract(t, privacy.Account, "a"); err != nil {
		t.Fatal(err)
	}
	r.expect(t, "taken back", map[string]string{"identity#self": "2028-06-01T00:00:00Z"})
	for _, id := range []string{"a", "b"} {
		if err := r.retract(t, privacy.Account, id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", id, err)
		}
	}
	entries := r.audited(t)
	if len(entries) != 1 || dynamo.Text(entries[0], "act") != "record_retracted" || dynamo.Text(entries[0], "about") != string(r.sid(t)) || dynamo.Text(entries[0], "actor") != "crm" {
		t.Errorf("%v", entries)
	}
	r.tables.Settle()
	deleted := 0
	for shard := range Shards {
		for item, err := range r.writer.Due(t.Context(), privacy.Account, shard) {
			if gone, failed := r.writer.Delete(t.Context(), item, r.clock.Now()); err != nil || failed != nil || !gone {
				t.Fatal(gone, err, failed)
			}
			deleted++
		}
	}
	if deleted != 1 && !r.tables.TTLFirst() {
		t.Errorf("the sweep deleted %d", deleted)
	}
	r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	r.expect(t, "sent again", map[string]string{"account#a": "", "identity#self": ""})
}

// F11: a record that was deleted between the look-up and the write is not created again by a retraction.
func TestFault_F11_ARetractionBringsNothingBack(t *testing.T) {
	r := newRig(t)
	r.put(t, person("2026-06-01T00:00:00Z", "Anna"), record.Stored)
	before, _, err := r.writer.subjects.State(t.Context(), r.sid(t))
	if err != nil {
		t.Fatal(err)
	}
	retraction := intake.Retraction{Subject: r.sid(t), Before: before, Holders: []privacy.SubjectID{r.sid(t)}, Category: privacy.Identity, ID: "self", At: r.clock.Now()}
	retraction.Change.ID, retraction.Entry.ID = "change", "change"
	if _, err := r.tables.Client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String(r.writer.Table), Key: recordKey(r.sid(t), privacy.Identity, "self")}); err != nil {
		t.Fatal(err)
	}
	if lost, err := r.writer.Retract(t.Context(), retraction); !lost || err != nil || len(r.scan(t, "RecordsTable"))+len(r.scan(t, "LedgerTable"))+r.steps(t) != 0 {
		t.Errorf("%t %v, %d records", lost, err, len(r.scan(t, "RecordsTable")))
	}
	r.put(t, person("2026-06-01T00:00:00Z", "Anna"), record.Stored)
	retraction.Before.Accounts-- // another account record was written since
	if lost, err := r.writer.Retract(t.Context(), retraction); !lost || err != nil || len(r.stored(t)) != 1 {
		t.Errorf("%t %v", lost, err)
	}
}

// F03, F01: a retraction is cut off anywhere, or its answer is lost. What the task repeats brings everything in step.
func TestFault_F03_ARetractionIsCutOffAnywhere(t *testing.T) {
	cutOff := func(after int, lose bool) (calls int) {
		r := newRig(t)
		r.put(t, person("2026-06-01T00:00:00Z", "Anna"), record.Stored)
		r.put(t, account("a", "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
		if lose {
			r.lose = "TransactWriteItems"
		}
		calls = r.cut(t, after, func() { _ = r.retract(t, privacy.Account, "a") })
		if err := r.retract(t, privacy.Account, "a"); err != nil && fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		if _, err := r.intake.Rebuild(t.Context(), r.sid(t)); err != nil {
			t.Fatal(err)
		}
		r.expect(t, fmt.Sprintf("cut after %d calls", after), map[string]string{"identity#self": "2028-06-01T00:00:00Z"})
		if entries := r.audited(t); len(entries) != 1 || r.count(t, "RequestsTable", "y#") != 1 {
			t.Errorf("cut after %d calls: %d entries", after, len(entries))
		}
		return calls
	}
	calls := cutOff(never, false)
	cutOff(never, true)
	if calls < 8 {
		t.Fatalf("only %d calls", calls)
	}
	for _, after := range soak.Sample(cuts(calls), 4) {
		cutOff(after, false)
	}
}

// F15: accounts are taken back while other calls end them. In the end nobody has a contract by a record that is gone.
func TestFault_F15_RetractionsBesideWriters(t *testing.T) {
	r := newRig(t)
	r.put(t, person("2026-06-01T00:00:00Z", "Anna"), record.Stored)
	const accounts = 3
	for i := range accounts {
		r.put(t, account(fmt.Sprint(i), "2026-11-01T00:00:00Z", "2026-01-01T00:00:00Z", ""), record.Stored)
	}
	var wg sync.WaitGroup
	for i := range accounts {
		wg.Go(func() {
			if err := r.retract(t, privacy.Account, fmt.Sprint(i)); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			r.takes(t, from(r.intake, "anna@example.org").who(), account("x"+fmt.Sprint(i), "2026-11-02T00:00:00Z", "2026-01-01T00:00:00Z", "2026-10-31T00:00:00Z"))
		})
	}
	wg.Wait()
	if _, err := r.intake.Rebuild(t.Context(), r.sid(t)); err != nil { // as the task does, in case a call left its walk to it
		t.Fatal(err)
	}
	want := map[string]string{"identity#self": "2028-10-31T00:00:00Z"}
	for i := range accounts {
		want["account#x"+fmt.Sprint(i)] = "2028-10-31T00:00:00Z"
	}
	r.expect(t, "in the end", want)
}

// audited returns the audit entries.
func (r *rig) audited(t *testing.T) []dynamo.Item {
	t.Helper()
	return slices.DeleteFunc(r.scan(t, "LedgerTable"), func(item dynamo.Item) bool { return !strings.HasPrefix(dynamo.Text(item, dynamo.PK), "audit#") })
}
