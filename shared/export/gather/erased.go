package gather

import (
	"github.com/helpdeskexpert/privacy/shared/export/bundle"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/standing"
)

// erasureOf returns what an erasure that a request asks for will do, or has done. It is nil for any other request, and before it is planned.
func erasureOf(file request.File, p *policy.Policy) *bundle.Erasure {
	answer, erases := file.Answer.(request.Deleter)
	if !erases {
		return nil
	}
	d := answer.Deletion(p, file.Request.Right)
	out := &bundle.Erasure{PlannedAt: d.PlannedAt, AgreedAt: d.AgreedAt, ErasesAt: d.ErasesAt, BegunAt: d.BegunAt, ErasedAt: d.ErasedAt, Certificate: d.Certificate}
	for _, k := range d.Kinds {
		one := bundle.ErasedKind{Title: k.Title, Outcome: "erased", Ground: k.Ground, Law: k.Law, Reason: k.Reason, Drops: k.Drops, Until: k.Until}
		if k.Ground != "" {
			one.Outcome = "withheld"
		}
		if k.Counted {
			one.Count = &k.Count
		}
		out.Kinds = append(out.Kinds, one)
	}
	for _, s := range d.Systems {
		out.Systems = append(out.Systems, bundle.ErasingSystem{Title: s.Title, AcknowledgedAt: s.AcknowledgedAt})
	}
	return out
}

// erased adds when the data subject was erased, and legal holds.
func erased(out *bundle.Subject, s standing.State) {
	for _, e := range s.Erasures() {
		out.Erasures = append(out.Erasures, bundle.Erased{Request: e.Request, Since: e.At, NewContract: e.Renewed, Acknowledged: e.Acknowledged})
	}
	for _, h := range s.Holds {
		out.Holds = append(out.Holds, bundle.Hold{Since: h.At, Reason: h.Ground, Categories: h.Categories})
	}
}
