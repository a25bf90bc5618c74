package subject

import "github.com/helpdeskexpert/privacy/shared/fault"

// Proof says that somebody controls a mailbox: they pressed the button on the page that a mailed link opens (threats T01, T10).
type Proof struct {
	Mailbox string // the HMAC of the address, as [Key.Mailbox] makes it
	Fresh   bool   // by the first opening of the link
}

// errNotFresh does not say whether what was asked for exists.
var errNotFresh = fault.New(fault.Forbidden, "This needs a link that is opened for the first time. Ask for a new link and open it.")

// MustBeFresh returns fault.Forbidden unless the proof is fresh. A mail may be forwarded or read by somebody else later. So whoever opens its
// link again may look, deny, withdraw and have a new link mailed, but may not give consent or ask for data (threat T31).
func (p Proof) MustBeFresh() error {
	if p.Fresh {
		return nil
	}
	return errNotFresh
}
