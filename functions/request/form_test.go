package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
)

const (
	formType = "application/x-www-form-urlencoded"
	sentPage = servicetest.Origin + "/request/sent?right=access"
	problem  = servicetest.Origin + "/request/problem?"
)

// form is the form of the page, as a browser fills it.
func form(change ...string) string {
	values := url.Values{"right": {"access"}, "email": {"anna@example.org"}, "jurisdiction": {""}, "details": {""}, "language": {"en"}}
	for i := 0; i < len(change); i += 2 {
		values.Set(change[i], change[i+1])
	}
	return values.Encode()
}

// sendForm sends a form from the service's own page, unless the headers say otherwise. A 303 has no body.
func (s *rig) sendForm(body string, headers ...string) *httptest.ResponseRecorder {
	w := s.send("POST", "/v1/requests", body, "192.0.2.1", append([]string{"Content-Type", formType, "Origin", servicetest.Origin, "Sec-Fetch-Site", "same-origin"}, headers...)...)
	if w.Code == http.StatusSeeOther && w.Body.Len() > 0 {
		s.T.Errorf("a 303 with a body: %s", w.Body)
	}
	return w
}

// filed returns the only request that is due.
func (s *rig) filed(t *testing.T) request.Request {
	t.Helper()
	due, err := s.Queue.Due(t.Context(), s.Clock.Now())
	if err != nil || len(due) != 1 {
		t.Fatalf("%d requests are due, %v", len(due), err)
	}
	return s.Load(due[0].Ref).Request
}

// A form is stored as the page's script would send it: without white space around a text, and with line feeds only. So 2,000 characters are
// 2,000 characters, however many lines they have.
func TestAPlainFormFilesARequest(t *testing.T) {
	for _, c := range []struct {
		body string
		want request.Filing
	}{
		{form(), request.Filing{Right: "access", Email: "anna@example.org", Language: "en"}},
		{form("right", "portability", "email", " anna@bücher.example\r\n", "jurisdiction", "uk", "details", " Grüße,\r\nAnna & Co. 100% \r\n"),
			request.Filing{Right: "portability", Email: "anna@bücher.example", Jurisdiction: "uk", Language: "en", Details: "Grüße,\nAnna & Co. 100%"}},
		{form("details", strings.Repeat("a\r\n", 999)+"aa"), request.Filing{Right: "access", Email: "anna@example.org", Language: "en", Details: strings.Repeat("a\n", 999) + "aa"}},
		{form("details", strings.Repeat("€", 2000)), request.Filing{Right: "access", Email: "anna@example.org", Language: "en", Details: strings.Repeat("€", 2000)}},
		{"email=anna@example.org&right=access", request.Filing{Right: "access", Email: "anna@example.org"}},
	} {
		s := newRig(t)
		w := s.sendForm(c.body)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != strings.Replace(sentPage, "access", string(c.want.Right), 1) || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%.60s: %d %v", c.body, w.Code, w.Header())
			continue
		}
		r := s.filed(t)
		if got := (request.Filing{Right: r.Right, Email: r.Email, Jurisdiction: r.Jurisdiction, Language: r.Language, Details: r.Details}); !reflect.DeepEqual(got, c.want) || r.State != request.Verifying {
			t.Errorf("%.60s: stored %+v", c.body, got)
		}
	}
}

// A plain form can say everything that JSON can: lists, the declaration, whose child it is and who files for somebody else. What is left open counts
// as left out.
func TestAPlainFormFilesListsAndObjects(t *testing.T) {
	const nobody = "&agentName=&agentEmail=&agentRelation=&childEmail=&scope=&ground=&declaration="
	for body, want := range map[string]request.Asked{
		"right=access&email=anna@example.org" + nobody:                                     {},
		"right=know&scope=categories&email=anna@example.org":                               {Scope: privacy.ByCategory},
		"right=know&scope=specific&declaration=true&email=anna@example.org":                {Scope: privacy.Specific, Declared: true},
		"right=child_erasure&childEmail=+kid@example.org&details=x&email=a@example.org":    {Child: "kid@example.org"},
		"right=restriction&purposes=invoicing&email=anna@example.org&ground=claims":        {Ground: privacy.Claims, Purposes: []privacy.Purpose{"invoicing"}},
		"right=objection&purposes=quality_assurance&purposes=security&email=a@example.org": {Purposes: []privacy.Purpose{"quality_assurance", "security"}},
		"right=restriction&ground=accuracy&categories=contact&categories=identity&email=anna@example.org&agentName=Bea&agentEmail=bea@example.org&agentRelation=lawyer": {
			Ground: privacy.Accuracy, Categories: []privacy.Category{"contact", "identity"}, Agent: request.Agent{Name: "Bea", Email: "bea@example.org", Relation: "lawyer"}},
	} {
		s := newRig(t)
		if w := s.sendForm(body); !strings.HasPrefix(w.Header().Get("Location"), servicetest.Origin+"/request/sent?right=") {
			t.Errorf("%s: %d %v", body, w.Code, w.Header())
			continue
		}
		if got := s.filed(t).Asked; !got.Equal(want) {
			t.Errorf("%s: stored %+v", body, got)
		}
	}
}

// T23, T28, T15, T12: each mistake in a form leads to the page that names the field. Nothing of the form is stored, or gets into the address of
// that page.
func TestThreat_T23_RefusedForms(t *testing.T) {
	s := newRig(t)
	const invalid, access = "kind=invalid", "&right=access"
	for name, c := range map[string]struct{ body, query string }{
		"nothing":               {"", "fields=right,email&" + invalid},
		"all wrong":             {form("right", "canary", "email", "canary", "jurisdiction", "canary", "details", "canary\x00", "language", "canary_"), "fields=right,email,details,jurisdiction,language&" + invalid},
		"an empty right":        {form("right", ""), "fields=right&" + invalid},
		"a right not served":    {form("right", "non_discrimination", "email", "canary@example.org"), "fields=right&" + invalid},
		"lists and objects":     {form("right", "restriction", "purposes", "canary", "categories", "canary", "agentName", "canary"), "fields=ground,purposes,categories,agentEmail,agentRelation&" + invalid + "&right=restriction"},
		"a child":               {form("right", "child_erasure", "childEmail", "canary"), "fields=childEmail,details&" + invalid + "&right=child_erasure"},
		"no declaration":        {form("right", "know", "scope", "specific"), "fields=declaration&" + invalid + "&right=know"},
		"another's member":      {form("scope", "categories"), "fields=scope&" + invalid + access},
		"an object":             {form("child", "canary"), invalid},
		"a wrong address":       {form("email", "canary@example"), "fields=email&" + invalid + access},
		"unmailable (F23)":      {form("email", "cänary@example.org"), "fields=email&" + invalid + access},
		"CR and LF (T15)":       {form("email", "canary@example.org\r\nBcc: b@example.org"), "fields=email&" + invalid + access},
		"NUL (T15)":             {form("email", "canary\x00@example.org"), "fields=email&" + invalid + access},
		"two addresses":         {form("email", "canary@example.org,b@example.org"), "fields=email&" + invalid + access},
		"control in language":   {form("language", "en\x00"), "fields=language&" + invalid + access},
		"control in details":    {form("details", "canary\x1b[2J"), "fields=details&" + invalid + access},
		"long details":          {form("details", strings.Repeat("€", 2001)), "fields=details&" + invalid + access},
		"a card number (T28)":   {form("details", "canary 4111 1111 1111 1111"), "fields=details&" + invalid + access},
		"a card, line by line":  {form("details", "4111\r\n1111\r\n1111\r\n1111"), "fields=details&" + invalid + access},
		"a card in the address": {form("email", "4111111111111111@example.org"), "fields=email&" + invalid + access},
		"a field twice":         {form() + "&email=canary@example.org", invalid},
		"the same value twice":  {form() + "&right=access", invalid},
		"an unknown field":      {form("role", "canary"), invalid},
		"a field named email/":  {form("email/", "canary"), invalid},
		"a nameless field":      {form() + "&=canary", invalid},
		"other case of a field": {form() + "&Email=canary@example.org", invalid},
		"a file (T03)":          {form("document", "canary.pdf"), invalid},
		"oversized":             {form("details", strings.Repeat("a", 64<<10)), invalid},
		"not UTF-8":             {form("details", "canary\xff"), invalid},
		"not UTF-8, a name":     {form("canary\xff", ""), invalid},
		"not UTF-8, unescaped":  {form() + "&x=\xff", invalid},
		"a broken escape":       {form() + "&x=%zz", invalid},
		"a semicolon":           {form() + ";x=canary", invalid},
		"JSON":                  {filing("canary@example.org"), invalid},
	} {
		t.Run(name, func(t *testing.T) {
			if w := s.sendForm(c.body); w.Code != http.StatusSeeOther || w.Header().Get("Location") != problem+c.query || strings.Contains(fmt.Sprint(w.Header()), "canary") {
				t.Errorf("answered %d %v, want %s", w.Code, w.Header(), c.query)
			}
		})
	}
	if w := s.sendForm(form("email", "canary@example.org"), "Content-Type", formType+"; charset=iso-8859-1"); w.Header().Get("Location") != problem+invalid {
		t.Errorf("another encoding: %d %v", w.Code, w.Header())
	}
	if calls := s.Wire.Take(); calls["PutItem"]+calls["TransactWriteItems"] > 0 {
		t.Errorf("a refused form was stored: %v", calls)
	}
	if w := s.sendForm(form(), "Content-Type", formType+"; charset=UTF-8"); w.Header().Get("Location") != sentPage {
		t.Errorf("UTF-8, said explicitly: %d %v", w.Code, w.Header())
	}
}

// T20: a website can make a browser send a plain form without asking first. So a form counts only if the browser says that a page of this
// service sent it; neither another site, nor a website in scope, nor a caller that says nothing may send one. The same origins may send JSON
// as before.
func TestThreat_T20_APlainFormComesFromOurOwnPage(t *testing.T) {
	s := newRig(t)
	for _, c := range []struct {
		origin, site string
		form, json   bool
	}{
		{servicetest.Origin, "same-origin", true, true},
		{servicetest.Origin, "", true, true},
		{"", "same-origin", true, true},
		{"", "", false, true}, // not a browser
		{servicetest.Websites[0], "same-site", false, true},
		{servicetest.Websites[1], "cross-site", false, true},
		{servicetest.Websites[0], "same-origin", false, true},
		{"null", "same-origin", false, false},
		{"null", "", false, false},
		{"", "same-site", false, false},
		{"", "cross-site", false, false},
		{"", "none", false, false},
		{"https://evil.example", "same-origin", false, false},
		{"https://evil.example", "cross-site", false, false},
		{strings.ToUpper(servicetest.Origin), "same-origin", false, false},
		{servicetest.Origin + "/", "", false, false},
		{servicetest.Origin + ":443", "", false, false},
		{servicetest.Origin + ".evil.example", "", false, false},
		{strings.Replace(servicetest.Origin, "https", "http", 1), "", false, false},
	} {
		for kind, want := range map[string]bool{
			formType: c.form, formType + "; charset=utf-8": c.form, "Application/X-WWW-Form-Urlencoded": c.form,
			"application/json": c.json, "multipart/form-data; boundary=x": false, "text/plain": false, "": false,
		} {
			body := form()
			if kind == "application/json" {
				body = filing("anna@example.org")
			}
			s.Clock.Advance(time.Minute)
			s.Wire.Take()
			w := s.sendForm(body, "Content-Type", kind, "Origin", c.origin, "Sec-Fetch-Site", c.site)
			filed := w.Code == http.StatusAccepted || w.Header().Get("Location") == sentPage
			if filed != want || filed != (len(s.Wire.Take()) > 0) {
				t.Errorf("%q from %q (%s): %d %s", kind, c.origin, c.site, w.Code, w.Header().Get("Location"))
			}
			if refused := w.Code == http.StatusForbidden; strings.HasPrefix(strings.ToLower(kind), formType) && refused == want {
				t.Errorf("a form from %q (%s): %d", c.origin, c.site, w.Code)
			}
		}
	}
}

// T14: the answer to a form has the same bytes for a known and for an unknown address, and takes the same calls.
func TestThreat_T14_AFormTellsNothingAboutAnAddress(t *testing.T) {
	s := newRig(t)
	s.Known("known@example.org")
	s.inDoubt(t)
	seen := map[string]int{}
	for i := range 20 {
		s.Wire.Take()
		w := s.sendForm(form("email", []string{"known@example.org", "other@example.org", shared, detached, frozen}[i%5]))
		seen[fmt.Sprint(w.Code, w.Header(), w.Body, s.Wire.Take())]++
	}
	if len(seen) != 1 {
		t.Errorf("the answers differ: %v", seen)
	}
}

// T09: forms count against the same limit as JSON. A person above it gets to the page that says so.
func TestThreat_T09_FormsCountAgainstTheClientsLimit(t *testing.T) {
	s := newRig(t)
	for i := range 60 {
		if i%2 == 0 {
			s.send("POST", "/v1/requests", filing("anna@example.org"), "192.0.2.1")
		} else if w := s.sendForm(form()); w.Header().Get("Location") != sentPage {
			t.Fatalf("form %d: %d %v", i, w.Code, w.Header())
		}
	}
	if w := s.sendForm(form()); w.Code != http.StatusSeeOther || w.Header().Get("Location") != problem+"kind=busy&right=access" {
		t.Errorf("the 61st form: %d %v", w.Code, w.Header())
	}
	if w := s.send("POST", "/v1/requests", filing("anna@example.org"), "192.0.2.1"); w.Code != http.StatusTooManyRequests {
		t.Errorf("JSON after it: %d", w.Code)
	}
	s.Clock.Advance(time.Minute)
	if w := s.sendForm(form()); w.Header().Get("Location") != sentPage {
		t.Errorf("a minute later: %d %v", w.Code, w.Header())
	}
}

// failing is a register that cannot be reached.
type failing struct{ request.Register }

func (failing) Save(context.Context, request.File, ...request.Item) (request.File, error) {
	return request.File{}, io.ErrUnexpectedEOF
}

// A person whose form met a failure of the service gets to the page that says so.
func TestAFormThatMeetsAFailure(t *testing.T) {
	s := newRig(t)
	h := s.handler()
	h.requester = &request.Requester{Register: failing{}, Policy: s.Requester.Policy, Now: s.Clock.Now}
	s.Handler = openapitest.Wrap(t, routes(h, servicetest.Origin))
	if w := s.sendForm(form()); w.Code != http.StatusSeeOther || w.Header().Get("Location") != problem+"kind=failed&right=access" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

// An accepted form is stored as it was sent, and whatever is sent, the answer is a 303 to one of the two pages, with fixed words only.
func FuzzForm(f *testing.F) {
	f.Add(form())
	f.Add(form("details", "a\r\nb", "email", " a@bücher.example "))
	f.Add(form() + "&email=b@example.org")
	f.Add("right=restriction&ground=claims&purposes=invoicing&purposes=customer_support&categories=contact&agentName=B&agentEmail=b@example.org&agentRelation=other&email=a@example.org")
	f.Add("right=know&scope=specific&declaration=true&email=a@example.org&childEmail=")
	f.Add("right=access&email=%00&details=%ff;x=%zz")
	s := newRig(f)
	h := s.handler()
	h.clients = limit.Clients{Counter: nobody{}, PerMinute: 1}
	s.Handler = routes(h, servicetest.Origin)
	f.Fuzz(func(t *testing.T, body string) {
		got := openapitest.Send(t, s, "POST", "/v1/requests", body, "content-type", formType, "origin", servicetest.Origin)
		_, page, _ := strings.Cut(got.Headers["Location"], "/request/")
		if strings.Trim(page, "abcdefghijklmnopqrstuvwxyzENR_,=&?") != "" || got.StatusCode != http.StatusSeeOther || len(page) > 300 {
			t.Fatalf("%+q: %d %v", body, got.StatusCode, got.Headers)
		}
		if strings.HasPrefix(page, "problem?") {
			if body == form() {
				t.Errorf("a valid form is answered %s", page)
			}
			return
		}
		sent, err := url.ParseQuery(body)
		if err != nil {
			t.Errorf("%+q is accepted: %v", body, err)
		}
		for name, values := range sent {
			known := slices.ContainsFunc(links.FormFields, func(f links.FormField) bool { return f.Name == name })
			if list := name == "purposes" || name == "categories"; !known || len(values) != 1 && !list {
				t.Errorf("%+q is accepted: %q", body, name)
			}
		}
	})
}
