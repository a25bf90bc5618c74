package card

import (
	"net/netip"
	"slices"
	"strings"
)

// withoutOthers replaces each number whose form shows that it is no card number by a letter: an IBAN, a UUID, a hash, a date, a
// pair of coordinates, an IPv4 address, two telephone numbers. Nobody writes a card number in one of these forms, but their digits
// pass the Luhn test by chance: in one pair of coordinates in eleven, one German IBAN in twenty, one period of two dates in fifty.
func withoutOthers(text string) string {
	var out strings.Builder
	inWord := false
	for i := 0; i < len(text); {
		n := 0
		goesOn := i > 0 && text[i-1] == '.' && isDigit(text[i]) // the end of a longer row of groups is not an IPv4 address
		if !inWord && !goesOn && isWord(text[i]) {
			n = other(text[i:])
		}
		if n > 0 {
			out.WriteByte('x')
			i, inWord = i+n, true
			continue
		}
		inWord = isWord(text[i])
		out.WriteByte(text[i])
		i++
	}
	return out.String()
}

// other returns the length of a number of another kind that s begins with, or 0 if s begins with none. It reads a bounded part of s.
func other(s string) int {
	for _, kind := range []func(string) int{iban, uuid, hash, date, coordinates, ipv4, phones} {
		n := kind(s)
		goesOn := n < len(s) && (isWord(s[n]) || s[n] == '.' && n+1 < len(s) && isDigit(s[n+1]))
		if n > 0 && !goesOn {
			return n
		}
	}
	return 0
}

// iban returns the length of an IBAN (ISO 13616): two letters, two check digits and up to 30 letters and digits, together or in
// groups. Its value is 1 modulo 97.
func iban(s string) int {
	if len(s) < 4 || !isLetter(s[0]) || !isLetter(s[1]) || !isDigit(s[2]) || !isDigit(s[3]) {
		return 0
	}
	head := remainder(remainder(0, s[2]), s[3]) // of the two check digits, which the check moves to the end
	letters := remainder(remainder(0, s[0]), s[1])
	sum, length := 0, 4
	for i := 4; i < len(s) && length < 34; i++ {
		switch {
		case isWord(s[i]):
			sum = remainder(sum, s[i])
			length++
		case s[i] != ' ' && s[i] != '-' || !isWord(s[i-1]):
			return 0
		}
		ends := i+1 == len(s) || !isWord(s[i+1])
		if whole := (sum*1000000 + letters*100 + head) % 97; length >= 15 && isWord(s[i]) && ends && whole == 1 {
			return i + 1
		}
	}
	return 0
}

// remainder appends a character to a number modulo 97: a digit, or a letter, which stands for two digits.
func remainder(sum int, c byte) int {
	if isDigit(c) {
		return (sum*10 + int(c-'0')) % 97
	}
	return (sum*100 + int(c|0x20-'a') + 10) % 97
}

// uuid returns the length of a UUID in its hyphenated form (RFC 9562).
func uuid(s string) int {
	const form = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
	if len(s) < len(form) {
		return 0
	}
	for i := range form {
		if form[i] == '-' && s[i] != '-' || form[i] == 'x' && !isHex(s[i]) {
			return 0
		}
	}
	return len(form)
}

// hashes lists the lengths of hashes in hexadecimal digits, from MD5 to SHA-512.
var hashes = []int{32, 40, 48, 56, 64, 96, 128}

func hash(s string) int {
	n := 0
	for n < len(s) && n <= 128 && isHex(s[n]) {
		n++
	}
	if !slices.Contains(hashes, n) {
		return 0
	}
	return n
}

// coordinates returns the length of a pair of decimals with 1 to 3 digits before the point and 4 to 8 after it: "52.520008,
// -13.404954".
func coordinates(s string) int {
	first := degrees(s)
	if first == 0 {
		return 0
	}
	second := strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(s[first:], ","), " "), "-")
	if n := degrees(second); n > 0 {
		return len(s) - len(second) + n
	}
	return 0
}

func degrees(s string) int {
	whole := digitsOf(s)
	if whole < 1 || whole > 3 || whole == len(s) || s[whole] != '.' {
		return 0
	}
	if n := digitsOf(s[whole+1:]); 4 <= n && n <= 8 {
		return whole + 1 + n
	}
	return 0
}

// ipv4 returns the length of an IPv4 address in dotted form.
func ipv4(s string) int {
	n := 0
	for n < len(s) && n < len("255.255.255.255 ") && (isDigit(s[n]) || s[n] == '.') {
		n++
	}
	word := strings.TrimRight(s[:n], ".")
	if strings.Count(word, ".") != 3 {
		return 0
	}
	if _, err := netip.ParseAddr(word); err != nil {
		return 0
	}
	return len(word)
}

func digitsOf(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isWord(c byte) bool   { return isDigit(c) || isLetter(c) }
func isHex(c byte) bool    { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
