package bundle

import (
	"encoding/json"
	"iter"
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// Record is one personal-data record as the bundle needs it.
type Record struct {
	Category   privacy.Category
	ID         string
	Source     privacy.Source
	OccurredAt time.Time
	StoredAt   time.Time
	ExpiresAt  time.Time // zero while nothing has started its period
	Data       []byte    // canonical JSON, byte-true
}

// Input is everything a bundle is made of.
type Input struct {
	Right     privacy.Right // Access or Portability; any other fails
	RequestID string
	CreatedAt time.Time // the moment of the answer: the bundle's date, and what "expired" is measured against
	Policy    *policy.Policy
	// Records yields the subject's records in the order of their keys: by category, then by id. Records that the right
	// does not cover may be among them and are left out. An error ends the bundle.
	Records iter.Seq2[Record, error]
	// Consents are the subject's consent records as JSON objects, oldest first.
	Consents []json.RawMessage
	// Requests are the rights requests that came by the subject's address, oldest first; Subject is what is known of the subject. Both are
	// left out of an answer to portability.
	Requests []Request
	Subject  Subject
}

// Summary says what went into a bundle. It holds counts and kinds only, so it may be logged.
type Summary struct {
	Categories []CategorySummary
	Sources    []privacy.Source // the sources of the records in it, in the policy's order
	Records    int
	Bytes      int64 // size of the ZIP before sealing
}

// CategorySummary is one category of the manifest.
type CategorySummary struct {
	Category privacy.Category `json:"category"`
	Title    string           `json:"title"`
	Count    int              `json:"count"`
	Files    []string         `json:"files"`
}

// scope lists the categories that the right covers, in the order of their keys. Access covers whatever has a subject
// (GDPR Art. 15(3)); portability what the policy marks as portable (Art. 20(1)).
func scope(p *policy.Policy, right privacy.Right) []policy.Category {
	var covered []policy.Category
	for _, c := range p.Categories {
		if c.ID.HasSubject() && (request.Rights[right].Whole || c.Portable) {
			covered = append(covered, c)
		}
	}
	slices.SortFunc(covered, func(a, b policy.Category) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return covered
}

// covers reports whether the bundle holds the record: portability takes only what the subject provided (GDPR
// Art. 20(1)), and nothing takes what has expired but is not deleted yet (fault F09).
func (in *Input) covers(r Record) bool {
	if !r.ExpiresAt.IsZero() && !r.ExpiresAt.After(in.CreatedAt) {
		return false
	}
	return request.Rights[in.Right].Whole || r.Source.FromSubject()
}
