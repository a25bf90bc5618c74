package subject

import (
	"errors"
	"strings"
	"testing"
)

// F23: a domain is counted as the DNS writes it. There it may be much longer than its spelling, and has 253 octets at most.
func TestFault_F23_TheLongestDomain(t *testing.T) {
	const label = "ü." // xn--tda. in the DNS: 8 octets
	for end, mailable := range map[string]bool{"abcde": true, "abcdef": false} {
		to := "anna@" + strings.Repeat(label, 31) + end
		got, err := Mailable(to)
		if want := "anna@" + strings.Repeat("xn--tda.", 31) + end; mailable && (err != nil || got != want) {
			t.Errorf("253 octets: %q, %v", got, err)
		} else if !mailable && !errors.Is(err, ErrUnmailable) {
			t.Errorf("254 octets: %q, %v", got, err)
		}
	}
}
