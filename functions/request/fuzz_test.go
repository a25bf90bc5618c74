package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/functions/policy/openapitest"
	"github.com/helpdeskexpert/privacy/infra/local/servicetest"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

const (
	somewhere = "0b9d3e0c-5f0e-4e0b-9d0e-3f6a1f6f2b11" // stands for the id of the item that a run stores
	someone   = "sid-of-the-fuzzing"

	secret = "{secret}" // stands for the token or the session that opens the item of a run
)

// newFuzzed returns a rig that lives as long as the fuzzing. It does not limit clients, and does not check exchanges against the contract.
func newFuzzed(f *testing.F) *rig {
	s := newRig(f)
	h := s.handler()
	h.clients = limit.Clients{Counter: nobody{}, PerMinute: 1}
	s.Handler = routes(h, servicetest.Origin)
	return s
}

// nobody is a counter that never reaches a limit.
type nobody struct{}

func (nobody) Count(context.Context, string, string, time.Time) (int, error) { return 1, nil }

// An accepted filing is stored as it was sent.
func FuzzFile(f *testing.F) {
	right := filing("anna@example.org")
	f.Add(right)
	f.Add(`{"right":"portability","email":"a@bücher.example","jurisdiction":"california","language":"zh-Hant-TW","details":"line\r\nline\u2028\ttab"}`)
	f.Add(`{"right":"erasure","email":"a@example.org"}`)
	f.Add(`{"right":"access","email":"a@example.org\r\nBcc: b@example.org","language":"\u001b[2J","details":"\u0000"}`)
	f.Add(`{"right":"access","Right":"access","email":"a@example.org"}`)
	s := newFuzzed(f)
	f.Fuzz(func(t *testing.T, body string) {
		got := openapitest.Send(t, s, "POST", "/v1/requests", body, "content-type", "application/json")
		if got.StatusCode != http.StatusAccepted {
			if body == right {
				t.Errorf("a valid body is answered %d", got.StatusCode)
			}
			return
		}
		var filed struct{ ID string }
		var sent request.Filing
		if json.Unmarshal([]byte(got.Body), &filed) != nil || json.Unmarshal([]byte(body), &sent) != nil {
			t.Fatal(got.Body)
		}
		file, err := s.Requests.Load(t.Context(), filed.ID)
		r := file.Request
		if kept := (request.Filing{Right: r.Right, Email: r.Email, Jurisdiction: r.Jurisdiction, Language: r.Language, Details: r.Details}); err != nil || !reflect.DeepEqual(kept, sent) {
			t.Errorf("sent %+q, on file %+v, %v", body, kept, err)
		}
	})
}

// linked is a route that a secret opens.
type linked struct {
	method, before, after string
	by                    string // where the secret is: "body", "bearer" or "cookie"
	body                  string // a valid one, if the route has a body
}

var routesOfLinks = []linked{
	{"POST", "/v1/links/", "/open", "body", `{"token":"` + secret + `"}`},
	{"GET", "/v1/requests/", "", "bearer", ""},
	{"POST", "/v1/requests/", "/withdraw", "bearer", ""},
	{"POST", "/v1/requests/", "/confirm", "cookie", ""},
	{"POST", "/v1/requests/", "/exports", "cookie", ""},
	{"POST", "/v1/pending/", "/confirm", "cookie", ""},
	{"POST", "/v1/pending/", "/discard", "cookie", ""},
}

// A call to a route of a mailed link may contain anything. Only the id and the secret of that link are accepted.
func FuzzLink(f *testing.F) {
	for i, to := range routesOfLinks {
		f.Add(uint8(i), somewhere, "Bearer "+secret, cookie+"="+secret, to.body)
		f.Add(uint8(i), somewhere, "bearer "+secret, `a=b; `+cookie+`="`+secret+`"`, `{"purposes":["marketing_email"]}`)
		f.Add(uint8(i), strings.ToUpper(somewhere), "", cookie+"="+secret[1:], `{"token":""}`)
	}
	f.Add(uint8(0), "{"+somewhere+"}", "Basic x", "", `{"token":"x","token":"y"}`)
	f.Add(uint8(6), "c#x", "Bearer  "+secret, cookie+"=.1.2.3; "+cookie+"="+secret, `{"purposes":[]}`)
	s := newFuzzed(f)
	f.Fuzz(func(t *testing.T, route uint8, id, authorization, cookies, body string) {
		to := routesOfLinks[int(route)%len(routesOfLinks)]
		if id == "" || strings.Contains(id, "/") {
			return // API Gateway has no such route
		}
		actual, opens := s.linked(t, to)
		for _, text := range []*string{&authorization, &cookies, &body} {
			*text = strings.ReplaceAll(*text, secret, opens)
		}
		path := to.before + strings.ReplaceAll(id, somewhere, actual) + to.after
		switch { // because no code reads it
		case to.body == "":
			body = ""
		case to.by == "body":
			cookies = ""
		}
		if to.by != "bearer" {
			authorization = ""
		} else {
			cookies = ""
		}
		got := openapitest.Send(t, s, to.method, path, body, "content-type", "application/json", "authorization", authorization, "Cookie", cookies)
		right := path == to.before+actual+to.after && given(to, authorization, cookies, body) == opens
		if opened := got.StatusCode < http.StatusMultipleChoices; opened && !right || !opened && right && !refusedAnyway(got) {
			t.Errorf("%s %+q with %+q, %+q: %d %s", to.method, path, authorization, cookies, got.StatusCode, got.Body)
		}
	})
}

// given returns the secret in a call.
func given(to linked, authorization, cookies, body string) string {
	switch to.by {
	case "body":
		var sent struct{ Token string }
		_ = json.Unmarshal([]byte(body), &sent)
		return sent.Token
	case "bearer":
		_, token, _ := strings.Cut(authorization, " ")
		return token
	}
	c, err := (&http.Request{Header: http.Header{"Cookie": {cookies}}}).Cookie(cookie)
	if err != nil {
		return ""
	}
	return c.Value
}

// refusedAnyway reports whether the call was refused for another reason than its link.
func refusedAnyway(got events.APIGatewayV2HTTPResponse) bool {
	return got.StatusCode != http.StatusNotFound && got.StatusCode != http.StatusConflict && got.StatusCode != http.StatusForbidden
}

// linked stores the item that a secret opens, in the state just after its mail was sent, and returns the item's id and the secret.
func (s *rig) linked(t *testing.T, to linked) (id, opens string) {
	t.Helper()
	id = uuid.NewString()
	email, now := id+"@example.org", s.Clock.Now()
	if to.by == "body" {
		box, _, token := s.link(t, email)
		return box, string(token)
	}
	opens = string(status(id))
	p := person{email: email, mailbox: servicetest.Proof(email).Mailbox}
	if to.by == "cookie" {
		p = s.fresh(t, email)
		opens = p.session
	}
	if to.before == "/v1/pending/" && to.after == "/confirm" {
		if _, err := s.Confirmations.Save(t.Context(), waitingConsent(id, p, mailGranted, now)); err != nil {
			t.Fatal(err)
		}
		return id, opens
	}
	version := policy.VersionInForce(time.Now())
	r := request.Request{ID: id, Right: privacy.Access, State: request.Verifying, Email: email, Mailbox: p.mailbox, PolicyVersion: version, Terms: policy.TermsOf(version), ReceivedAt: now}
	var items []request.Item
	if to.after == "/exports" { // only a person who has an export can ask for another
		r.State, r.VerifiedAt, r.ClosedAt, r.Attempts = request.Fulfilled, now, now, 1
		items = append(items, export.Attempt{Request: id, Number: 1, Subject: someone, State: export.Sent, Object: "exports/x", CreatedAt: now, ExpiresAt: now.AddDate(2, 3, 0)})
	}
	if _, err := s.Requests.Save(t.Context(), request.File{Request: r}, append(items, r)...); err != nil {
		t.Fatal(err)
	}
	return id, opens
}

// The one click of a mail program (RFC 8058), in either encoding, takes effect only with the mailed token and the field List-Unsubscribe.
func FuzzOneClick(f *testing.F) {
	s := newFuzzed(f)
	token := mailbox.UnsubscribeToken(servicetest.Tokens, someone)
	const form, multi = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
	part := "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
	f.Add(token, form, "List-Unsubscribe=One-Click")
	f.Add(token, multi, part)
	f.Add(token, "multipart/form-data", part)
	f.Add(token, multi, strings.Replace(part, "name=", "filename=\"x\"; name=", 1))
	f.Add(token+"=", form, "List-Unsubscribe=One-Click&a=%zz;b")
	f.Add(strings.Replace(token, someone, "x", 1), form, "List-Unsubscribe=One-Click")
	f.Add("."+token, form+"; charset=\xff", "List-Unsubscribe=%4Fne-Click")
	f.Fuzz(func(t *testing.T, click, contentType, body string) {
		if click == "" || strings.Contains(click, "/") {
			return // API Gateway has no such route
		}
		got := openapitest.SendUnchecked(t, s, "POST", "/v1/unsubscribe/"+click, body, "content-type", contentType)
		if got.StatusCode != http.StatusOK {
			if click == token && (contentType == form && body == "List-Unsubscribe=One-Click" || contentType == multi && body == part) {
				t.Errorf("a valid body is answered %d", got.StatusCode)
			}
			return
		}
		_, mac, _ := strings.Cut(token, ".")
		id, given, _ := strings.Cut(click, ".")
		want, _ := base64.RawURLEncoding.DecodeString(mac)
		if read, err := base64.RawURLEncoding.DecodeString(given); id != someone || err != nil || !subject.Same(read, want) {
			t.Errorf("%+q unsubscribes", click)
		}
		values, _ := url.ParseQuery(body)
		if !strings.Contains(body, "One-Click") && values.Get("List-Unsubscribe") != "One-Click" {
			t.Errorf("%+q is accepted as one click", body)
		}
		newest, err := s.Consents.Newest(t.Context(), consent.Address(someone))
		if err != nil || newest.Effective(privacy.MarketingEmail, s.Clock.Now()).State != consent.Denied {
			t.Errorf("accepted, and the newest record says %+v, %v", newest.Decisions, err)
		}
	})
}
