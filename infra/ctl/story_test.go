package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/dynamo/notices"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"ctl": main}) }

// The stories in testdata run the real main against a real engine.
func TestStories(t *testing.T) {
	stores := servicetest.NewStores(t)
	store(t, stores)
	tables := stores.Tables
	storePeople(t, tables.Client, records.Tables{Records: tables.Name("RecordsTable"), Subjects: tables.Name("SubjectsTable"), Requests: tables.Name("RequestsTable"),
		Ledger: tables.Name("LedgerTable")}, tables.Name("ConsentsTable"))
	createLocal(t, tables.Client)
	copied := enginetest.DynamoDB(t) // that were restored, and are empty
	box, mail := inbox(t)
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: map[string]func(*testscript.TestScript, bool, []string){"mailed": arrived(box), "audited": audited(stores), "released": released(stores), "decided": decided(stores), "person": person(stores), "hold": hold(stores), "held": held(stores)}, Setup: func(e *testscript.Env) error {
		e.Setenv("AWS_ENDPOINT_URL_DYNAMODB", *tables.Client.Options().BaseEndpoint)
		e.Setenv("AWS_REGION", engine.Region)
		e.Setenv("AWS_ACCESS_KEY_ID", "local")
		e.Setenv("AWS_SECRET_ACCESS_KEY", "local")
		e.Setenv("LEDGER_TABLE", tables.Name("LedgerTable"))
		e.Setenv("REQUESTS_TABLE", tables.Name("RequestsTable"))
		e.Setenv("EMPTY_TABLE", tables.Name("ConsentsTable"))
		e.Setenv("SUBJECTS_TABLE", tables.Name("SubjectsTable"))
		e.Setenv("RECORDS_TABLE", tables.Name("RecordsTable"))
		e.Setenv("EXPORT_BUCKET", "exports")
		for _, table := range []string{"Records", "Subjects", "Requests", "Consents"} {
			e.Setenv("COPY_"+strings.ToUpper(table), copied.Name(table+"Table"))
		}
		e.Setenv("HOUR_AGO", time.Now().Add(-time.Hour).UTC().Format(time.RFC3339))
		e.Setenv("LONG_AGO", time.Now().AddDate(0, 0, -40).UTC().Format(time.RFC3339))
		e.Setenv("USERNAME", operator().ID)
		e.Setenv("ALIAS_KEY", string(servicetest.Aliases))
		e.Setenv("NOTICES_TABLE", tables.Name("NoticesTable"))
		e.Setenv("AWS_ENDPOINT_URL_SESV2", mail)
		e.Setenv("CURRENT", policy.Versions()[0].Version)
		e.Setenv("ROOT", engine.Root())
		endpoints := fmt.Sprintf(`{"dynamodb": %q, "sesv2": %q}`, *tables.Client.Options().BaseEndpoint, mail)
		secrets := fmt.Sprintf(`{"AliasSecret": %q}`, servicetest.Aliases)
		return errors.Join(writeReceipt(e.WorkDir), writeTyped(e.WorkDir), os.Mkdir(filepath.Join(e.WorkDir, "stack"), 0o700),
			os.WriteFile(filepath.Join(e.WorkDir, "stack", "endpoints.json"), []byte(endpoints), 0o600),
			os.WriteFile(filepath.Join(e.WorkDir, "stack", "secrets.json"), []byte(secrets), 0o600))
	}})
}

const (
	late  = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de" // a request whose deadline has passed
	done  = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0df" // a request that was answered
	hung  = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e0" // a request whose export has stopped
	same  = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e1" // a request that only repeated another
	alien = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e2" // a request that the holder of the address did not file
	odd   = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0e3" // a request by an address that somebody contests
)

// createLocal creates the tables as the local stack names them, with the requests and without a report.
func createLocal(t *testing.T, client *dynamodb.Client) {
	t.Helper()
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range template.Tables {
		if slices.Contains([]string{"LedgerTable", "RequestsTable", "NoticesTable", "SubjectsTable", "RecordsTable", "ConsentsTable"}, table.LogicalID) {
			table.StreamView = ""
			if err := engine.Create(t.Context(), client, table, table.LogicalID); err != nil {
				t.Fatal(err)
			}
		}
	}
	storePeople(t, client, records.Tables{Records: "RecordsTable", Subjects: "SubjectsTable", Requests: "RequestsTable", Ledger: "LedgerTable"}, "ConsentsTable")
	storeRequests(t, &requests.Store{Client: client, Table: "RequestsTable", Terms: policy.TermsOf, Now: time.Now})
	storeCampaigns(t, &notices.Store{Client: client, Table: "NoticesTable", Ledger: "LedgerTable", Now: time.Now})
}

// store fills the tables with a report and requests.
func store(t *testing.T, stores *servicetest.Stores) {
	t.Helper()
	started := time.Date(2026, 8, 25, 0, 0, 0, 0, time.UTC)
	for i, at := range []time.Time{time.Now().Add(-time.Hour), time.Now()} {
		err := stores.Ledger.Keep(t.Context(), retention.Report{SweptAt: at, Categories: []retention.CategoryReport{
			{Category: privacy.SecurityLog, Rule: "security_logs", Deleted: 41 + i, Oldest: &started, Overdue: i},
			{Category: privacy.Marketing, Rule: "marketing"}},
			Own: []retention.OwnReport{{Kind: policy.Confirmation, Rule: "confirmations", Looked: 31 + i, Expired: 5, ExpiredAt: &started, Ignored: 1},
				{Kind: policy.SubjectAlias, Rule: "subject_index", Looked: 12}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	storeRequests(t, stores.Requests)
	storeCampaigns(t, &notices.Store{Client: stores.Tables.Client, Table: stores.Tables.Name("NoticesTable"), Ledger: stores.Tables.Name("LedgerTable"), Now: time.Now})
}

func storeRequests(t *testing.T, files *requests.Store) {
	t.Helper()
	received := time.Now().AddDate(0, -3, 0)
	for _, r := range []request.Request{
		{ID: late, State: request.Open, ReceivedAt: received, Repeats: 2, RepeatedAt: received.Add(time.Minute), VerifiedAt: received.Add(time.Hour)},
		{ID: done, State: request.Fulfilled, ReceivedAt: received, VerifiedAt: received.Add(time.Hour), ClosedAt: received.Add(2 * time.Hour), Attempts: 1},
		{ID: hung, State: request.Fulfilling, ReceivedAt: time.Now().AddDate(0, 0, -4), VerifiedAt: time.Now().AddDate(0, 0, -4), Attempts: 1},
		{ID: odd, State: request.Open, ReceivedAt: time.Now().AddDate(0, 0, -4), VerifiedAt: time.Now().AddDate(0, 0, -4)},
		{ID: same, State: request.Lapsed, ReceivedAt: received, ClosedAt: received},
		{ID: alien, State: request.Withdrawn, ReceivedAt: received, ClosedAt: received.Add(time.Hour)},
	} {
		r.Right, r.Email, r.Details, r.PolicyVersion = privacy.Access, "canary@example.com", "canary details", "2026-11-02"
		r.Terms = policy.TermsOf(r.PolicyVersion)
		items := []request.Item{r.Record(request.EventReceived, received)}
		switch r.ID {
		case odd:
			items = append(items, r.ToTeam(string(subject.Frozen), r.VerifiedAt))
		case same:
			items = append(items, r.Record(request.EventRepeated, received))
		case alien:
			items = append(items, r.RecordReturned(request.EventLinkReturned, feedback.Event{Mail: feedback.Mail{Part: "link-1"}, Reason: "mailbox_full"}, received),
				r.Record(request.EventDiscarded, r.ClosedAt))
		case done:
			items = append(items, export.Attempt{Request: r.ID, Number: 1, State: export.Sent, CreatedAt: received, ExpiresAt: received.AddDate(2, 3, 0), OpenUntil: time.Now().AddDate(0, 0, 7), Object: "canary-object", Bytes: 4096})
		case hung:
			items = append(items, export.Attempt{Request: r.ID, Number: 1, State: export.Stopped, CreatedAt: received, ExpiresAt: received.AddDate(2, 3, 0), Due: work.Due{Try: 80}})
		}
		if r.State.Final() && !r.Confirmed() {
			r.Email, r.Details = "", ""
		}
		if _, err := files.Save(t.Context(), request.File{Request: r}, append(items, r)...); err != nil {
			t.Fatal(err)
		}
	}
	storeForTeam(t, files)
	storeMails(t, files)
	storeErasures(t, files)
}

// writeReceipt puts a receipt, its key set and another service's set into the story's folder.
func writeReceipt(dir string) error {
	for name, secret := range map[string]string{"jwks.json": strings.Repeat("a", 32), "other.json": strings.Repeat("b", 32)} {
		keys, err := receipt.NewKeys(secret, "")
		if err != nil {
			return err
		}
		published, err := keys.Published()
		if err != nil {
			return err
		}
		set, err := json.Marshal(published)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, name), set, 0o600); err != nil {
			return err
		}
		if name == "other.json" {
			continue
		}
		jws, err := keys.Sign(receipt.Facts{Subject: "c3ViamVjdA", RecordedAt: time.Unix(1795435200, 0), Version: 3, PolicyVersion: "2026-11-02", Language: "en", Surface: "banner"})
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "receipt.jws"), []byte(jws+"\n"), 0o600); err != nil {
			return err
		}
	}
	return nil
}
