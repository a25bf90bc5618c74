package identity

import (
	"context"
	"slices"
	"strconv"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/standing"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Result is what an act on identities has done.
type Result struct {
	Attached, Detached, Joined int      // addresses, addresses, data subjects
	Addresses                  int      // of the data subject now
	Changes                    []string // ids of the changes, one for each act that changed something, also of a call that failed after some acts
}

var (
	errNobody  = fault.New(fault.NotFound, "Nobody is known by this. Send a record first.")
	errTooMany = fault.New(fault.Conflict, "A data subject may have at most 10 addresses and 10 ids.")
	errUsedBy  = "is on record for somebody else. Send \"join\": true if both are one person"
	errUsersOf = "is used by several people"
)

// joined counts a join, and reports whether there was one. change is empty if the race for it was lost.
func (r *Result) joined(change string) bool {
	if change == "" {
		return false
	}
	r.Joined++
	r.Changes = append(r.Changes, change)
	return true
}

func newID() string { return uuid.NewString() }

func ofAnother(pointer string) error {
	return fault.New(fault.OfAnother, "An address is on record for somebody else.", fault.Field{Pointer: pointer, Detail: errUsedBy})
}

func sharedBy(pointer string) error {
	return fault.New(fault.Shared, "Several people use an address.", fault.Field{Pointer: pointer, Detail: errUsersOf})
}

// SetAddresses states all addresses of the data subject with an id of a client: new ones are attached, missing ones are detached, unless another
// client has sent or attached them (design §15). An address of somebody else is refused, unless join says that both are one person: then the other
// data subject is joined first, each in an act of its own. A call that was cut short can be repeated.
//
// Errors: fault.NotFound for an unknown id; OfAnother, Shared for an address that is somebody else's, or that several people use; Conflict for too
// many addresses or joins.
func (i *Identity) SetAddresses(ctx context.Context, by audit.Actor, named subject.Named, emails []subject.Address, join bool) (Result, error) {
	var total Result
	keys := []string{i.Aliases.IDAlias(named.Client, named.ID)}
	for _, email := range emails {
		keys = append(keys, i.Aliases.Alias(email))
	}
	for {
		var again bool
		err := fault.Retry(ctx, func() (lost bool, err error) {
			a, err := i.begin(ctx, audit.AddressesChanged, keys...)
			if err != nil {
				return false, err
			}
			id := a.read[keys[0]].Subject()
			if id == "" {
				return false, errNobody
			}
			other, pointer, err := a.foreign(ctx, id, keys[1:])
			if err != nil {
				return false, err
			}
			if other != "" {
				if !join {
					return false, ofAnother(pointer)
				}
				change, lost, err := i.join(ctx, by, id, other)
				again = total.joined(change)
				return lost, err
			}
			again = false
			return a.setAddresses(ctx, by, named.Client, id, keys[1:], emails, &total)
		})
		if err != nil || !again {
			return total, err
		}
	}
}

// foreign returns the first data subject other than id to whom one of the addresses belongs, and the pointer to that address. An address that
// somebody only typed, and about whom nothing is on record, belongs to nobody yet.
func (a *act) foreign(ctx context.Context, id privacy.SubjectID, keys []string) (other privacy.SubjectID, pointer string, err error) {
	for n, key := range keys {
		alias, pointer := a.read[key], "/emails/"+strconv.Itoa(n)
		switch {
		case len(alias.Subjects) == 0 || alias.Belongs(id):
		case alias.Shared():
			return "", "", sharedBy(pointer)
		default:
			blank, err := a.blank(ctx, alias)
			if err != nil || !blank {
				return alias.Subject(), pointer, err
			}
		}
	}
	return "", "", nil
}

// blank reports whether nothing is on record of the data subject behind an address but that somebody typed it.
func (a *act) blank(ctx context.Context, alias subject.Alias) (bool, error) {
	if !alias.Typed {
		return false, nil
	}
	snapshot, found, err := a.Store.State(ctx, alias.Subject())
	if err != nil {
		return false, err
	}
	decided := !snapshot.Proof.Equal(standing.Proof{})
	return !found || !decided && len(snapshot.Aliases) == 1 && snapshot.Into == "" && len(snapshot.Formerly) == 0, nil
}

// setAddresses attaches and detaches the addresses of one data subject.
func (a *act) setAddresses(
	ctx context.Context, by audit.Actor, client string, id privacy.SubjectID, keys []string, emails []subject.Address, total *Result,
) (lost bool, err error) {
	p, err := a.person(ctx, id)
	if err != nil {
		return false, err
	}
	before := p.addresses()
	done := *total
	for n, key := range keys {
		is := a.alias(key)
		switch {
		case !is.Belongs(id):
			if err := p.attach(ctx, is, emails[n].Spelling, client); err != nil {
				return false, err
			}
			done.Attached++
		case is.Spelling != emails[n].Spelling || is.Typed:
			is.Spelling, is.Typed, is.Client = emails[n].Spelling, false, client
			a.after[key] = is
		}
	}
	for _, is := range before {
		if is.Client == client && !slices.Contains(keys, is.Key) {
			if err := p.detach(ctx, is); err != nil {
				return false, err
			}
			a.cut(is, id)
			done.Detached++
		}
	}
	if !p.counts() {
		return false, errTooMany
	}
	done.Addresses = len(p.addresses())
	if len(a.after) == 0 {
		*total = done
		return false, nil
	}
	a.announce(p, before)
	done.Changes = append(slices.Clone(done.Changes), a.change.ID)
	if lost, err = a.commit(ctx, by); err == nil && !lost {
		*total = done
	}
	return lost, err
}

// announce has everybody told at whose addresses something changes: the new ones, and the others with a way to contest it, those included that were
// taken away, now or not long ago (threat T33). Without a new address nobody has to be told.
func (a *act) announce(p *person, before []subject.Alias) {
	a.change.Subject = p.id
	var others []subject.Alias
	for _, is := range p.addresses() {
		if is.AttachedAt.Equal(a.now) && slices.ContainsFunc(before, func(b subject.Alias) bool { return b.Key == is.Key }) || !is.AttachedAt.Equal(a.now) {
			others = append(others, is)
			continue
		}
		a.tell(is, Added)
		a.change.Freezes = append(a.change.Freezes, is.Key)
		if old := a.read[is.Key]; len(old.Subjects) > 0 { // somebody had typed it
			a.cut(is, "")
		}
	}
	if len(a.change.Freezes) == 0 {
		return
	}
	for _, key := range p.left {
		others = append(others, a.alias(key))
	}
	for _, is := range others {
		a.tell(is, Other)
	}
}

// Rename says that a data subject has a new address: it attaches the one and detaches the other, whoever had sent it. Two spellings of one address
// only change the spelling.
//
// Errors: as those of [Identity.SetAddresses].
func (i *Identity) Rename(ctx context.Context, by audit.Actor, client string, from, to subject.Address, join bool) (Result, error) {
	var total Result
	old, next := i.Aliases.Alias(from), i.Aliases.Alias(to)
	for {
		var again bool
		err := fault.Retry(ctx, func() (lost bool, err error) {
			a, err := i.begin(ctx, audit.AddressesChanged, old, next)
			if err != nil {
				return false, err
			}
			is := a.read[old]
			if is.Shared() {
				return false, sharedBy("/from")
			}
			id := is.Subject()
			if id == "" {
				return false, fault.New(fault.NotFound, "Nobody is known by this address.", fault.Field{Pointer: "/from", Detail: "is not on record"})
			}
			other := a.read[next]
			if other.Shared() {
				return false, sharedBy("/to")
			}
			if len(other.Subjects) == 1 && !other.Belongs(id) {
				blank, err := a.blank(ctx, other)
				if err != nil {
					return false, err
				}
				if !blank {
					if !join {
						return false, ofAnother("/to")
					}
					change, lost, err := i.join(ctx, by, other.Subject(), id)
					again = total.joined(change)
					return lost, err
				}
			}
			again = false
			return a.rename(ctx, by, client, id, old, next, to, &total)
		})
		if err != nil || !again {
			return total, err
		}
	}
}

func (a *act) rename(ctx context.Context, by audit.Actor, client string, id privacy.SubjectID, old, next string, to subject.Address, total *Result) (lost bool, err error) {
	p, err := a.person(ctx, id)
	if err != nil {
		return false, err
	}
	before, done := p.addresses(), *total
	is := a.alias(next)
	switch {
	case !is.Belongs(id):
		if err := p.attach(ctx, is, to.Spelling, client); err != nil {
			return false, err
		}
		done.Attached++
	case is.Spelling != to.Spelling || is.Typed:
		is.Spelling, is.Typed = to.Spelling, false
		a.after[next] = is
	}
	if old != next {
		gone := a.alias(old)
		if err := p.detach(ctx, gone); err != nil {
			return false, err
		}
		a.cut(gone, id)
		done.Detached++
	}
	if !p.counts() {
		return false, errTooMany
	}
	done.Addresses = len(p.addresses())
	if len(a.after) == 0 {
		*total = done
		return false, nil
	}
	a.announce(p, before)
	done.Changes = append(slices.Clone(done.Changes), a.change.ID)
	if lost, err = a.commit(ctx, by); err == nil && !lost {
		*total = done
	}
	return lost, err
}
