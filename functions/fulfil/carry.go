package main

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/retention"
)

// carry brings a grant or a withdrawal by e-mail address to the data subject's state and marketing records (promise F04).
type carry struct {
	log    *consents.ByMail
	writer *records.Writer
}

func (c carry) Carry(ctx context.Context, id privacy.SubjectID) error {
	return c.log.Carry(ctx, id, func(ctx context.Context, newest consent.Record) error {
		return c.writer.Consented(ctx, id, choice(newest.Decisions[privacy.MarketingEmail].State),
			retention.Proof{Until: newest.ExpiresAt, Version: newest.Version})
	})
}

// choice is what the newest record says about marketing mail, whether or not it is time to ask again: neither a consent nor a withdrawal
// turns into its opposite by age.
func choice(state consent.State) retention.Choice {
	switch state {
	case consent.Granted:
		return retention.Consented
	case consent.Denied:
		return retention.Withdrawn
	default:
		return retention.NoChoice
	}
}
