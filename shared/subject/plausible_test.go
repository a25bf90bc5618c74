package subject

import (
	"strings"
	"testing"
)

// T15: an address that only looks like one is stored; what could start another header, another address or a name is not.
func TestThreat_T15_WhatLooksLikeAnAddress(t *testing.T) {
	domain := "@example.org"
	for s, want := range map[string]bool{
		"anna@example.org": true, "a@b.c": true, "Anna.O'Hara+x@bücher.example": true, "änna@example.org": true, strings.Repeat("a", 254-len(domain)) + domain: true,
		"": false, "anna": false, "@example.org": false, "anna@": false, "anna@localhost": false, "anna@b@example.org": false, "anna@example.org@": false,
		strings.Repeat("a", 255-len(domain)) + domain: false, strings.Repeat("ä", 122) + domain: false,
	} {
		if got := Plausible(s); got != want {
			t.Errorf("%q: %t", s, got)
		}
	}
	for _, r := range " \t\r\n\x00\x1f\x7f\u0080\u00a0\u00ad\u2028\u200b\u202e\ufffd" + `,;:<>()[]\"` {
		for _, s := range []string{"an" + string(r) + "na@example.org", "anna@exa" + string(r) + "mple.org", "anna@example.org" + string(r)} {
			if Plausible(s) {
				t.Errorf("%q is taken for an address", s)
			}
		}
	}
	for _, r := range "!#$%&'*+-/=?^_`{|}~." {
		if s := "an" + string(r) + "na@example.org"; !Plausible(s) {
			t.Errorf("%q is refused", s)
		}
	}
}
