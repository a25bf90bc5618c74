package pages

import (
	"strings"

	"github.com/helpdeskexpert/privacy/shared/links"
)

// musts says what each field of the request form must be. The page learns only which fields are wrong, and not what is wrong with them. So each
// text says all that package request demands of the field. A test compares the two.
var musts = map[string]string{
	"right":         "Your choice must be one of those on the page of your rights.",
	"scope":         "How much you want to know must be one of the two choices.",
	"declaration":   "To get the data itself, you must tick the declaration.",
	"ground":        "Why you want the use limited must be one of the reasons on the form.",
	"purposes":      "The choice of uses must be one or more of the uses on the form.",
	"categories":    "Which data it is about must be among the kinds of data on the form, each once.",
	"email":         "Your email address must look like name@example.com, with at most 64 plain letters, digits and signs before the @ and a valid domain after it. It must not contain a card number.",
	"childEmail":    "The child’s email address must look like name@example.com, with at most 64 plain letters, digits and signs before the @ and a valid domain after it, or be left open. It must not contain a card number.",
	"details":       "The text that you write must be at most 2,000 characters long. It must not contain a card number or control characters. Where the form does not call it optional, it is required.",
	"jurisdiction":  "Where you live must be one of the places in the list, or be left open.",
	"agentName":     "If you ask for somebody else, your name is required. It must be at most 200 characters long, and must not contain a card number or control characters.",
	"agentEmail":    "If you ask for somebody else, your own email address is required. It must look like name@example.com, with at most 64 plain letters, digits and signs before the @ and a valid domain after it. It must not contain a card number.",
	"agentRelation": "If you ask for somebody else, how you are related must be one of the choices in the list.",
	"language":      "The language must be a language tag such as en or pt-BR.",
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
