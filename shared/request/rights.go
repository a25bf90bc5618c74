package request

import (
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// Right says how a request with a right is handled.
type Right struct {
	Proof  Step      // what proves that the request comes from the data subject
	Answer work.Kind // the task that answers it
	Whole  bool      // the answer shows everything that is stored and how it is processed, not only what the person provided and can take along
}

// Rights lists the rights that can be asked for here. The privacy team answers all others by hand.
var Rights = map[privacy.Right]Right{
	privacy.Access:      {Proof: StepProof, Answer: work.Export, Whole: true}, // GDPR Art. 15
	privacy.Portability: {Proof: StepProof, Answer: work.Export},              // GDPR Art. 20
}
