package retention

import (
	"slices"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Record is a stored record of a data subject without its data.
type Record struct {
	Subject  privacy.SubjectID // under whose id it is stored
	Category privacy.Category
	ID       string
	Expiry   Expiry
	After    string   // the erasure after which it was taken in; empty if none
	Members  []string // the names of the members of its data, if an erasure drops any of its category
}

// Has reports whether the data of the record has one of the members.
func (r Record) Has(members []string) bool {
	return slices.ContainsFunc(members, func(name string) bool { return slices.Contains(r.Members, name) })
}

// Ends returns when the record expires, if it has an expiry of its own, or would if nothing suspended that.
func (r Record) Ends() time.Time {
	if FollowsState(r.Category) {
		return time.Time{}
	}
	if r.Expiry.At.IsZero() {
		return r.Expiry.Otherwise
	}
	return r.Expiry.At
}
