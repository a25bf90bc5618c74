package gather

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
)

// records adds the data subject's records, in the order of their keys. They are read page by page while the bundle is written.
func (g *gathering) records(ctx context.Context) error {
	if g.subject == "" {
		return nil
	}
	g.in.Records = func(yield func(bundle.Record, error) bool) {
		for r, err := range g.Records.Stored(ctx, g.subject) {
			if !yield(bundle.Record{
				Category: r.Category, ID: r.ID, Source: r.Source, OccurredAt: r.OccurredAt,
				StoredAt: r.StoredAt, ExpiresAt: r.ExpiresAt, Data: r.Data,
			}, err) {
				return
			}
		}
	}
	return nil
}

// proof is a consent record in consents.json (GDPR Art. 7(1)); schema/consents.schema.json of the bundle describes it.
type proof struct {
	receipt.Facts
	RecordedAt time.Time `json:"recordedAt"`
	Receipt    string    `json:"receipt"` // JWS, as the service would give it to a visitor
}

// proofs adds the data subject's consent records with their receipts, oldest first. They are the person's own decisions, so they are
// portable too.
func (g *gathering) proofs(ctx context.Context) error {
	if g.subject == "" {
		return nil
	}
	for record, err := range g.Consents.History(ctx, consent.Address(g.subject), g.Now()) {
		if err != nil {
			return err
		}
		facts := receipt.Of(record)
		signed, err := g.Receipts.Sign(facts)
		if err != nil {
			return err
		}
		shown, err := json.Marshal(proof{facts, record.RecordedAt, signed})
		if err != nil {
			return err
		}
		g.in.Consents = append(g.in.Consents, shown)
	}
	slices.Reverse(g.in.Consents)
	return nil
}
