package subject

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
	"github.com/helpdeskexpert/privacy/shared/fault"
)

// T16: case is folded in ASCII only, and a domain is read as it is registered. Addresses that differ otherwise belong to different people.
func TestThreat_T16_WhatMakesAddressesTheSame(t *testing.T) {
	for spelling, want := range map[string]string{
		"anna@example.org": "anna@example.org", "ANNA.Zed@Example.ORG": "anna.zed@example.org", "anna+x@example.org": "anna+x@example.org",
		"an.na@example.org": "an.na@example.org", "anna@mail.example.org": "anna@mail.example.org", "[]@example.org": "",
		"anna@Bücher.example": "anna@xn--bcher-kva.example", "anna@xn--BCHER-kva.example": "anna@xn--bcher-kva.example", "anna@ｅxample.org": "anna@example.org",
		"Änna@example.org": "Änna@example.org", "ÄNNA@example.org": "Änna@example.org", "\u212aate@example.org": "\u212aate@example.org",
	} {
		got, err := ParseAddress(spelling)
		if want == "" {
			if err == nil {
				t.Errorf("%q is taken for %q", spelling, got.Lookup)
			}
			continue
		}
		if err != nil || got != (Address{Lookup: want, Spelling: spelling}) {
			t.Errorf("%q: %+v, %v, want %q", spelling, got, err, want)
		}
	}
}

// T15: a text that is not a bare address is refused, with a problem that repeats nothing of it.
func TestThreat_T15_WhatIsNoAddress(t *testing.T) {
	for _, s := range []string{
		"", "anna", "@example.org", "anna@", "anna@localhost", "anna@.example.org", "anna@example..org", "anna@example.org.", "anna@xn--.org", "anna@-a.example.org",
		"Anna <anna@example.org>", "<anna@example.org>", "anna@example.org, b@example.org", "anna@b@example.org", `"an na"@example.org`, "a..b@example.org", ".a@example.org",
		" anna@example.org", "anna@example.org\r\nBcc: b@example.org", "an\u202ena@example.org", "anna@exa\u200bmple.org", "anna\x00@example.org", "anna@\ufffdexample.org",
		"anna@[192.0.2.1]", strings.Repeat("a", 243) + "@example.org",
	} {
		got, err := ParseAddress(s)
		if fault.KindOf(err) != fault.Unacceptable || got != (Address{}) {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
		if err != nil && err.Error() != "unacceptable: must be an email address" {
			t.Errorf("the error of %q says %q", s, err)
		}
	}
	if _, err := ParseAddress(strings.Repeat("a", 242) + "@example.org"); err != nil {
		t.Errorf("254 octets: %v", err)
	}
}

// T15, T16: an accepted address contains no control character. Its lookup form stays the same when it is parsed again or is in capitals.
func TestThreat_T16_WhatIsFoundStaysFound(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a-zA-Z0-9.!#$%&'*+/=?^_{|}~äß-]{1,12}@[a-zA-Z0-9ü-]{1,8}(\.[a-zA-Z0-9-]{1,6}){1,2}`).Draw(t, "address")
		got, err := ParseAddress(s)
		if err != nil {
			return
		}
		if strings.ContainsFunc(got.Lookup+got.Spelling, unicode.IsControl) || got.Spelling != s {
			t.Fatalf("%q: %+v", s, got)
		}
		for _, same := range []string{got.Lookup, strings.Map(capital, s)} {
			if again, err := ParseAddress(same); err != nil || again.Lookup != got.Lookup {
				t.Fatalf("%q is found by %q, and %q by %q, %v", s, got.Lookup, same, again.Lookup, err)
			}
		}
	})
}

func capital(r rune) rune {
	if 'a' <= r && r <= 'z' {
		return r - 'a' + 'A'
	}
	return r
}
