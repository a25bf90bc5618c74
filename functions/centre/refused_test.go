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
	"github.com/helpdeskexpert/privacy/shared/privacy"
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
	const email = "must look like name@example.com, with at most 64 plain letters, digits and signs before the @ and a valid domain after it"
	said := map[string]string{ // the service's details, with the words of the page
		"right must be one of the rights that the policy names, or complaint or child_erasure": "Your choice must be one of those on the page of your rights.",
		"email is required":                     "Your email address " + email,
		"email must look like name@example.com": "Your email address " + email,
		"email must be able to receive email: at most 64 plain ASCII characters before the @ and a valid domain after it": "Your email address " + email,
		"email must not contain a card number":                                     "must not contain a card number",
		"jurisdiction must be eu, uk, california or other, or be left out":         "Where you live must be one of the places in the list, or be left open.",
		"language must be a language tag such as en or pt-BR":                      "must be a language tag such as en or pt-BR",
		"details is required":                                                      "Where the form does not call it optional, it is required.",
		"details must be at most 2000 characters long":                             "The text that you write must be at most 2,000 characters long.",
		"details must not contain control characters":                              "must not contain a card number or control characters.",
		"details must not contain a card number":                                   "must not contain a card number",
		"scope is required":                                                        "How much you want to know must be one of the two choices.",
		"scope must be categories or specific":                                     "How much you want to know must be one of the two choices.",
		"declaration must be true: the person declares that they are who they say": "you must tick the declaration",
		"ground is required":                                                       "Why you want the use limited must be one of the reasons on the form.",
		"ground must be accuracy, unlawful, claims or objection":                   "Why you want the use limited must be one of the reasons on the form.",
		"purposes is required":                                                     "The choice of uses must be one or more of the uses on the form.",
		"purposes must be a purpose that the policy declares":                      "The choice of uses must be one or more of the uses on the form.",
		"purposes rests neither on legitimate interests nor is it direct marketing, so nobody can object to it": "The choice of uses must be one or more of the uses on the form.",
		"categories must be a category of personal data that the policy declares, once":                         "among the kinds of data on the form, each once",
		"childEmail must look like name@example.com":                                                            "The child’s email address " + email,
		"agentName is required":                                         "If you ask for somebody else, your name is required.",
		"agentName must be at most 200 characters long":                 "It must be at most 200 characters long",
		"agentEmail is required":                                        "your own email address is required",
		"agentEmail must look like name@example.com":                    "your own email address is required. It " + email,
		"agentRelation is required":                                     "how you are related must be one of the choices",
		"agentRelation must be lawyer, relative, organisation or other": "how you are related must be one of the choices",
	}
	met := map[string]bool{}
	anna := "anna@example.org"
	for _, f := range []request.Filing{
		{Right: "access"},
		{Right: "x", Email: "x", Jurisdiction: "x", Language: "*", Details: "\a"},
		{Right: "access", Email: "änna@example.org", Details: strings.Repeat("x", 2001)},
		{Right: "access", Email: "4111111111111111@example.org", Details: "4111 1111 1111 1111"},
		{Right: "complaint", Email: anna, OnBehalfOf: &request.Agent{}},
		{Right: "complaint", Email: anna, Details: "x", OnBehalfOf: &request.Agent{Name: strings.Repeat("x", 201), Email: "x", Relation: "x"}},
		{Right: "know", Email: anna},
		{Right: "know", Email: anna, Scope: "x"},
		{Right: "know", Email: anna, Scope: "specific"},
		{Right: "restriction", Email: anna},
		{Right: "restriction", Email: anna, Ground: "x", Purposes: []privacy.Purpose{"x", "y"}, Categories: []privacy.Category{"x"}},
		{Right: "objection", Email: anna},
		{Right: "objection", Email: anna, Purposes: []privacy.Purpose{"invoicing"}},
		{Right: "child_erasure", Email: anna, Details: "x", Child: &request.Child{Email: "x"}},
	} {
		page, err := refused(t, f)
		names := map[string]bool{}
		for _, field := range err.Fields {
			name := links.RefusalOf(fault.At(field.Pointer, "")).Fields
			names[name] = true
			words, known := said[name+" "+field.Detail]
			if met[name+" "+field.Detail] = true; !known || !strings.Contains(page, words) {
				t.Errorf("%s %s: the page lacks %q", name, field.Detail, words)
			}
		}
		if items := strings.Count(page, "<li>"); items != len(names) {
			t.Errorf("%v are wrong, and the page names %d", names, items)
		}
	}
	for detail := range said {
		if !met[detail] {
			t.Errorf("nothing was refused with %q", detail)
		}
	}
}

// The form limits its texts to what the service accepts, so that a browser stops a person before the service does.
func TestTheFormKnowsTheLongestText(t *testing.T) {
	body, _ := io.ReadAll(get(t, "/request?right=access").Body)
	if !strings.Contains(string(body), `name="details" rows="4" maxlength="2000"`) || !strings.Contains(string(body), `type="email"`) || strings.Contains(string(body), "novalidate") {
		t.Error("the browser does not check the form")
	}
	page, err := refused(t, request.Filing{Right: "access", Email: "anna@example.org", Details: strings.Repeat("x", 2001)})
	if !strings.Contains(page, "at most 2,000 characters") || len(err.Fields) != 1 {
		t.Errorf("%v", err)
	}
}
