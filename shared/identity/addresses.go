package identity

import (
	"context"
	"slices"
	"strconv"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Result is what an act on identities has done.
type Result struct {
	Attached, Detached, Joined int      // addresses, addresses, data subjects
	Addresses                  int      // of the data subject now
	Changes                    []string // ids of the changes, one for each act that was done, also of a call that failed after it
}

var errNobody = fault.New(fault.NotFound, "Nobody is known by this. Send a record first.")

func ofAnother(pointer string) error {
	return fault.New(fault.OfAnother, "An address is on record for somebody else.",
		fault.Field{Pointer: pointer, Detail: "is on record for somebody else. Send \"join\": true if both are one person"})
}

func sharedBy(pointer string) error {
	return fault.New(fault.Shared, "Several people use an address.", fault.Field{Pointer: pointer, Detail: "is used by several people"})
}

// SetAddresses states all addresses of the data subject with an id of a client: new ones are attached, missing ones are detached, unless another
// client has sent or attached them (design §15). An address of somebody else is refused, unless join says that both are one person: then the other
// data subject is joined first, each in an act of its own. A call that was cut short can be repeated.
//
// Errors: fault.NotFound for an unknown id; OfAnother, Shared for an address that is somebody else's, or that several people use; Conflict for too
// many addresses or joins.
func (i *Identity) SetAddresses(ctx context.Context, by audit.Actor, named subject.Named, emails []subject.Address, join bool) (Result, error) {
	var result Result
	keys := []string{i.Aliases.IDAlias(named.Client, named.ID)}
	for _, email := range emails {
		keys = append(keys, i.Aliases.Alias(email))
	}
	err := stepwise(ctx, func() (more, lost bool, err error) {
		a, err := i.begin(ctx, audit.AddressesChanged, keys...)
		if err != nil {
			return false, false, err
		}
		id := a.read[keys[0]].Subject()
		if id == "" {
			return false, false, errNobody
		}
		for n, key := range keys[1:] {
			pointer := "/emails/" + strconv.Itoa(n)
			other, err := a.foreign(ctx, id, key, pointer)
			switch {
			case err != nil:
				return false, false, err
			case other != "" && !join:
				return false, false, ofAnother(pointer)
			case other != "":
				return i.join(ctx, by, id, other, &result)
			}
		}
		lost, err = a.setAddresses(ctx, by, named.Client, id, emails, &result)
		return false, lost, err
	})
	return result, err
}

// stepwise takes steps until none is left. Each is tried again while another writer interferes.
func stepwise(ctx context.Context, step func() (more, lost bool, err error)) error {
	for more := true; more; {
		err := try(ctx, func() (lost bool, err error) {
			more, lost, err = step()
			return lost, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// foreign returns the data subject other than id to whom an address belongs, or "". An address that somebody only typed, and about whom nothing is on
// record, belongs to nobody yet.
func (a *act) foreign(ctx context.Context, id privacy.SubjectID, key, pointer string) (other privacy.SubjectID, err error) {
	is := a.read[key]
	switch {
	case len(is.Subjects) == 0 || is.Belongs(id):
		return "", nil
	case is.Shared():
		return "", sharedBy(pointer)
	}
	snapshot, _, err := a.Store.State(ctx, is.Subject())
	if err != nil || blank(is, snapshot) {
		return "", err
	}
	return is.Subject(), nil
}

// setAddresses attaches and detaches the addresses of one data subject.
func (a *act) setAddresses(
	ctx context.Context, by audit.Actor, client string, id privacy.SubjectID, emails []subject.Address, result *Result,
) (lost bool, err error) {
	p, err := a.person(ctx, id)
	if err != nil {
		return false, err
	}
	gone := p.addresses()
	for _, email := range emails {
		gone = slices.DeleteFunc(gone, func(is subject.Alias) bool { return is.Key == a.Aliases.Alias(email) })
	}
	gone = slices.DeleteFunc(gone, func(is subject.Alias) bool { return is.Client != client })
	return p.move(ctx, by, client, emails, gone, result)
}

// move attaches those of the addresses that do not stand for the data subject yet, spells the others, and detaches what is gone.
func (p *person) move(
	ctx context.Context, by audit.Actor, client string, wanted []subject.Address, gone []subject.Alias, result *Result,
) (lost bool, err error) {
	before, attached := p.addresses(), 0
	for _, email := range wanted {
		is := p.alias(p.Aliases.Alias(email))
		if is.Belongs(p.id) {
			p.spell(is, email.Spelling, client)
			continue
		}
		if err := p.attach(ctx, is, email.Spelling, client); err != nil {
			return false, err
		}
		attached++
	}
	for _, is := range gone {
		if err := p.detach(ctx, is); err != nil {
			return false, err
		}
	}
	if err := p.counts(); err != nil {
		return false, err
	}
	if len(p.after) > 0 {
		p.announce(before)
		if lost, err = p.commit(ctx, by); err != nil || lost {
			return lost, err
		}
		result.Changes = append(result.Changes, p.change.ID)
	}
	result.Attached, result.Detached, result.Addresses = attached, len(gone), len(p.addresses())
	return false, nil
}

// announce has everybody told at whose addresses something changes: the new ones, and the others with a way to contest it, those included that were
// taken away, now or not long ago (threat T33). Without a new address nobody has to be told.
func (p *person) announce(before []subject.Alias) {
	p.change.Subject = p.id
	for _, is := range p.addresses() {
		if !slices.ContainsFunc(before, func(old subject.Alias) bool { return old.Key == is.Key }) {
			p.tell(is, Added)
			p.change.Freezes = append(p.change.Freezes, is.Key)
		}
	}
	if len(p.change.Freezes) > 0 {
		for _, is := range slices.Concat(before, p.leftOnRecord()) {
			p.tell(is, Other)
		}
	}
}
