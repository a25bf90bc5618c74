package request

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/identity"
)

// Listed has the ids of what is stored under an address besides records, in no order. The item behind an id may be deleted already.
type Listed struct {
	Requests []string // ids of rights requests
	Consents []string // ids of consents by address that wait for their button, or have waited until recently
	Changes  []identity.Contestable
}

// HasMoreThan reports whether anything but the request with the id is listed.
func (l Listed) HasMoreThan(id string) bool {
	return len(l.Consents) > 0 || slices.ContainsFunc(l.Requests, func(other string) bool { return other != id })
}
