package pages

import (
	"strings"

	"github.com/helpdeskexpert/privacy/shared/links"
)

// musts says what each field of the request form must be. The page learns only which fields are wrong, and not what is wrong with them. So each
// text says all that package request demands of the field. A test compares the two.
var musts = map[string]string{
	"right":        "Your choice must be one of those on the form.",
	"email":        "Your email address must look like name@example.com, with at most 64 plain letters, digits and signs before the @ and a valid domain after it. It must not contain a card number.",
	"jurisdiction": "Where you live must be one of the places in the list, or be left open.",
	"details":      "What you wrote under “Anything else?” must be at most 2,000 characters long. It must not contain a card number or control characters.",
	"language":     "The language must be a language tag such as en or pt-BR.",
}

// wrong says what each field that was refused must be.
func wrong(r links.Refusal) []string {
	var said []string
	for field := range strings.SplitSeq(r.Fields, ",") {
		if must, ok := musts[field]; ok {
			said = append(said, must)
		}
	}
	return said
}
