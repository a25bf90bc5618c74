// Package record holds personal-data records by category: what one is, what is refused, what is the same, and the
// state of the subject that decides how long account data is kept.
package record

import (
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Record is one piece of personal data that a system of the company sent in.
type Record struct {
	Category   privacy.Category
	ID         string // unique per subject and category, [A-Za-z0-9._~-]{1,128}
	Source     privacy.Source
	OccurredAt time.Time
	Data       []byte // canonical JSON (RFC 8785 key order, no insignificant space), byte-true
}

// Stored is a record as the table holds it.
type Stored struct {
	Record
	StoredAt  time.Time
	ExpiresAt time.Time // zero while nothing has started the period (running contract, marketing)
}
