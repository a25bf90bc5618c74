package request

import (
	"slices"

	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Mailboxes makes the key under which the requests from an address are listed. No key contains the address itself.
type Mailboxes interface {
	// Mailbox returns the HMAC of the address.
	Mailbox(a subject.Address) string
}

// Listed has the ids of what is stored under an address besides records, in no order. The item behind an id may be deleted already.
type Listed struct {
	Requests []string // ids of rights requests
	Consents []string // ids of consents by address that wait for their button, or have waited until recently
}

// HasMoreThan reports whether anything but the request with the id is listed.
func (l Listed) HasMoreThan(id string) bool {
	return len(l.Consents) > 0 || slices.ContainsFunc(l.Requests, func(other string) bool { return other != id })
}
