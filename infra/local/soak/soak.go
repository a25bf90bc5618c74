// Package soak decides how much of a long sweep a test runs. `make test` runs a sample of each sweep with the sweep's own code, so
// the sample can fail like the sweep. `make soak` runs whole sweeps.
//
// A test takes part by calling this package in its own body. sweeps.sh finds every such test in the source, and `make soak` runs
// those tests and no others. So nobody has to keep a list of sweeps.
package soak

import (
	"flag"
	"iter"
	"os"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// Whole reports whether sweeps run whole. They do if SOAK is true, which `make soak` and `make bench` set.
func Whole() bool { return os.Getenv("SOAK") == "true" }

// Pick returns what the sweep goes through: sizes, say, or how many seeds.
func Pick[V any](sample, whole V) V {
	if Whole() {
		return whole
	}
	return sample
}

// Sample returns the points of a sweep to try: all of them in a whole sweep, otherwise the first, every n-th after it, and the
// last. The same points always give the same sample.
func Sample[P any](points []P, n int) []P {
	if Whole() {
		return points
	}
	var some []P
	for i, p := range points {
		if i%n == 0 || i == len(points)-1 {
			some = append(some, p)
		}
	}
	return some
}

// checks and costlyChecks are how many cases of a property a whole sweep tries; otherwise rapid tries 100, or what -rapid.checks says.
const checks, costlyChecks = 5_000, 1_000

// Check tries the property on cases that rapid makes up. Tests that use it do not run in parallel.
func Check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	check(t, checks, property)
}

// CheckCostly is like [Check] for a property whose cases take milliseconds each. A whole sweep tries a fifth as many.
func CheckCostly(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	check(t, costlyChecks, property)
}

func check(t *testing.T, whole int, property func(*rapid.T)) {
	t.Helper()
	if Whole() {
		setting := flag.Lookup("rapid.checks")
		before := setting.Value.String()
		defer func() { _ = setting.Value.Set(before) }()
		if err := setting.Value.Set(strconv.Itoa(whole)); err != nil {
			t.Fatal(err)
		}
	}
	rapid.Check(t, property)
}

// Orders yields every order of a list.
func Orders[T any](list []T) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		if len(list) == 0 {
			yield(nil)
			return
		}
		for i := range list {
			for order := range Orders(slices.Concat(list[:i], list[i+1:])) {
				if !yield(append([]T{list[i]}, order...)) {
					return
				}
			}
		}
	}
}
