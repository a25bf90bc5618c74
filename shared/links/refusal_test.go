package links_test

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/privacy"
)

func ExampleOrigin_RequestProblem() {
	err := fault.New(fault.Unacceptable, "…", fault.Field{Pointer: "/details", Detail: "…"}, fault.Field{Pointer: "/email", Detail: "…"})
	fmt.Println(links.Origin("https://privacy.example.com").RequestProblem(links.RefusalOf(err)))
	// Output: https://privacy.example.com/request/problem?fields=email,details&kind=invalid
}

// T12: whatever an error says, only fixed words get into the address, and the page reads the same from there.
func TestThreat_T12_ARefusalConsistsOfFixedWords(t *testing.T) {
	fixed := regexp.MustCompile(`^(fields=([a-zA-Z]+)(,[a-zA-Z]+)*&)?kind=(invalid|busy|failed)(&right=[a-z_]+)?$`)
	for _, c := range []struct {
		err  error
		want string
	}{
		{fault.At("/email", "canary"), "fields=email&kind=invalid"},
		{fmt.Errorf("around: %w", fault.At("/right", "canary")), "fields=right&kind=invalid"},
		{fault.New(fault.Unacceptable, "canary", fault.Field{Pointer: "/language"}, fault.Field{Pointer: "/details"}, fault.Field{Pointer: "/details"}), "fields=details,language&kind=invalid"},
		{fault.At("/canary", "canary"), "kind=invalid"},
		{fault.New(fault.Unacceptable, "canary", fault.Field{Pointer: "/purposes/3"}, fault.Field{Pointer: "/purposes/11"}, fault.Field{Pointer: "/onBehalfOf/relation"}, fault.Field{Pointer: "/child/email"}), "fields=purposes,childEmail,agentRelation&kind=invalid"},
		{fault.At("/purposes", "canary"), "fields=purposes&kind=invalid"},
		{fault.At("/purposes/", "canary"), "kind=invalid"},
		{fault.At("/purposes/canary", "canary"), "kind=invalid"},
		{fault.At("/purposes/0/0", "canary"), "kind=invalid"},
		{fault.At("/onBehalfOf", "canary"), "kind=invalid"},
		{fault.At("/childEmail", "canary"), "kind=invalid"},
		{fault.At("/email/canary", "canary"), "kind=invalid"},
		{fault.At("", "canary"), "kind=invalid"},
		{fault.New(fault.Malformed, "canary", fault.Field{Pointer: "/email", Detail: "appears twice"}), "kind=invalid"},
		{fault.New(fault.TooLarge, "canary"), "kind=invalid"},
		{fault.New(fault.TooMany, "canary"), "kind=busy"},
		{fault.New(fault.Exhausted, "canary"), "kind=busy"},
		{fault.New(fault.Unavailable, "canary"), "kind=failed"},
		{errors.New("canary"), "kind=failed"},
	} {
		refusal := links.RefusalOf(c.err)
		_, query, _ := strings.Cut(links.Origin("").RequestProblem(refusal), "?")
		if query != c.want || !fixed.MatchString(query) {
			t.Errorf("%v: %s, want %s", c.err, query, c.want)
		}
		values, err := url.ParseQuery(query)
		if got := links.ParseRefusal(values); got != refusal || err != nil {
			t.Errorf("%s is read as %+v, %v", query, got, err)
		}
		if refusal.Of("canary") != refusal || refusal.Of("") != refusal {
			t.Errorf("%s: a word that is no right counts", query)
		}
		for _, right := range privacy.Rights {
			_, query, _ := strings.Cut(links.Origin("").RequestProblem(refusal.Of(right)), "?")
			values, err := url.ParseQuery(query)
			if got := links.ParseRefusal(values); got != refusal.Of(right) || got.Right != right || !fixed.MatchString(query) || err != nil {
				t.Errorf("%s is read as %+v, %v", query, got, err)
			}
		}
	}
}

// T17: an unknown word in the query counts for nothing, and no query makes more than a few refusals.
func TestThreat_T17_UnknownWordsOfARefusalAreIgnored(t *testing.T) {
	for query, want := range map[string]links.Refusal{
		"":                                   {Kind: links.FormInvalid},
		"kind=<script>&fields=<img>":         {Kind: links.FormInvalid},
		"kind=Busy&fields=email":             {Kind: links.FormInvalid, Fields: "email"},
		"kind=busy&kind=failed&fields=email": {Kind: links.FormBusy},
		"kind=failed":                        {Kind: links.FormFailed},
		"fields=details,email,email,x&fields=right": {Kind: links.FormInvalid, Fields: "email,details"},
		"fields=+email,details+":                    {Kind: links.FormInvalid},
		"right=<img>&kind=busy":                     {Kind: links.FormBusy},
		"right=Access&right=access":                 {Kind: links.FormInvalid},
	} {
		values, _ := url.ParseQuery(query)
		if got := links.ParseRefusal(values); got != want {
			t.Errorf("%s: %+v", query, got)
		}
	}
}
