package policy

import (
	"reflect"
	"slices"
	"strconv"
)

// Fate says what became of a member of the policy from one version to the next.
type Fate string

// The fates. A list is Moved if entries that both versions have stand in another order.
const (
	Added   Fate = "added"
	Removed Fate = "removed"
	Changed Fate = "changed"
	Moved   Fate = "moved"
)

// Difference is one point in which a version differs from the one before it.
type Difference struct {
	Path   string   // RFC 6901 pointer into the newer version, or into the older one for what was removed
	Names  []string // the same way in names, from the section on, such as "purposes", "security", "text"
	Fate   Fate
	Before string // what the older version says; empty for what was added
	After  string // what the newer version says; empty for what was removed
}

// own lists the members that every version states about itself. They tell nothing about what changed between two versions.
var own = [...]string{"version", "lastUpdated", "kind", "author", "summary", "effectiveFrom", "whatChanged", "announceAt"}

// Differences returns all points in which two versions differ, in the order of the newer one, apart from what each states about itself.
// An entry of a list is the same in both if its id, or else its name, is the same. An entry that only one version has is one difference,
// with a line for each of its members.
func Differences(before, after *Policy) []Difference {
	var d differ
	old, now := reflect.ValueOf(*before), reflect.ValueOf(*after)
	for i := range now.NumField() {
		if name := member(now.Type().Field(i)); !slices.Contains(own[:], name) {
			d.compare(place{}.in(name), old.Field(i), now.Field(i))
		}
	}
	return d.found
}

type differ struct{ found []Difference }

// place is where a member stands.
type place struct {
	path  string
	names []string
}

func (p place) in(member string) place {
	return place{p.path + "/" + member, append(p.names[:len(p.names):len(p.names)], member)}
}

// at returns the place of an entry of a list.
func (p place) at(index int, name string) place {
	return place{p.path + "/" + strconv.Itoa(index), p.in(name).names}
}

func (d *differ) add(p place, fate Fate, before, after string) {
	d.found = append(d.found, Difference{p.path, p.names, fate, before, after})
}

func (d *differ) compare(p place, before, after reflect.Value) {
	switch after.Kind() { // the policy is made of these, and single values
	case reflect.Struct:
		for i := range after.NumField() {
			d.compare(p.in(member(after.Type().Field(i))), before.Field(i), after.Field(i))
		}
	case reflect.Slice:
		d.list(p, before, after)
	default:
		old, now := said(before), said(after)
		switch {
		case old == now:
		case old == "":
			d.add(p, Added, "", now)
		case now == "":
			d.add(p, Removed, old, "")
		default:
			d.add(p, Changed, old, now)
		}
	}
}

// list compares two lists entry by entry. Single values that only one of them has are one difference, as in a sentence.
func (d *differ) list(p place, before, after reflect.Value) {
	left := make([]int, before.Len()) // the entries of the older list that are not matched yet
	for i := range left {
		left[i] = i
	}
	var matched, fresh []int // the older index of each entry that both have; the newer index of the others
	for i := range after.Len() {
		name := key(after.Index(i))
		j := slices.IndexFunc(left, func(j int) bool { return key(before.Index(j)) == name })
		if j < 0 {
			fresh = append(fresh, i)
			continue
		}
		if after.Index(i).Kind() == reflect.Struct {
			d.compare(p.at(i, name), before.Index(left[j]), after.Index(i))
		}
		matched, left = append(matched, left[j]), slices.Delete(left, j, j+1)
	}
	d.entries(p, Added, after, fresh)
	d.entries(p, Removed, before, left)
	if !slices.IsSorted(matched) {
		now := keys(before, matched)
		slices.Sort(matched)
		d.add(p, Moved, keys(before, matched), now)
	}
}

// entries adds what only one of two lists has.
func (d *differ) entries(p place, fate Fate, list reflect.Value, indices []int) {
	tell := func(p place, text string) {
		if fate == Added {
			d.add(p, fate, "", text)
		} else {
			d.add(p, fate, text, "")
		}
	}
	if len(indices) == 0 {
		return
	}
	if list.Type().Elem().Kind() != reflect.Struct {
		tell(p, keys(list, indices))
		return
	}
	for _, i := range indices {
		tell(p.at(i, key(list.Index(i))), whole(list.Index(i)))
	}
}
