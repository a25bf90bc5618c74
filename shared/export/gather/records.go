package gather

import (
	"context"
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/record"
)

// records adds the data subject's records, in the order of their keys. They are read page by page while the bundle is written.
func (g *gathering) records(ctx context.Context) error {
	if g.subject == "" {
		return nil
	}
	g.in.Records = func(yield func(bundle.Record, error) bool) {
		for r, err := range g.stored(ctx) {
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

// stored yields the records of the data subject and of everybody who was joined to them, in the order of their keys. Of several records with one
// key it yields the newest.
func (g *gathering) stored(ctx context.Context) iter.Seq2[record.OnFile, error] {
	lists := make([]iter.Seq2[record.OnFile, error], len(g.persons))
	for i, id := range g.persons {
		lists[i] = g.Records.Stored(ctx, id)
	}
	if len(lists) == 1 {
		return lists[0]
	}
	return merged(lists)
}

// proof is a consent record in consents.json (GDPR Art. 7(1)); schema/consents.schema.json of the bundle describes it.
type proof struct {
	receipt.Facts
	RecordedAt time.Time `json:"recordedAt"`
	Receipt    string    `json:"receipt"` // JWS, as the service would give it to a visitor
}

// proofs adds the consent records of the data subject and of everybody who was joined to them with their receipts, oldest first. They are the
// person's own decisions, so they are portable too.
func (g *gathering) proofs(ctx context.Context) error {
	var all []consent.Record
	for _, id := range g.persons {
		from := len(all)
		for record, err := range g.Consents.History(ctx, consent.Address(id), g.Now()) {
			if err != nil {
				return err
			}
			all = append(all, record)
		}
		slices.Reverse(all[from:])
	}
	slices.SortStableFunc(all, func(a, b consent.Record) int { return a.RecordedAt.Compare(b.RecordedAt) })
	for _, record := range all {
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
	return nil
}
