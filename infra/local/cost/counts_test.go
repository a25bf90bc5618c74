// Package cost computes what the service costs, for README: from calls that are counted on a real engine, from template.yaml, and from list prices.
package cost

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/ledger"
	"github.com/helpdeskexpert/privacy/shared/dynamo/own"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/web/consentapi"
)

// units is the capacity that something takes of DynamoDB.
type units struct{ writes, reads float64 }

// counts is what was counted.
type counts struct {
	first, later units // a decision of a visitor who has not, and who has decided before
	item, answer int   // bytes of a consent record, as DynamoDB counts them, and of what the website is told of it
	look         units // a schedule's look for work, when there is none
	sweep        units // a sweep of nothing
}

// noon is when all of it happens, so that no number is longer one day than another.
func noon() time.Time { return time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC) }

// count does each once and counts.
func count(t *testing.T) (c counts) {
	tables, m := enginetest.DynamoDB(t), &enginetest.Meter{}
	client := m.Client(tables.Client)
	took := func(err error) units {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		_, writes, reads := m.Take()
		return units{writes, reads}
	}

	visitor, _ := consent.Visitor(uuid.NewString())
	recorder := &consent.Recorder{Log: &consents.Store{Client: client, Table: tables.Name("ConsentsTable")}, Periods: policy.CurrentConsentPeriods(), Now: noon}
	act := consent.Act{Subject: visitor, Operation: uuid.NewString(), PolicyVersion: policy.CurrentVersion, Language: "en", Surface: "banner", First: true,
		Decisions: map[privacy.Purpose]consent.State{privacy.AnalyticsCookies: consent.Granted, privacy.MarketingCookies: consent.Denied}}
	_, err := recorder.Record(t.Context(), act)
	c.first = took(err)
	act.Operation, act.First = uuid.NewString(), false
	record, err := recorder.Record(t.Context(), act)
	c.later = took(err)
	told := httptest.NewRecorder()
	consentapi.Show(told, httptest.NewRequest("POST", "/v1/consents", nil), http.StatusCreated, record, noon())
	c.answer = told.Body.Len()
	table := tables.Name("ConsentsTable")
	out, err := tables.Client.Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || len(out.Items) != 2 {
		t.Fatal(len(out.Items), err)
	}
	c.item = enginetest.Size(out.Items[0])

	work := &requests.Store{Client: client, Table: tables.Name("RequestsTable"), Policy: policy.Current(), Terms: policy.TermsOf, Now: noon}
	_, err = work.Due(t.Context(), noon())
	c.look = took(err)

	book := &ledger.Store{Client: client, Table: tables.Name("LedgerTable"), Policy: policy.Current(), Now: noon}
	release, _, err := book.Lease(t.Context(), noon().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	kinds := &own.Store{Client: client, Consents: table, Subjects: tables.Name("SubjectsTable"), Requests: work.Table, Ledger: book.Table}
	from, err := book.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, next, err := retention.Survey{Own: kinds, Policy: policy.Current(), Now: noon}.Run(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	sweep := retention.Sweep{Records: records.New(client, tables.Name("RecordsTable"), noon), Policy: policy.Current(), Now: noon}
	report, err := sweep.Run(t.Context())
	if report.Own = rows; err == nil {
		err = book.Keep(t.Context(), report)
	}
	if err == nil {
		err = book.SavePositions(t.Context(), from, next)
	}
	if err == nil {
		err = release(t.Context())
	}
	c.sweep = took(err)
	return c
}

// stack is what of template.yaml costs.
type stack struct {
	secrets, alarmed  int // secrets, and metrics that alarms watch
	logLine           int // bytes of a line of the access log for a decision
	fulfil, export    float64
	purge, consenting float64 // memory of functions, in GB
}

func read(t *testing.T) (s stack) {
	template, err := sam.Load(filepath.Join(engine.Root(), "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range template.Resources {
		if r.Type == "AWS::SecretsManager::Secret" {
			s.secrets++
		}
	}
	for _, a := range template.Alarms() {
		s.alarmed += len(a.Metrics)
	}
	for name, gigabytes := range map[string]*float64{"Fulfil": &s.fulfil, "Export": &s.export, "Purge": &s.purge, "Consent": &s.consenting} {
		f, found := template.Function(name + "Function")
		if !found || name != "Consent" && len(f.Schedules) != 1 {
			t.Fatalf("%s is not the function that this was written for", name)
		}
		*gigabytes = float64(f.MemoryMB) / 1024
	}
	s.logLine = len(strings.NewReplacer("$context.requestId", "JKJaXmPLvHcESHA=", "$context.requestTimeEpoch", "1795435200000", "$context.routeKey", "POST /v1/consents",
		"$context.status", "201", "$context.responseLatency", "12", "$context.responseLength", "512").Replace(template.API.LogFormat))
	return s
}
