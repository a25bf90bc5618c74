package periods

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/erasure"
	"github.com/helpdeskexpert/privacy/shared/erasure/certificate"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// erases files a request for erasure, confirms it, and opens the erasure.
func (s *rig) erases() request.File {
	s.T.Helper()
	r := s.File(request.Filing{Right: privacy.Erasure, Email: anna})
	s.Prove(r.ID)
	opening := &erasure.Opening{Register: s.Requests, Addresses: s, ForTeam: func(context.Context, string) { s.T.Error("it went to the team") }, Policy: s.InForce}
	s.must(opening.Answer(s.T.Context(), s.Load(r.ID), noon))
	return s.Load(r.ID)
}

// told is a mailer that mails nothing.
type told struct{ erasure.Mailer }

func (told) ErasureAgreed(context.Context, string, request.Request, erasure.Erasure, subject.Token) error {
	return nil
}

// Whoever agreed to the plan of an erasure has the hours of the policy to cancel it.
func theErasureBeginsLater(t *testing.T, s *rig) {
	s.Take(anna, record.Record{Category: privacy.Identity, ID: "self", Source: privacy.Direct, OccurredAt: noon, Data: []byte(`{"firstName":"Anna","lastName":"Byron"}`)})
	file := s.erases()
	s.Eraser.Mailer = told{}
	s.must(s.Eraser.Run(t.Context(), file.Request.ID))
	file = s.Load(file.Request.ID)
	e := erasure.Of(file)
	e.State, e.AgreedAt, e.Agreed, e.Due = erasure.Telling, noon, e.Plan.Hash(), work.Due{NextAt: noon}
	_, err := s.Requests.Save(t.Context(), file, e)
	s.must(err)
	s.must(s.Eraser.Run(t.Context(), e.Request))
	begins := noon.Add(time.Duration(s.Policy.CoolingOff) * time.Hour)
	if got := erasure.Of(s.Load(e.Request)); got.State != erasure.Cooling || !got.ErasesAt.Equal(begins) || !got.NextAt.Equal(begins) {
		t.Errorf("the erasure is %s and begins %v, not %v", got.State, got.ErasesAt, begins)
	}
}

// A certificate says from when on no backup has what was erased.
func theCertificateSaysWhenBackupsAreFree(t *testing.T, s *rig) {
	text, err := json.Marshal(s.Policy)
	s.must(err)
	c, err := certificate.Of(text, request.Request{ID: "r"}, erasure.Erasure{ErasedAt: noon}, noon)
	s.must(err)
	if want := noon.AddDate(0, 0, s.Policy.BackupDays); !c.BackupsUntil.Equal(want) {
		t.Errorf("backups are free of it from %v on, not %v", c.BackupsUntil, want)
	}
}

// pointInTime is how many days back DynamoDB can restore a table that says nothing else.
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
const pointInTime = 35

// F17: backups reach back as far as the policy says, and what must be done again after a restore is kept for longer.
func TestFault_F17_WhatIsDoneAgainOutlivesBackups(t *testing.T) {
	p := policy.Newest()
	for _, table := range template(t).Tables {
		days := template(t).Resources[table.LogicalID].Properties.Get("PointInTimeRecoverySpecification", "RecoveryPeriodInDays").Int()
		if days == 0 {
			days = pointInTime
		}
		if days != p.BackupDays {
			t.Errorf("%s can be restored as it was %d days ago; the policy says %d", table.LogicalID, days, p.BackupDays)
		}
	}
	if kept := p.SpanOf(policy.ReplayEntry); !kept.After(noon).After(noon.AddDate(0, 0, p.BackupDays)) {
		t.Errorf("what must be done again is kept for %s, and backups for %d days", kept, p.BackupDays)
	}
}
