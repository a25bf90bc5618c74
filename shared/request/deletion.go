package request

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Deletion is what an erasure says of itself in an answer to access, in the words of the policy.
type Deletion struct {
	PlannedAt   time.Time // zero until then, as each of these times
	AgreedAt    time.Time
	ErasesAt    time.Time
	BegunAt     time.Time
	ErasedAt    time.Time
	Kinds       []DeletedKind
	Systems     []DeletedSystem
	Certificate string // a JWS; empty before it is made
}

// DeletedKind is what an erasure does, or has done, with some kinds of data.
type DeletedKind struct {
	Title   string
	Count   int
	Counted bool                // Count says something
	Ground  privacy.Withholding // on which it is withheld; empty if it is erased
	Law     string
	Reason  string
	Drops   []string  // what is erased although the rest is withheld
	Until   time.Time // when the last of what is withheld is erased; zero if that is not known yet
}

// DeletedSystem is a system of the policy that has data of the person too.
type DeletedSystem struct {
	Title          string
	AcknowledgedAt time.Time // when it, or the team for it, said that it has erased the person; zero before
}

// Deleter is the answer to a request that asks for an erasure.
type Deleter interface {
	Deletion(p *policy.Policy, right privacy.Right) Deletion
}
