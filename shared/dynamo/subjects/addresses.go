package subjects

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Addresses finds data subjects by address. It implements [request.Addresses] and mailbox.Subjects.
type Addresses struct {
	Store *Store
	Key   subject.Key // makes the alias of an address
}

// Find returns the data subject behind an address. ok is false if the address is unknown.
func (a Addresses) Find(ctx context.Context, who subject.Address) (known subject.Known, ok bool, err error) {
	return a.Store.Find(ctx, a.Key.Alias(who))
}

// Introduce returns the data subject behind an address, and the address as it is spelt on record. It puts an unknown data subject on record,
// like [Store.Introduce].
func (a Addresses) Introduce(ctx context.Context, who subject.Address, until time.Time) (id privacy.SubjectID, spelling string, err error) {
	alias, err := a.Store.Introduce(ctx, a.Key.Alias(who), who.Spelling, until)
	return alias.Subject, alias.Spelling, err
}
