package erasure

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Deletion implements [request.Deleter].
func (e Erasure) Deletion(p *policy.Policy, right privacy.Right) request.Deletion {
	d := request.Deletion{PlannedAt: e.PlannedAt, AgreedAt: e.AgreedAt, ErasesAt: e.ErasesAt, BegunAt: e.BegunAt, ErasedAt: e.ErasedAt, Certificate: e.Certificate}
	for _, row := range e.Plan.Rows(p, right) {
		d.Kinds = append(d.Kinds, request.DeletedKind{
			Title: row.Title, Count: row.Count, Counted: row.Counted, Ground: row.Ground, Law: row.Law, Reason: row.Reason, Drops: row.Drops, Until: row.Until,
		})
	}
	for _, s := range e.Systems {
		title := s.ID
		if i := slices.IndexFunc(p.Systems, func(of policy.System) bool { return of.ID == s.ID }); i >= 0 {
			title = p.Systems[i].Title
		}
		d.Systems = append(d.Systems, request.DeletedSystem{Title: title, AcknowledgedAt: s.AcknowledgedAt})
	}
	return d
}
