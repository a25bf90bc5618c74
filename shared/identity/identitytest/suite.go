package identitytest

import (
	"maps"
	"slices"
	"testing"
)

// Cases are cases of the suite, by name.
type Cases map[string]func(r *Rig)

// Run runs cases, each on a new store.
func Run(t *testing.T, open func(t *testing.T) (Store, Clock), cases Cases) {
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		t.Run(name, func(t *testing.T) {
			store, clock := open(t)
			r := New(t, store, clock)
			cases[name](r)
			r.Sound()
		})
	}
}
