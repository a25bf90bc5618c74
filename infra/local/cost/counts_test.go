// Package cost computes what the service costs, for README. It uses calls counted on a real engine, template.yaml, and list prices.
package cost

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine"
	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/infra/sam"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
	"github.com/helpdeskexpert/privacy/shared/web/consentapi"
)

// units is DynamoDB capacity that was consumed.
type units struct{ writes, reads float64 }

// counts are the counted units and sizes.
type counts struct {
	first, later units // a decision of a visitor who has not, and who has decided before
	item, answer int   // bytes of a consent record, as DynamoDB counts them, and of what the website is told of it
	look         units // a schedule's search for work, when there is none
	sweep        units // a sweep of nothing
}

// noon is when everything happens, so that no number has more digits on one day than on another.
var noon = time.Date(2026, 11, 23, 12, 34, 56, 0, time.UTC)

// count does each thing once and counts what it takes.
func count(t *testing.T) (c counts) {
	tables, m := enginetest.DynamoDB(t), &enginetest.Meter{}
	tables.Client = m.Client(tables.Client)
	s := servicetest.Open(t, tables, policy.InForce)
	s.Clock.Set(noon)
	took := func(err error) units {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		_, writes, reads := m.Take()
		return units{writes, reads}
	}

	visitor, _ := consent.Visitor(uuid.NewString())
	recorder := s.ByAddress.Recorder
	recorder.Log = &s.Consents.Store
	act := consent.Act{Subject: visitor, Operation: uuid.NewString(), PolicyVersion: policy.VersionInForce(noon), Language: "en", Surface: "banner", First: true,
		Decisions: map[privacy.Purpose]consent.State{privacy.AnalyticsCookies: consent.Granted, privacy.MarketingCookies: consent.Denied}}
	_, err := recorder.Record(t.Context(), act)
	c.first = took(err)
	act.Operation, act.First = uuid.NewString(), false
	record, err := recorder.Record(t.Context(), act)
	c.later = took(err)
	told := httptest.NewRecorder()
	consentapi.Show(told, httptest.NewRequest("POST", "/v1/consents", nil), http.StatusCreated, record, recorder)
	c.answer = told.Body.Len()
	items := s.Scan("ConsentsTable")
	if len(items) != 2 {
		t.Fatal(len(items))
	}
	c.item = enginetest.Size(items[0])
	m.Take() // the scan was the test's

	_, err = s.Queue.Due(t.Context(), noon)
	c.look = took(err)

	release, _, err := s.Ledger.Lease(t.Context(), noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	from, err := s.Ledger.Positions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, next, err := retention.Survey{Own: s.Own, Policy: s.InForce, Now: s.Clock.Now}.Run(t.Context(), from)
	if err != nil {
		t.Fatal(err)
	}
	report, err := retention.Sweep{Records: s.Records.Store, Policy: s.InForce, Now: s.Clock.Now}.Run(t.Context())
	if report.Own = rows; err == nil {
		err = s.Ledger.Keep(t.Context(), report)
	}
	if err == nil {
		err = s.Ledger.SavePositions(t.Context(), from, next)
	}
	if err == nil {
		err = release(t.Context())
	}
	c.sweep = took(err)
	return c
}

// stack is the part of template.yaml that costs money.
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
