package card

import (
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// published are test numbers that issuers and payment providers publish, for each brand and each usual length.
var published = map[string][]string{
	"Visa":             {"4111111111111111", "4012888888881881", "4242424242424242", "4000000000000000006"},
	"Mastercard":       {"5555555555554444", "5105105105105100", "2223003122003222"},
	"American Express": {"378282246310005", "371449635398431", "343434343434343"},
	"Discover":         {"6011111111111117", "6011000990139424", "6445644564456445", "6500000000000002"},
	"JCB":              {"3530111333300000", "3566002020360505"},
	"Diners Club":      {"30569309025904", "38520000023237", "36227206271667", "3056930009020004"},
	"UnionPay":         {"6200000000000005", "6205500000000000004", "8171999927660000", "8171999900000000021"},
	"Maestro":          {"6759649826438453", "6304000000000000", "6771798021000008", "6703444444444449"},
	"Mir":              {"2200000000000004", "2201382000000013"},
}

// disguises are ways in which a person or a system writes a card number in a description, a chat, an address or a file.
var disguises = []string{
	// beside other numbers
	"4111 1111 1111 1111 12/27", "4111 1111 1111 1111 123", "4111 1111 1111 1111 12/27 123", "Order 12 4111 1111 1111 1111", "4111111111111111 12 27 123",
	"12.03.2026 4111 1111 1111 1111", "4111 1111 1111 1111 2026-11-30", "3x 4111-1111-1111-1111", "0,00 4111111111111111 0,00", "7 378282246310005 7",
	"2 30569309025904 1234", "+49 30 4111 1111 1111 1111", "+49 151 12345670, 4111 1111 1111 1111", "+4111111111111111", "+1 378282246310005",
	"DE89 3704 0044 0532 0130 00 4111 1111 1111 1111", "d96e02a3-9fbf-4224-9b20-58bcd2a6d8cd 4111111111111111", "52.520008, 13.404954, 4111111111111111",
	"203.0.113.9 4111111111111111", "415-555-0132, 415-555-0199, 4111 1111 1111 1111", "00000 4111111111111111", "1 2 3 4 5 6 7 8 9 4111111111111111 1 2 3",
	// letters and signs directly next to it
	"Visa-4111 1111 1111 1111", "Visa4111111111111111", "Nr.4111111111111111", "x4111111111111111", "4111111111111111x", "-4111111111111111", "4111111111111111-",
	"é4111111111111111é", "カード4111111111111111です", "(4111111111111111)", "#4111111111111111", "card=4111111111111111&cvc=123", "\"4111111111111111\"", "<b>4111111111111111</b>",
	"4111 1111 1111 1111abc", "MC5555-5555-5555-4444", "AMEX:3782 822463 10005.", "https://shop.example/pay/4111111111111111?x=1", "€4111111111111111", "4111111111111111€",
	"card no. 4111111111111111, thanks", "\n4111111111111111\n", "a: 4111111111111111, b", "deadbeef4111111111111111",
	// separators
	"4111 1111 1111 1111", "4111  1111  1111  1111", "4111-1111-1111-1111", "4111 - 1111 - 1111 - 1111", "4111.1111.1111.1111", "4111/1111/1111/1111", "4111,1111,1111,1111",
	"4111, 1111, 1111, 1111", "4111_1111_1111_1111", "4111*1111*1111*1111", "4111\u00a01111\u00a01111\u00a01111", "4111\u20091111\u202f1111\u30001111", "4111\t1111\t1111\t1111",
	"4111\n1111\n1111\n1111", "4111\r\n1111\r\n1111\r\n1111", "4111\n\n1111\n\n1111\n\n1111", "4111\u20101111\u20111111\u20121111", "4111\u20131111\u20141111\u20151111",
	"4111\u22121111\u30fc1111\uff0d1111", "4111·1111·1111·1111", "4111•1111•1111•1111", "4111，1111、1111．1111", "4111-1111 1111.1111", "4111 1111\n1111 1111", "4111+1111+1111+1111",
	"4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "41 11 11 11 11 11 11 11", "41111111 11111111", "4111111 111111111", "411111111111.1111", "411111111111,1111", "4,111,111,111,111,111", "4111 1111 1111\u20281111",
	"3782 822463 10005", "3782-8224-6310-005", "3056 930902 5904", "6200 0000 0000 0005", "6205 5000 0000 0000 004", "6759 6498 2643 8453", "2200 0000 0000 0004",
	// separators as web pages and addresses encode them
	"4111&nbsp;1111&nbsp;1111&nbsp;1111", "4111&#160;1111&#xA0;1111&#32;1111", "4111%201111%201111%201111", "4111%C2%A01111%c2%a01111%201111", "4111%2D1111%2d1111-1111", "4111&ndash;1111 &ndash; 1111&nbsp;-&nbsp;1111",
	"4111&shy;1111&shy;1111&shy;1111", "4111%0A1111%0A1111%0A1111", "https://shop.example/pay?card=4111%201111%201111%201111", "%4111111111111111", "%204111111111111111", "4111111111111111%20",
	// invisible characters
	"4111\u200b1111\u200b1111\u200b1111", "4\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1\u200d1", "4111\u20601111\ufeff1111\u200c1111",
	"4111\u00ad1111\u00ad1111\u00ad1111", "4111 \u200b1111 \u200e1111\u200f 1111", "\u202e4111111111111111\u202c", "4111\u034f1111\u180e1111\u20631111", "4111\x001111\x001111\x001111",
	"4\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e31\ufe0f\u20e3",
	"4\u03361\u03361\u03361\u03361\u03361\u03361\u03361\u03361\u03361\u03361\u03361\u03361\u03361\u03361\u03361\u0336",
	// digits of other scripts
	"４１１１１１１１１１１１１１１１", "４１１１　１１１１　１１１１　１１１１", "٤١١١ ١١١١ ١١١١ ١١١١", "٤١١١،١١١١،١١١١،١١١١", "۴۱۱۱ ۱۱۱۱ ۱۱۱۱ ۱۱۱۱", "४१११ ११११ ११११ ११११", "৪১১১-১১১১-১১১১-১১১১", "๔๑๑๑๑๑๑๑๑๑๑๑๑๑๑๑",
	"𝟒𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏𝟏", "⁴¹¹¹ ¹¹¹¹ ¹¹¹¹ ¹¹¹¹", "₄₁₁₁₁₁₁₁₁₁₁₁₁₁₁₁", "④①①①①①①①①①①①①①①①", "4111 １１１１ ١١١١ 1111", "🯴🯱🯱🯱🯱🯱🯱🯱🯱🯱🯱🯱🯱🯱🯱🯱",
	// addresses
	"4111111111111111@example.org", "anna.4111111111111111@example.org", "4111-1111-1111-1111@example.org", "4111.1111.1111.1111@example.org", "anna+4111111111111111@example.org",
	"4111_1111_1111_1111_12_27@example.org", "visa4111111111111111anna@example.org", "anna@4111111111111111.example", "en-41111111-11111111",
}

func TestThreat_T28_DisguisedNumbersAreSeen(t *testing.T) {
	for _, text := range disguises {
		if !In(text) {
			t.Errorf("not seen in %+q", text)
		}
	}
	if len(disguises) < 100 {
		t.Errorf("%d texts", len(disguises))
	}
}

// Every brand is found with every grouping, separator, position and script.
func TestThreat_T28_EveryBrandInEveryForm(t *testing.T) {
	groupings := [][]int{{19}, {4, 4, 4, 4, 4}, {4, 6, 9}, {8, 11}, {6, 13}, {2, 2, 2, 2, 2, 2, 2, 2, 2, 2}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {3, 3, 3, 3, 3, 3, 3}, {5, 5, 5, 5}}
	separators := []string{"", " ", "  ", "\u00a0", "\u2002", "\u202f", "\u3000", "\t", "\n", "\r\n", "-", " - ", "–", "—", "\u2011", "−", ".", ". ", "/", " / ", ",", ", ", "_", "*", "\u200b", "\u00ad", " \u2060", "·"}
	surroundings := []string{"#", "Card: #.", "Visa#", "#x", "12 #", "# 12/27", "# 123", "(#)", "é#é", "10 00\n#", "x-#-y", "12, # / 7"}
	zeros := []rune{'0', '０', '٠', '۰', '०', '๐', '𝟎', '𝟬', '߀'}
	for brand, numbers := range published {
		for _, number := range numbers {
			for _, grouping := range groupings {
				for i, separator := range separators {
					text := strings.ReplaceAll(surroundings[i%len(surroundings)], "#", grouped(number, grouping, separator))
					if !In(text) {
						t.Errorf("%s is not seen in %+q", brand, text)
					}
				}
			}
			for _, zero := range zeros {
				for _, surrounding := range surroundings {
					text := strings.ReplaceAll(surrounding, "#", strings.Map(func(r rune) rune { return r - '0' + zero }, number))
					if !In(text) {
						t.Errorf("%s is not seen in %+q", brand, text)
					}
				}
			}
		}
	}
}

// grouped writes a number in groups of the given widths.
func grouped(number string, grouping []int, separator string) string {
	var groups []string
	for _, n := range grouping {
		n = min(n, len(number))
		if n > 0 {
			groups = append(groups, number[:n])
		}
		number = number[n:]
	}
	return strings.Join(groups, separator)
}

// With one wrong digit, no number is a card number. This shows that the tests above can fail.
func TestANumberWithAWrongDigitIsNone(t *testing.T) {
	for brand, numbers := range published {
		for _, number := range numbers {
			for i := range number {
				wrong := []byte(number)
				wrong[i] = '0' + (wrong[i]-'0'+1)%10
				if In(string(wrong)) {
					t.Errorf("%s: %s", brand, wrong)
				}
			}
		}
	}
}

// A number is found whatever precedes or follows it, and a text with too few digits contains no card number.
func FuzzIn(f *testing.F) {
	for _, text := range append(append(disguises, evident...), ordinary...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, both := range []string{text + "; 4111 1111 1111 1111", "4111 1111 1111 1111; " + text, text + ";\u0664\u0661\u0661\u0661-1111/1111, 1111;" + text} {
			if !In(both) {
				t.Errorf("not seen in %+q", both)
			}
		}
		digits := 0
		for _, r := range norm.NFKC.String(text) {
			if unicode.IsDigit(r) {
				digits++
			}
		}
		if digits < shortest && In(text) {
			t.Errorf("seen in %+q", text)
		}
	})
}
