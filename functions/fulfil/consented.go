package main

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// consented brings a grant or a withdrawal by e-mail address to the data subject's state and marketing records (promise F04).
type consented struct {
	log    *consents.ByMail
	writer *records.Writer
}

func (c consented) apply(ctx context.Context, id privacy.SubjectID) error {
	return c.log.Apply(ctx, id, func(ctx context.Context, newest consent.Record) error { return c.writer.Consented(ctx, id, newest) })
}
