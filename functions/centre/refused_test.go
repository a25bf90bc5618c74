package main

import (
	"html"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// refused returns the page that a refused filing leads to, and the error.
func refused(t *testing.T, f request.Filing) (page string, err *fault.Error) {
	t.Helper()
	q := &request.Requester{Policy: policy.InForce, Now: time.Now} // a refused filing is not stored
	_, any := q.File(t.Context(), f)
	err, ok := any.(*fault.Error) //nolint:errorlint // the type itself is the contract
	if !ok {
		t.Fatalf("%+v is accepted", f)
	}
	r := get(t, links.Origin("").RequestProblem(links.RefusalOf(any)))
	body, _ := io.ReadAll(r.Body)
	if r.StatusCode != http.StatusOK {
		t.Fatal(r.Status)
	}
	return html.UnescapeString(string(body)), err
}

// The page of a refusal covers each demand on each field: what package request says of a mistake is said there too, in other words.
func TestTheProblemPageCoversEveryDemand(t *testing.T) {
	said := map[string]string{ // the service's details, with the words of the page
		"must be access or portability. For other rights, please write to the privacy team": "Your choice must be one of those on the form.",
		"is required":                     "must look like name@example.com",
		"must look like name@example.com": "Your email address must look like name@example.com",
		"must be able to receive email: at most 64 plain ASCII characters before the @ and a valid domain after it": "at most 64 plain letters, digits and signs before the @ and a valid domain after it",
		"must be eu, uk, california or other, or be left out":                                                       "Where you live must be one of the places in the list, or be left open.",
		"must be a language tag such as en or pt-BR":                                                                "must be a language tag such as en or pt-BR",
		"must be at most 2000 characters long":                                                                      "“Anything else?” must be at most 2,000 characters long.",
		"must not contain control characters":                                                                       "must not contain a card number or control characters.",
		"must not contain a card number":                                                                            "must not contain a card number",
	}
	met := map[string]bool{}
	for _, f := range []request.Filing{
		{Right: "access"},
		{Right: "x", Email: "x", Jurisdiction: "x", Language: "*", Details: "\a"},
		{Right: "access", Email: "änna@example.org", Details: strings.Repeat("x", 2001)},
		{Right: "access", Email: "4111111111111111@example.org", Details: "4111 1111 1111 1111"},
	} {
		page, err := refused(t, f)
		for _, field := range err.Fields {
			words, known := said[field.Detail]
			if met[field.Detail] = true; !known || !strings.Contains(page, words) {
				t.Errorf("%s %s: the page lacks %q", field.Pointer, field.Detail, words)
			}
		}
		if items := strings.Count(page, "<li>"); items != len(err.Fields) {
			t.Errorf("%d fields are wrong, and the page names %d", len(err.Fields), items)
		}
	}
	if len(met) != len(said) {
		t.Errorf("only these details were met: %v", met)
	}
}

// The form limits its texts to what the service accepts, so that a browser stops a person before the service does.
func TestTheFormKnowsTheLongestText(t *testing.T) {
	body, _ := io.ReadAll(get(t, "/request").Body)
	if !strings.Contains(string(body), `name="details" rows="3" maxlength="2000"`) || !strings.Contains(string(body), `type="email"`) || strings.Contains(string(body), "novalidate") {
		t.Error("the browser does not check the form")
	}
	page, err := refused(t, request.Filing{Right: "access", Email: "anna@example.org", Details: strings.Repeat("x", 2001)})
	if !strings.Contains(page, "at most 2,000 characters") || len(err.Fields) != 1 {
		t.Errorf("%v", err)
	}
}
