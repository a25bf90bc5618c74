package identity

import (
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Note says what became of the address of a call that named a data subject by an id as well. It is empty if nothing has to be said.
type Note string

// The notes.
const (
	NotAttached Note = "not_attached" // the address is not on record for the data subject; attaching it is an act of its own
	OfAnother   Note = "of_another"   // the address is on record for somebody else; the id decided
)

// Meaning is whom a call means that names a data subject, and what a record of it would make known.
type Meaning struct {
	Subject privacy.SubjectID // empty if nobody is known
	Note    Note
	// Learns says that the aliases, which are not on record yet, come to stand for the data subject if a record is stored: both of a new data
	// subject, or the id of one who was known by the address alone.
	Learns []string
	// Shares says that the address comes to stand for one more data subject, who is new (threat T27).
	Shares bool
}

// ErrShared is the answer to a call that names a data subject only by an address that several people use.
var ErrShared = fault.New(fault.Shared, "Several people use this address. Send the id of the one you mean.",
	fault.Field{Pointer: "/subject/id", Detail: "is needed, because several people use the address"})

// MeaningOf says whom a call means (design §4). id and address are what is known of the aliases that the call names; one that the call does not
// name, or that is not known, is zero. ofClient says that the data subject behind the address has another id of the same client.
// The error is [ErrShared].
func MeaningOf(keys Keys, id, address subject.Alias, ofClient bool) (Meaning, error) {
	byID, byAddress := keys.ID != "", keys.Address != ""
	switch {
	case byID && id.Subject() != "":
		m := Meaning{Subject: id.Subject()}
		switch {
		case !byAddress || address.Belongs(m.Subject):
		case len(address.Subjects) == 0:
			m.Note = NotAttached
		default:
			m.Note = OfAnother
		}
		return m, nil
	case byID && byAddress && len(address.Subjects) > 0:
		if address.Shared() || ofClient {
			return Meaning{Learns: []string{keys.ID}, Shares: true}, nil
		}
		return Meaning{Subject: address.Subject(), Learns: []string{keys.ID}}, nil
	case byID && byAddress:
		return Meaning{Learns: []string{keys.Address, keys.ID}}, nil
	case byID:
		return Meaning{Learns: []string{keys.ID}}, nil
	case address.Shared():
		return Meaning{}, ErrShared
	case address.Subject() != "":
		return Meaning{Subject: address.Subject()}, nil
	case byAddress:
		return Meaning{Learns: []string{keys.Address}}, nil
	default:
		return Meaning{}, nil
	}
}

// Keys are the aliases that a call names.
type Keys struct {
	ID, Address string // empty if the call has none
}

// KeysOf returns the aliases that a call names.
func KeysOf(k subject.Key, named subject.Named) (keys Keys) {
	if named.ID != "" {
		keys.ID = k.IDAlias(named.Client, named.ID)
	}
	if named.Address != (subject.Address{}) {
		keys.Address = k.Alias(named.Address)
	}
	return keys
}

// All returns the aliases that are not empty.
func (k Keys) All() (all []string) {
	for _, key := range []string{k.ID, k.Address} {
		if key != "" {
			all = append(all, key)
		}
	}
	return all
}
