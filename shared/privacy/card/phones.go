package card

import "strings"

// phones returns the length of two national telephone numbers in a list, such as "415-555-0132, 415-555-0199" or
// "06 12 34 56 78 / 06 98 76 54 32". Both have 9 to 11 digits in the same groups, with one separator between all groups of a number.
func phones(s string) int {
	first, n := national(s)
	if n == 0 {
		return 0
	}
	rest := strings.TrimLeft(s[n:], " \r\n,/")
	between := s[n : len(s)-len(rest)]
	if len(between) > widestGap || !strings.ContainsAny(between, ",/\n") {
		return 0
	}
	if second, length := national(rest); length > 0 && first == second {
		return n + len(between) + length
	}
	return 0
}

// national returns the widths of the groups of the telephone number that s begins with, and its length in bytes.
func national(s string) (widths [11]int, length int) {
	digits := 0
	for i := 0; ; i++ {
		width := digitsOf(s[length:])
		if width == 0 || digits+width > len(widths) {
			return widths, 0
		}
		widths[i], digits, length = width, digits+width, length+width
		if length+1 >= len(s) || strings.IndexByte(" -.", s[length]) < 0 || s[length] != s[widths[0]] || !isDigit(s[length+1]) {
			break
		}
		length++
	}
	if digits < 9 {
		return widths, 0
	}
	return widths, length
}
