package subject

import (
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/privacy"
)

// Whom an alias stands for, and why nothing may be answered by it automatically. A freeze comes before everything else, since only the team ends it.
func TestThreat_T27_WhomAnAliasStandsFor(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	both := []privacy.SubjectID{"a", "b"}
	for name, c := range map[string]struct {
		alias Alias
		who   privacy.SubjectID
		doubt Doubt
	}{
		"nobody":                        {Alias{}, "", NoDoubt},
		"one":                           {Alias{Subjects: both[:1]}, "a", NoDoubt},
		"two":                           {Alias{Subjects: both}, "", Shared},
		"taken away":                    {Alias{From: "a", DoubtUntil: now.Add(1)}, "", Detached},
		"taken away long ago":           {Alias{From: "a", DoubtUntil: now}, "", NoDoubt},
		"taken away, and somebody's":    {Alias{Subjects: both[1:], From: "a", DoubtUntil: now.Add(1)}, "b", Detached},
		"taken away, and two people's":  {Alias{Subjects: both, From: "c", DoubtUntil: now.Add(1)}, "", Shared},
		"contested":                     {Alias{Subjects: both[:1], FrozenAt: now}, "a", Frozen},
		"contested, and two people's":   {Alias{Subjects: both, FrozenAt: now}, "", Frozen},
		"contested, and taken away too": {Alias{FrozenAt: now, DoubtUntil: now.Add(1)}, "", Frozen},
	} {
		a := c.alias
		if a.Subject() != c.who || a.Doubt(now) != c.doubt || a.Shared() != (len(a.Subjects) > 1) {
			t.Errorf("%s: %q, %q", name, a.Subject(), a.Doubt(now))
		}
		for _, id := range []privacy.SubjectID{"a", "b", "c", ""} {
			behind := false
			for _, one := range a.Subjects {
				behind = behind || one == id
			}
			if a.Belongs(id) != behind {
				t.Errorf("%s: belongs to %q: %t", name, id, a.Belongs(id))
			}
		}
		if known := a.Known(now); known.Subject != c.who || known.Doubt != c.doubt || len(known.Others) != len(a.Subjects) {
			t.Errorf("%s: %+v", name, known)
		}
	}
}

// An alias says whether it is that of an address. The ids of two clients never match, nor an id and an address, whatever they are.
func TestThreat_T16_KindsOfAliases(t *testing.T) {
	key := Key("a key of tests")
	address := key.Alias(Address{Lookup: "crm"})
	seen := map[string]bool{address: true}
	for _, id := range []string{key.IDAlias("crm", "7"), key.IDAlias("shop", "7"), key.IDAlias("crm", "8"), key.IDAlias("crm7", ""), key.IDAlias("", "crm7"), Key("another").IDAlias("crm", "7")} {
		if seen[id] || IsAddress(id) {
			t.Errorf("%s: seen %t, address %t", id, seen[id], IsAddress(id))
		}
		seen[id] = true
	}
	if !IsAddress(address) {
		t.Errorf("%s is no address", address)
	}
}
