package main

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

const (
	cooling = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0ee" // an erasure that can be cancelled
	erased  = "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0ef" // an erasure that two systems have not confirmed
)

// storeErasures stores two erasures.
func storeErasures(t *testing.T, files *requests.Store) {
	t.Helper()
	now := time.Now().UTC().Truncate(time.Second)
	plan := erasure.Plan{PolicyVersion: "2026-11-02", Items: []erasure.Item{
		{Kind: policy.Kind(privacy.Identity), Count: 3, Counted: true},
		{Kind: policy.Kind(privacy.Transaction), Ground: privacy.LegalDuty, Count: 2, Counted: true},
		{Kind: policy.ConsentRecord, Ground: privacy.LegalClaims, Counted: true},
	}}
	for _, e := range []erasure.Erasure{
		{Request: cooling, State: erasure.Cooling, ErasesAt: now.AddDate(0, 0, 3), Due: work.Due{NextAt: now.AddDate(0, 0, 3)}},
		{Request: erased, State: erasure.Watching, BegunAt: now.Add(-time.Hour), ErasedAt: now, Certificate: "signed", Due: work.Due{NextAt: now.AddDate(0, 0, 1)},
			Systems: []erasure.System{{ID: "crm"}, {ID: "payments"}, {ID: "helpdesk", AcknowledgedAt: now}}},
	} {
		e.Plan, e.PlannedAt, e.ExpiresAt = plan, now.AddDate(0, 0, -1), now.AddDate(2, 0, 0)
		r := request.Request{ID: e.Request, Right: privacy.Erasure, State: request.Open, Waiting: request.ForCooling, Email: "canary@example.com", PolicyVersion: "2026-11-02",
			Terms: policy.TermsOf("2026-11-02"), ReceivedAt: now.AddDate(0, 0, -1), VerifiedAt: now.AddDate(0, 0, -1)}
		if !e.ErasedAt.IsZero() {
			r.Close(request.Fulfilled, now)
		}
		if _, err := files.Save(t.Context(), request.File{Request: r}, r, e); err != nil {
			t.Fatal(err)
		}
	}
}
