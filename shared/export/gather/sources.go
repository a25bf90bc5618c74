package gather

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// source reads what is stored of some kinds and adds it to the bundle.
type source struct {
	kinds []policy.Kind
	// accessOnly says that an answer to portability leaves the kinds out: the law demands that they are kept, and the person did not
	// provide them under a consent or a contract (GDPR Art. 20(1)).
	accessOnly bool
	gather     func(*gathering, context.Context) error
}

// sources lists what a bundle is made from. A test compares its kinds with those that an answer to access shows by [policy.Inventory], so
// that none is forgotten (promise H01).
var sources = [...]source{
	{kinds: categories(), gather: (*gathering).records},
	{kinds: []policy.Kind{policy.ConsentRecord}, gather: (*gathering).proofs},
	{kinds: []policy.Kind{policy.Request, policy.RequestEvent, policy.ExportAttempt, policy.ErasurePlan}, accessOnly: true, gather: (*gathering).requests},
	{kinds: []policy.Kind{policy.SubjectState, policy.SubjectAlias}, accessOnly: true, gather: (*gathering).person},
	{kinds: []policy.Kind{policy.Confirmation}, accessOnly: true, gather: (*gathering).pending},
	{kinds: []policy.Kind{policy.MailboxLink}, accessOnly: true, gather: (*gathering).mailbox},
}

// categories returns the categories whose records belong to a person. Package bundle decides from the policy which of them the right covers.
func categories() (kinds []policy.Kind) {
	for _, category := range privacy.Categories {
		if category.HasSubject() {
			kinds = append(kinds, policy.Kind(category))
		}
	}
	return kinds
}
