package subjects

import (
	"context"
	"time"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Addresses finds data subjects by address. It implements [request.Addresses] and mailbox.Subjects.
type Addresses struct {
	Store *Store
	Key   subject.Key // makes the alias of an address
}

// Find returns what is known of a data subject by an address; ok is false if nobody is known by it (see [Store.Find]).
func (a Addresses) Find(ctx context.Context, who subject.Address) (known subject.Known, ok bool, err error) {
	return a.Store.Find(ctx, a.Key.Alias(who))
}

// Introduce returns what is known of a data subject by an address. It puts an unknown data subject on record, like [Store.Introduce].
func (a Addresses) Introduce(ctx context.Context, who subject.Address, until time.Time) (subject.Known, error) {
	return a.Store.Introduce(ctx, a.Key.Alias(who), who.Spelling, until)
}
