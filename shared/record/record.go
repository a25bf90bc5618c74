// Package record defines personal-data records by category: what a record is, which records are refused, and when two records say the same.
package record

import (
	"crypto/sha256"
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

// OnFile is a record as it is stored.
type OnFile struct {
	Record
	StoredAt  time.Time
	ExpiresAt time.Time // zero while nothing has started the period (running contract, marketing)
}

// Hash returns the SHA-256 of everything in a record except its time. Two records of the same time are the same if their hashes are equal.
func (r Record) Hash() [sha256.Size]byte {
	h := sha256.New()
	for _, part := range []string{string(r.Category), r.ID, string(r.Source)} {
		_, _ = h.Write([]byte(part))
		_, _ = h.Write([]byte{0}) // no part contains a zero byte, so different parts never give the same bytes
	}
	_, _ = h.Write(r.Data)
	return [sha256.Size]byte(h.Sum(nil))
}

// Outcome says what became of a record that was sent in.
type Outcome string

// The outcomes of the public contract.
const (
	Stored        Outcome = "stored"
	Unchanged     Outcome = "unchanged"      // the same as what is stored, or older by occurredAt
	RetentionOver Outcome = "retention_over" // its period had ended before it came; it is not stored
	Erased        Outcome = "erased"         // the data subject was erased; it is not stored, and the system that sent it has to erase them too
)

// Reason says why a record that was sent in changed nothing.
type Reason string

// The reasons of the public contract.
const (
	Older Reason = "older" // a newer one is stored, by occurredAt
	Same  Reason = "same"  // the same is stored
	Ended Reason = "ended" // an account without an end: the end of its contract is known
)
