package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/inbound"
	"github.com/helpdeskexpert/privacy/shared/request"
)

// timeless matches the times in an answer.
var timeless = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:]{8}Z`)

// T06, T15, T23: each mistake in what is said about a mail has its status and names the field. Nothing that was sent is repeated, and nothing changes.
func TestThreat_T06_RefusedChoices(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	id := s.Writes(inbound.Message{From: anna}, servicetest.Vouched) // without a word
	p := s.fresh(t, anna)
	before := s.versions(t, id)
	plan := strings.Repeat("ca", 32)
	for name, c := range map[string]struct {
		body    string
		status  int
		pointer string // all fields that the answer names
		headers []string
	}{
		"nothing":               {body: ``, status: 422, pointer: "/right"},
		"an empty object":       {body: `{}`, status: 422, pointer: "/right"},
		"an empty right":        {body: `{"right":""}`, status: 422, pointer: "/right"},
		"members and no right":  {body: `{"details":"canary"}`, status: 422, pointer: "/right"},
		"plan and right":        {body: `{"right":"access","plan":"` + plan + `"}`, status: 422, pointer: "/plan"},
		"plan and members":      {body: `{"details":"canary","plan":"` + plan + `"}`, status: 422, pointer: "/right"},
		"an unknown right":      {body: `{"right":"canary"}`, status: 422, pointer: "/right"},
		"a right of no form":    {body: `{"right":"non_discrimination"}`, status: 422, pointer: "/right"},
		"another case":          {body: `{"right":"Access"}`, status: 422, pointer: "/right"},
		"an address":            {body: `{"right":"access","email":"canary@example.org"}`, status: 422, pointer: "/email"},
		"their own address":     {body: `{"right":"access","email":"` + anna + `"}`, status: 422, pointer: "/email"},
		"a browser":             {body: `{"right":"opt_out","visitor":"0192a6b1-7c50-4e1f-9d4c-0a1b2c3d4e5f"}`, status: 422, pointer: "/visitor"},
		"for somebody else":     {body: `{"right":"access","onBehalfOf":{"name":"canary","email":"canary@example.org","relation":"other"}}`, status: 422, pointer: "/onBehalfOf"},
		"all that a mail has":   {body: `{"right":"access","email":"canary@example.org","visitor":"canary","onBehalfOf":{}}`, status: 422, pointer: "/email /visitor /onBehalfOf"},
		"all wrong":             {body: `{"right":"access","jurisdiction":"canary","language":"canary_","details":"canary\u0000"}`, status: 422, pointer: "/jurisdiction /language /details"},
		"of another right":      {body: `{"right":"access","ground":"claims"}`, status: 422, pointer: "/ground"},
		"more than a question":  {body: `{"right":"question","details":"canary","language":"en","scope":"categories"}`, status: 422, pointer: "/details /language /scope"},
		"no ground":             {body: `{"right":"restriction"}`, status: 422, pointer: "/ground"},
		"a wrong ground":        {body: `{"right":"restriction","ground":"canary"}`, status: 422, pointer: "/ground"},
		"a wrong category":      {body: `{"right":"restriction","ground":"claims","categories":["account","canary"]}`, status: 422, pointer: "/categories/1"},
		"no scope":              {body: `{"right":"know"}`, status: 422, pointer: "/scope"},
		"no declaration":        {body: `{"right":"know","scope":"specific"}`, status: 422, pointer: "/declaration"},
		"no purposes":           {body: `{"right":"objection"}`, status: 422, pointer: "/purposes"},
		"empty purposes":        {body: `{"right":"objection","purposes":[]}`, status: 422, pointer: "/purposes"},
		"a purpose twice":       {body: `{"right":"objection","purposes":["marketing_email","marketing_email"]}`, status: 422, pointer: "/purposes/1"},
		"a contract":            {body: `{"right":"objection","purposes":["invoicing"]}`, status: 422, pointer: "/purposes/0"},
		"a child's address":     {body: `{"right":"child_erasure","details":"x","child":{"email":"canary"}}`, status: 422, pointer: "/child/email"},
		"not a word":            {body: `{"right":"complaint"}`, status: 422, pointer: "/details"}, // nor is there one in the mail
		"a card number":         {body: `{"right":"access","details":"4111 1111 1111 1111"}`, status: 422, pointer: "/details"},
		"an unknown member":     {body: `{"right":"access","role":"canary"}`, status: 422, pointer: "/role"},
		"state of a request":    {body: `{"right":"access","state":"open"}`, status: 422, pointer: "/state"},
		"another case of right": {body: `{"Right":"access"}`, status: 422, pointer: "/Right"},
		"a wrong type":          {body: `{"right":["access"]}`, status: 422, pointer: "/right"},
		"null":                  {body: `null`, status: 422},
		"null for a member":     {body: `{"right":"access","details":null}`, status: 422, pointer: "/details"},
		"null for a plan":       {body: `{"plan":null}`, status: 422, pointer: "/plan"},
		"a key twice":           {body: `{"right":"access","right":"erasure"}`, status: 400, pointer: "/right"},
		"a key twice below":     {body: `{"right":"child_erasure","child":{"email":"a@example.org","email":"b@example.org"}}`, status: 400, pointer: "/child/email"},
		"two values":            {body: `{"right":"access"}{}`, status: 400},
		"not UTF-8":             {body: "{\"right\":\"complaint\",\"details\":\"\xff\"}", status: 400},
		"oversize":              {body: `{"right":"access","details":"` + strings.Repeat("a", 64<<10) + `"}`, status: 413},
		"a form":                {body: `right=access`, status: 415, headers: []string{"Content-Type", "application/x-www-form-urlencoded"}},
		"no content type":       {body: `{"right":"access"}`, status: 415, headers: []string{"Content-Type", ""}},
		"text":                  {body: `{"right":"access"}`, status: 415, headers: []string{"Content-Type", "text/plain"}},
		"a foreign origin":      {body: `{"right":"access"}`, status: 403, headers: []string{"Origin", "https://canary.example"}},
		"another of our sites":  {body: `{"right":"access"}`, status: 403, headers: []string{"Origin", servicetest.Websites[0]}},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.as(p, "POST", "/v1/requests/"+id+"/confirm", c.body, c.headers...)
			var problem struct{ Errors []fault.Field }
			if err := json.Unmarshal(w.Body.Bytes(), &problem); err != nil || w.Code != c.status {
				t.Fatalf("answered %d %s, want %d", w.Code, w.Body, c.status)
			}
			named := ""
			for _, field := range problem.Errors {
				named += " " + field.Pointer
			}
			if strings.TrimSpace(named) != c.pointer || strings.Contains(strings.ToLower(w.Body.String()), "canary") {
				t.Errorf("%s, want %s", w.Body, c.pointer)
			}
		})
	}
	if after := s.versions(t, id); after != before {
		t.Errorf("%s became %s", before, after)
	}
	openapitest.Refusals(t, s, "POST", "/v1/requests/"+id+"/confirm", 64<<10, "Cookie", cookie+"="+p.session)
}

// T06, T11: the session of somebody else, a session that has ended and none say nothing about a mail: neither whether there is one nor what is wrong.
func TestThreat_T11_AForeignSessionChoosesNothing(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	s.Known("mallory@example.net")
	id := s.writes("What I wrote.")
	mallory, ended := s.fresh(t, "mallory@example.net"), s.fresh(t, anna)
	if w := s.as(ended, "POST", "/v1/links/end", ""); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	before := s.versions(t, id)
	const unknown = "8a6b1e7c-507e-8f9d-8c0a-1b2c3d4e5f60"
	for right, body := range choices() {
		foreign, none := s.choose(mallory, id, body), s.choose(mallory, unknown, body)
		if foreign.Code != http.StatusNotFound || foreign.Body.String() != none.Body.String() {
			t.Errorf("%s: %d %s, but %s", right, foreign.Code, foreign.Body, none.Body)
		}
		for name, p := range map[string]person{"that has ended": ended, "of nobody": {}, "that is made up": {session: "x.1.2.y"}} {
			if w := s.choose(p, id, body); w.Code != http.StatusUnauthorized {
				t.Errorf("%s with a session %s: %d %s", right, name, w.Code, w.Body)
			}
		}
	}
	for name, body := range map[string]string{"a wrong choice": `{"right":"restriction"}`, "more than a question": `{"right":"question","details":"x"}`} {
		foreign, none := s.choose(mallory, id, body), s.choose(mallory, unknown, body)
		if foreign.Code != http.StatusNotFound || foreign.Body.String() != none.Body.String() {
			t.Errorf("%s: %d %s, but %s", name, foreign.Code, foreign.Body, none.Body)
		}
	}
	if after := s.versions(t, id); after != before {
		t.Errorf("%s became %s", before, after)
	}
}

// T06: nothing but a mail takes a choice. A request that waits stays what it is.
func TestThreat_T06_OnlyAMailTakesAChoice(t *testing.T) {
	s := newRig(t)
	s.Known(anna)
	waits, open := s.waiting(request.Filing{Right: "portability", Email: anna}), s.verified(anna)
	p := s.fresh(t, anna)
	before := s.versions(t, waits, open)
	for right, body := range choices() {
		for _, id := range []string{waits, open} {
			if w := s.choose(p, id, body); w.Code != http.StatusNotFound {
				t.Errorf("%s: %d %s", right, w.Code, w.Body)
			}
		}
	}
	if after := s.versions(t, waits, open); after != before {
		t.Errorf("%s became %s", before, after)
	}
}
