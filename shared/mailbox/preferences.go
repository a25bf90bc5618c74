package mailbox

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Preferences returns the newest consent record of the holder of a preferences link. It returns fault.NotFound if the link does not open.
func (c *Consents) Preferences(ctx context.Context, id string, token subject.Token) (consent.Record, error) {
	waiting, err := c.holder(ctx, id, token)
	if err != nil {
		return consent.Record{}, err
	}
	return c.Recorder.Current(ctx, waiting.Act.Subject)
}

// Withdraw records an act that denies purposes, for the holder of a preferences link. It returns fault.NotFound if the link does not open.
// The other errors are those of [consent.Recorder.Record].
func (c *Consents) Withdraw(ctx context.Context, id string, token subject.Token, act consent.Act) (consent.Record, error) {
	waiting, err := c.holder(ctx, id, token)
	if err != nil {
		return consent.Record{}, err
	}
	act.Subject = waiting.Act.Subject
	return c.Recorder.Record(ctx, act)
}

// holder returns the confirmation whose preferences the token opens. A look or a withdrawal does not use the token up.
func (c *Consents) holder(ctx context.Context, id string, token subject.Token) (Confirmation, error) {
	waiting, err := c.load(ctx, id)
	if err != nil {
		return Confirmation{}, err
	}
	if !waiting.opensPreferences(c.Tokens, token, c.Recorder.Rules().PreferencesLife(), c.Recorder.Time()) {
		return Confirmation{}, errLink
	}
	return waiting, nil
}
