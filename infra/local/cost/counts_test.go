// Package cost computes what the service costs, for README. It uses calls counted on a real engine, template.yaml, and list prices.
package cost

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	reminding "github.com/helpdeskexpert/privacy/shared/dynamo/reminders"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
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
	campaigns    units // a schedule's search for campaigns that have work, when none has
	sweep        units // a sweep of nothing
	reminders    units // a run of the reminders when nobody has to be reminded
	letter       units // of a campaign, for one recipient
	recipient    int   // bytes of what is stored about one
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

	runner := runner(s)
	if err := runner.Run(t.Context()); err != nil { // the first run notes that nobody is told about the versions in force
		t.Fatal(err)
	}
	tables.Settle()
	m.Take()
	c.campaigns = took(runner.Run(t.Context()))

	c.sweep = took(sweep(s))
	c.reminders = took(reminders(s).Run(t.Context()))
	c.letter, c.recipient = campaign(t)
	return c
}

// reminders reminds the team and people of what waits. Nothing does.
func reminders(s *servicetest.Rig) *request.Reminders {
	in := policy.InForce
	return &request.Reminders{
		Queue: s.Requests, Register: s.Requests, Progress: &reminding.Store{Client: s.Client, Table: s.Ledger.Table, Policy: in, Now: s.Clock.Now},
		Measure: func(context.Context, request.Digest) {}, Policy: in, Now: s.Clock.Now,
	}
}

// sweep does what a sweep does when nothing has expired.
func sweep(s *servicetest.Rig) error {
	ctx := s.T.Context()
	release, _, err := s.Ledger.Lease(ctx, noon.Add(time.Minute))
	if err != nil {
		return err
	}
	from, err := s.Ledger.Positions(ctx)
	if err != nil {
		return err
	}
	rows, next, err := retention.Survey{Own: s.Own, Policy: s.InForce, Now: s.Clock.Now}.Run(ctx, from)
	if err != nil {
		return err
	}
	report, err := retention.Sweep{Records: s.Records.Store, Policy: s.InForce, Now: s.Clock.Now}.Run(ctx)
	if err != nil {
		return err
	}
	report.Own = rows
	if err := s.Ledger.Keep(ctx, report); err != nil {
		return err
	}
	if err := s.Ledger.SavePositions(ctx, from, next); err != nil {
		return err
	}
	return release(ctx)
}
