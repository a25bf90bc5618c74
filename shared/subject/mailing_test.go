package subject

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// F23: the address alone shows that no mail can ever reach it. Every other reason for a refusal can be repaired.
func TestFault_F23_WhatCanNeverBeMailed(t *testing.T) {
	for to, want := range map[string]string{
		"anna@example.org": "anna@example.org", "Anna.O'Hara+x@Example.org": "Anna.O'Hara+x@example.org", "anna@bücher.example": "anna@xn--bcher-kva.example",
		"anna@1.2.example": "anna@1.2.example", "anna@4u.example": "anna@4u.example",
		strings.Repeat("a", 64) + "@example.org":       strings.Repeat("a", 64) + "@example.org",
		"anna@" + strings.Repeat("b", 63) + ".example": "anna@" + strings.Repeat("b", 63) + ".example",
		"": "", "anna": "", "@example.org": "", "anna@": "", "anna@localhost": "", "anna@-.example": "", "anna@example..org": "", "an na@example.org": "",
		"anna@example.org\r\nBcc: b@example.org": "", "anna@[192.0.2.1]": "", "Anna <anna@example.org>": "",
		"änna@example.org": "", "anna@example.invalid": "", "anna@EXAMPLE.INVALID": "", "anna@192.0.2.1": "",
		strings.Repeat("a", 65) + "@example.org": "", "anna@" + strings.Repeat("b", 64) + ".example": "",
	} {
		got, err := Mailable(to)
		if got != want || (err == nil) != (want != "") || err != nil && !errors.Is(err, ErrUnmailable) {
			t.Errorf("%q: %q, %v", to, got, err)
		}
	}
}

// F23: the pauses between attempts grow, but a mail never waits more than an hour once it can be sent.
func TestFault_F23_PausesBetweenTries(t *testing.T) {
	for tries, want := range map[int]time.Duration{0: 2 * time.Minute, 1: 2 * time.Minute, 2: 4 * time.Minute, 5: 32 * time.Minute, 6: time.Hour, 7: time.Hour, 1 << 40: time.Hour} {
		if got := MailAgain(tries); got != want {
			t.Errorf("after %d tries: %s, want %s", tries, got, want)
		}
	}
}
