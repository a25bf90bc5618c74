package digits

import (
	"testing"
	"unicode"
)

// The value of a digit is its distance from the zero of its script, because Unicode stores the ten digits of a script together.
func TestDigitsOfEveryScriptHaveTheirValue(t *testing.T) {
	scripts := 0
	for r, value := rune(0), 0; r <= unicode.MaxRune; r++ {
		got, ok := Of(r)
		if ok != unicode.IsDigit(r) {
			t.Fatalf("%U: %t", r, ok)
		}
		if !ok {
			if value != 0 {
				t.Fatalf("%U: the digits before end with %d", r, value-1)
			}
			continue
		}
		if got != '0'+byte(value) {
			t.Fatalf("%U is %c, not %d", r, got, value)
		}
		if value++; value == 10 {
			value, scripts = 0, scripts+1
		}
	}
	if scripts < 60 {
		t.Errorf("%d scripts", scripts)
	}
}
