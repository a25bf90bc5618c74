package card

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/helpdeskexpert/privacy/infra/local/soak"
)

// Each reader of another kind of number takes what lies within its limits, and nothing one step beyond them (promise D04).
func TestPromise_D04_LimitsOfOtherNumbers(t *testing.T) {
	type table map[string]int // text: the length of the number at its beginning
	hex := func(n int) string { return strings.Repeat("a", n) }
	for name, kind := range map[string]struct {
		read func(string) int
		want table
	}{
		"date": {date, table{
			"1.1.1900": 8, "31.12.2099": 10, "12/31/2026": 10, "31/12/2026": 10, "2026-12-31": 10, "2026-1-1": 8, "12.12.2026, more": 10,
			"0.1.2026": 0, "1.0.2026": 0, "32.12.2026": 0, "12.32.2026": 0, "31.13.2026": 0, "13/31/2026": 0, "1.1.1899": 0, "1.1.2100": 0, "1.1.20261": 0, "1.1.": 0, "1.1-2026": 0, "1.1": 0,
		}},
		"hash": {hash, table{hex(31): 0, hex(32): 32, hex(33): 0, hex(40): 40, hex(127): 0, hex(128): 128, hex(129): 0, hex(32) + "x": 32}},
		"degrees": {degrees, table{
			"1.2345": 6, "12.34567": 8, "123.4567": 8, "1.12345678": 10, "1.2345 east": 6, ".1234": 0, "1234.5678": 0, "1.234": 0, "1.123456789": 0, "123": 0, "1,2345": 0,
		}},
		"coordinates": {coordinates, table{
			"1.2345,6.7891": 13, "1.2345, 6.7891": 14, "1.2345 6.7891": 13, "1.2345,-6.7891": 14, "1.2345-6.7891": 13, "1.2345, east": 0, "1.2345": 0, "1.2345.6789": 0, "1.2345;6.7891": 0,
		}},
		"iban": {iban, table{
			"DE89 3704 0044 0532 0130 00": 27, "de89-3704-0044-0532-0130-00, please": 27, "DE89  3704 0044 0532 0130 00": 0, "DE89 3704 0044 0532 0130 01": 0, "DE89 3704 ": 0, "DE8": 0, "DEX9": 0, "D": 0,
		}},
		"ipv4": {ipv4, table{"0.0.0.0": 7, "255.255.255.255": 15, "192.0.2.1.": 9, "192.0.2.1 and": 9, "192.0.2.256": 0, "192.0.2": 0, "1.2.3.4.5": 0}},
		"phones": {phones, table{
			"030 901820, 030 901821": 22, "0151 1234567/0151 7654321": 25, "415-555-0132,   415-555-0199": 28, "415-555-0132\n415-555-0199": 25, "415.555.0132, 415.555.0199 and more": 26,
			"030 90182, 030 90183": 0, "0151 12345678, 0151 87654321": 0, "415-555-0132,    415-555-0199": 0, "415-555-0132 415-555-0199": 0, "415-555-0132, 415-555-019": 0,
			"415-555-0132, 41-5555-0199": 0, "415-555-0132, 415-555-0199-44": 0, "415-555-0132": 0,
		}},
		"other": {other, table{
			"1.1.2026": 8, "1.1.2026. 5": 8, "1.1.2026.": 8, "1.1.2026,5": 8, "1.1.2026 5": 8, "1.1.2026.5": 0, "1.1.2026a": 0, "4111 1111 1111 1111": 0, "": 0,
		}},
	} {
		for text, want := range kind.want {
			if got := kind.read(text); got != want {
				t.Errorf("%s: %q: %d, want %d", name, text, got, want)
			}
		}
	}
}

// The letters and digits of ASCII are the ones that make a word.
func TestCharactersOfAWord(t *testing.T) {
	const decimals, letters = "0123456789", "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	for i := range 256 {
		c := byte(i)
		in := func(set string) bool { return strings.IndexByte(set, c) >= 0 }
		if isDigit(c) != in(decimals) || isLetter(c) != in(letters) || isWord(c) != in(decimals+letters) || isHex(c) != in(decimals+"abcdefABCDEF") {
			t.Errorf("%q: digit %t, letter %t, word %t, hexadecimal %t", c, isDigit(c), isLetter(c), isWord(c), isHex(c))
		}
	}
}

// An IBAN has 15 to 34 characters and the check digits of ISO 7064, which this test computes with big numbers.
func TestPromise_D04_IBANsOfEveryLength(t *testing.T) {
	soak.Check(t, func(t *rapid.T) {
		account := rapid.StringMatching(`[0-9A-Za-z]{10,31}`).Draw(t, "account")
		country := rapid.StringMatching(`[A-Za-z]{2}`).Draw(t, "country")
		check := 98 - checkRemainder(account+country+"00")
		text := fmt.Sprintf("%s%02d%s", country, check, account)
		want := len(text)
		if want < 15 || want > 34 {
			want = 0
		}
		if got := iban(text); got != want {
			t.Fatalf("%s: %d, want %d", text, got, want)
		}
		if got := iban(text + "."); got != want {
			t.Fatalf("%s at the end of a sentence: %d, want %d", text, got, want)
		}
		wrong := fmt.Sprintf("%s%02d%s", country, (check+1)%100, account)
		if got := iban(wrong); got != 0 {
			t.Fatalf("%s has wrong check digits: %d", wrong, got)
		}
	})
}

// checkRemainder returns a text modulo 97, in which a letter stands for a number from 10 to 35.
func checkRemainder(text string) int64 {
	var b strings.Builder
	for _, r := range strings.ToUpper(text) {
		if r >= 'A' {
			fmt.Fprint(&b, r-'A'+10)
		} else {
			b.WriteRune(r)
		}
	}
	n, _ := new(big.Int).SetString(b.String(), 10)
	return n.Mod(n, big.NewInt(97)).Int64()
}
