package identitytest

import (
	"maps"
	"slices"
	"testing"
)

// Cases are cases of the suite, by name.
type Cases map[string]func(r *Rig)

// Names returns the names of the cases in the order of the alphabet.
func (c Cases) Names() []string { return slices.Sorted(maps.Keys(c)) }

// Only returns the cases with the names.
func (c Cases) Only(names []string) Cases {
	some := Cases{}
	for _, name := range names {
		some[name] = c[name]
	}
	return some
}

// Run runs cases, each on a new store.
func Run(t *testing.T, open func(t *testing.T) (Store, Clock), cases Cases) {
	for _, name := range cases.Names() {
		t.Run(name, func(t *testing.T) {
			store, clock := open(t)
			r := New(t, store, clock)
			cases[name](r)
			r.Sound()
		})
	}
}
