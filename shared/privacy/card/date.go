package card

import "strconv"

// date returns the length of the date that s begins with, or 0. The date is written in digits, with a year of this century or the
// last, such as "2026-11-30", "30.11.2026", "30. 11. 2026", "30/11/2026" or "11-30-2026".
func date(s string) int {
	var parts [3]int
	var widths [3]int
	n, mark := 0, byte(0)
	for i := range parts {
		width := digitsOf(s[n:])
		if width == 0 || width > 4 {
			return 0
		}
		parts[i], _ = strconv.Atoi(s[n : n+width])
		widths[i], n = width, n+width
		if i == 2 {
			break
		}
		if n == len(s) || s[n] != '.' && s[n] != '-' && s[n] != '/' || i > 0 && s[n] != mark {
			return 0
		}
		mark, n = s[n], n+1
		if n < len(s) && s[n] == ' ' && mark == '.' {
			n++
		}
	}
	day, month, year := parts[0], parts[1], parts[2]
	if widths[0] == 4 {
		day, year = year, day
		widths[0], widths[2] = widths[2], widths[0]
	}
	inYear := day >= 1 && month >= 1 && (day <= 31 && month <= 12 || day <= 12 && month <= 31)
	if !inYear || widths[0] > 2 || widths[1] > 2 || widths[2] != 4 || year < 1900 || year > 2099 {
		return 0
	}
	return n
}
