package people

import "github.com/brianvoe/gofakeit/v7"

// awkward holds what people and attackers type into free text. All of it is allowed and must come back unchanged; none of
// it may run in a spreadsheet, a page or a path.
var awkward = []string{
	`=1+1`, `+1-1`, `-2+3`, `@SUM(A1:A9)`, "\t=1", `=HYPERLINK("http://example.org","click")`, `=cmd|' /C calc'!A0`,
	`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `"quoted", comma; semi`, `</textarea>&amp;&lt;`, `{{7*7}}${7*7}`,
	`../../etc/passwd`, `C:\new\table.csv`, `'; DROP TABLE records; --`, "first line\nsecond line\r\nthird", "a\u0000b\u0007c",
	"zero\u200bwidth\u200djoiner\ufeff", "\u202eright-to-left override\u202c", "e\u0301 is not \u00e9", "😀👩‍👩‍👧‍👦🏳️‍🌈",
	"ﷺ ﷽", "שלום, call +1 202 555 0147 مرحبا", "Z̷͙͊a̶l̷g̵o̶", "\u2028line and paragraph\u2029", "", " ", "null", "NaN", "0x1F", "1e309",
	"ＦＵＬＬ　ＷＩＤＴＨ", "ǅungla ﬁne ſtreet", "🂡\U0010FFFF",
}

// freeText returns an ordinary text, or now and then an awkward one.
func freeText(f *gofakeit.Faker, ordinary func() string) string {
	if f.IntRange(1, 15) == 1 {
		return f.RandomString(awkward)
	}
	return ordinary()
}
