package record

import (
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy/card"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Named is how a call names a data subject: by the id that the client system uses itself, by an address, or by both. A member that was not sent is
// nil.
type Named struct {
	ID    *string `json:"id"`
	Email *string `json:"email"`
}

// Check notes what is wrong with it, if anything is, at the pointer. Without an id or an address, it names nobody.
func (n Named) Check(at *fault.Fields, pointer string) {
	if n.ID == nil && n.Email == nil {
		at.Add(pointer, "must have an id, an email or both")
	}
	if n.ID != nil {
		CheckID(at, pointer+"/id", *n.ID)
	}
	if n.Email != nil {
		CheckEmail(at, pointer+"/email", *n.Email)
	}
}

// CheckEmail returns the address that a client system sent. If it is none, CheckEmail notes so and returns the zero Address.
func CheckEmail(at *fault.Fields, pointer, email string) subject.Address {
	address, err := subject.ParseAddress(email)
	at.Need(pointer, email, err == nil, "must be an email address")
	if err == nil && card.In(email) {
		at.Add(pointer, card.Detail)
	}
	return address
}

// CheckID notes what is wrong with the id that a client system uses for a data subject or for a record.
func CheckID(at *fault.Fields, pointer, id string) {
	at.Need(pointer, id, validID.MatchString(id), "must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -")
	if validID.MatchString(id) && card.In(id) {
		at.Add(pointer, card.Detail)
	}
}

// Named returns whom a call of the client names. It expects that [Named.Check] found nothing wrong.
func (n Named) Named(client string) (who subject.Named, err error) {
	who.Client = client
	if n.ID != nil {
		who.ID = *n.ID
	}
	if n.Email != nil {
		who.Address, err = subject.ParseAddress(*n.Email)
	}
	return who, err
}
