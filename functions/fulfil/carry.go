package main

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// carry brings a grant or a withdrawal by e-mail address to the data subject's state and marketing records (promise F04).
type carry struct {
	log    *consents.ByMail
	intake *intake.Intake
}

func (c carry) Carry(ctx context.Context, id privacy.SubjectID) error {
	return c.log.Carry(ctx, id, func(ctx context.Context, newest consent.Record) error { return c.intake.FollowConsent(ctx, id, newest) })
}
