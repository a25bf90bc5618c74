package bundle

import (
	"cmp"
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
	ExpiresAt  time.Time // zero while nothing has started the retention period
	Data       []byte    // canonical JSON, byte for byte as stored
}

// Input is everything that a bundle is made of.
type Input struct {
	Right     privacy.Right   // Access, Portability or Know
	Content   request.Content // what the bundle shows; without it, Write fails
	RequestID string
	CreatedAt time.Time // the time of the answer: it dates the bundle and decides what has expired
	Policy    *policy.Policy
	// Records yields the data subject's records in the order of their keys: by category, then by id. It may include records that
	// the right does not cover; they are left out. An error ends the bundle.
	Records iter.Seq2[Record, error]
	// Consents are the data subject's consent records as JSON objects, oldest first.
	Consents []json.RawMessage
	// Requests are the rights requests that came by the data subject's address, oldest first. Subject is what is known of the data
	// subject. Only a bundle that shows everything has them. A statement has no records and no consents either.
	Requests []Request
	Subject  Subject
}

// Summary says what a bundle contains. It has only counts and kinds, so it may be logged.
type Summary struct {
	Categories []CategorySummary
	Sources    []privacy.Source // the sources of the bundle's records, in the policy's order
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

// scope lists the categories whose records the bundle shows, in the order of their keys. Everything is every category that has a data
// subject (GDPR Art. 15(3)). A person provided what the policy marks as portable (Art. 20(1)).
func scope(p *policy.Policy, content request.Content) []policy.Category {
	var covered []policy.Category
	for _, c := range p.Categories {
		if c.ID.HasSubject() && (content == request.Everything || content == request.Provided && c.Portable) {
			covered = append(covered, c)
		}
	}
	slices.SortFunc(covered, func(a, b policy.Category) int { return cmp.Compare(a.ID, b.ID) })
	return covered
}

// covers reports whether the record belongs in the bundle. Portability covers only what the data subject provided (GDPR Art.
// 20(1)). No right covers a record that has expired but is not deleted yet (fault F09).
func (in *Input) covers(r Record) bool {
	if !r.ExpiresAt.IsZero() && !r.ExpiresAt.After(in.CreatedAt) {
		return false
	}
	return in.Content == request.Everything || r.Source.FromSubject()
}
