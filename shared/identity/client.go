package identity

import (
	"context"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

// AliasReader reads aliases.
type AliasReader interface {
	// Aliases returns those of the aliases that are on record, by their keys.
	Aliases(ctx context.Context, keys ...string) (map[string]subject.Alias, error)
}

// UsesAnID reports whether one of the aliases of a data subject is an id of the client, and how many of them are ids of any client. [MeaningOf]
// needs the answer where a call of the client names an unknown id and the address of that data subject.
func UsesAnID(ctx context.Context, known AliasReader, aliases []string, client string) (uses bool, ids int, err error) {
	keys := slices.DeleteFunc(slices.Clone(aliases), subject.IsAddress)
	found, err := known.Aliases(ctx, keys...)
	if err != nil {
		return false, 0, err
	}
	for _, alias := range found {
		uses = uses || alias.Client == client
	}
	return uses, len(keys), nil
}
