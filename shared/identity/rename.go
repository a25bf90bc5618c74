package identity

import (
	"context"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

var errNotOnRecord = fault.New(fault.NotFound, "Nobody is known by this address.", fault.Field{Pointer: "/from", Detail: "is not on record"})

// Rename says that a data subject has a new address: it attaches the one and detaches the other, whoever had sent it. Two spellings of one address
// only change the spelling. If join says that whoever has the new address is the same person, they stay.
//
// Errors: as those of [Identity.SetAddresses].
func (i *Identity) Rename(ctx context.Context, by audit.Actor, client string, from, to subject.Address, join bool) (Result, error) {
	var result Result
	old, next := i.Aliases.Alias(from), i.Aliases.Alias(to)
	err := stepwise(ctx, func() (more, lost bool, err error) {
		a, err := i.begin(ctx, audit.AddressesChanged, old, next)
		if err != nil {
			return false, false, err
		}
		is := a.read[old]
		switch {
		case is.Shared():
			return false, false, sharedBy("/from")
		case is.Subject() == "":
			return false, false, errNotOnRecord
		}
		other, err := a.foreign(ctx, is.Subject(), next, "/to")
		switch {
		case err != nil:
			return false, false, err
		case other != "" && !join:
			return false, false, ofAnother("/to")
		case other != "":
			return i.join(ctx, by, other, is.Subject(), &result)
		}
		lost, err = a.rename(ctx, by, client, is, to, &result)
		return false, lost, err
	})
	return result, err
}

// rename attaches an address to the data subject of another one, which it detaches.
func (a *act) rename(ctx context.Context, by audit.Actor, client string, is subject.Alias, to subject.Address, result *Result) (lost bool, err error) {
	p, err := a.person(ctx, is.Subject())
	if err != nil {
		return false, err
	}
	var gone []subject.Alias
	if is.Key != a.Aliases.Alias(to) {
		gone = append(gone, is)
	}
	return p.move(ctx, by, client, []subject.Address{to}, gone, result)
}
