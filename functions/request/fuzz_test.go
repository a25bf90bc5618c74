package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
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

	verifies = subject.Token("ERERERERERERERERERERERERERERERERERERERERERE")
	opens    = subject.Token("IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiI")
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
		if kept := (request.Filing{Right: r.Right, Email: r.Email, Jurisdiction: r.Jurisdiction, Language: r.Language, Details: r.Details}); err != nil || kept != sent {
			t.Errorf("sent %+q, on file %+q, %v", body, kept, err)
		}
	})
}

// linked is a route that the link of a mail leads to, with the link's secret.
type linked struct {
	method, before, after string
	secret                subject.Token
	inBody                bool // the token is in the body; otherwise it is a bearer token
}

var routesOfLinks = []linked{
	{"POST", "/v1/requests/", "/verify", verifies, true},
	{"GET", "/v1/requests/", "", opens, false},
	{"POST", "/v1/requests/", "/withdraw", opens, false},
	{"POST", "/v1/requests/", "/exports", opens, false},
	{"POST", "/v1/consents/confirm/", "", verifies, true},
	{"GET", "/v1/preferences/", "", opens, false},
	{"POST", "/v1/preferences/", "/withdraw", opens, false},
}

// A call to a route of a mailed link may contain anything. Only the id and the secret of that link are accepted.
func FuzzLink(f *testing.F) {
	for i := range routesOfLinks {
		f.Add(uint8(i), somewhere, "Bearer "+string(opens), `{"token":"`+string(verifies)+`"}`)
		f.Add(uint8(i), somewhere, "bearer "+string(opens), `{"purposes":["marketing_email"]}`)
	}
	f.Add(uint8(0), strings.ToUpper(somewhere), "", `{"token":""}`)
	f.Add(uint8(4), "{"+somewhere+"}", "Basic x", `{"token":"x","token":"y"}`)
	f.Add(uint8(6), "c#x", "Bearer  "+string(opens), `{"purposes":[]}`)
	s := newFuzzed(f)
	f.Fuzz(func(t *testing.T, route uint8, id, authorization, body string) {
		to := routesOfLinks[int(route)%len(routesOfLinks)]
		if id == "" || strings.Contains(id, "/") {
			return // API Gateway has no such route
		}
		actual := s.linked(t, to)
		path := to.before + strings.ReplaceAll(id, somewhere, actual) + to.after
		if to.method == http.MethodGet || strings.HasPrefix(to.before, "/v1/requests") && !to.inBody {
			body = "" // because no code reads it
		}
		got := openapitest.Send(t, s, to.method, path, body, "content-type", "application/json", "authorization", authorization)
		var sent struct{ Token subject.Token }
		_ = json.Unmarshal([]byte(body), &sent)
		_, token, _ := strings.Cut(authorization, " ")
		if !to.inBody {
			sent.Token = subject.Token(token)
		}
		right := path == to.before+actual+to.after && sent.Token == to.secret
		if opened := got.StatusCode < http.StatusMultipleChoices; opened && !right || !opened && right && !refusedAnyway(got) {
			t.Errorf("%s %+q with %+q: %d %s", to.method, path, sent.Token, got.StatusCode, got.Body)
		}
	})
}

// refusedAnyway reports whether the call was refused for another reason than its link.
func refusedAnyway(got events.APIGatewayV2HTTPResponse) bool {
	return got.StatusCode != http.StatusNotFound && got.StatusCode != http.StatusConflict
}

// linked stores the item that a link leads to, in the state just after its mail was sent, and returns the item's id.
func (s *rig) linked(t *testing.T, to linked) string {
	t.Helper()
	id, now := uuid.NewString(), s.Clock.Now()
	if !strings.HasPrefix(to.before, "/v1/requests") {
		c := mailbox.Confirmation{ID: id, Email: "anna@example.org", MailedAt: now, CreatedAt: now, ExpiresAt: now.Add(linkLife),
			Hash: verifies.Hash(servicetest.Tokens, "confirm", id), PreferencesHash: opens.Hash(servicetest.Tokens, "preferences", id), Act: consent.Act{
				Subject: consent.Address(privacy.SubjectID(id)), Operation: id, Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: consent.Granted},
				PolicyVersion: policy.VersionInForce(time.Now()), Language: "en", Surface: "form"}}
		if _, err := s.Confirmations.Save(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		return id
	}
	r := request.Request{ID: id, Right: privacy.Access, State: request.Verifying, Email: "anna@example.org", PolicyVersion: policy.VersionInForce(time.Now()),
		Terms: policy.TermsOf(policy.VersionInForce(time.Now())), ReceivedAt: now, Challenges: 1, StatusHashes: [][]byte{opens.Hash(servicetest.Tokens, "status", id)}}
	items := []request.Item{
		request.Challenge{N: 1, Hash: verifies.Hash(servicetest.Tokens, "verify", id), ExpiresAt: now.Add(linkLife)}}
	if to.after == "/exports" { // only a person who has an export can ask for another
		r.State, r.ClosedAt, r.Attempts = request.Fulfilled, now, 1
		items = append(items, export.Attempt{Request: id, Number: 1, Subject: someone, State: export.Sent, Object: "exports/x", CreatedAt: now, ExpiresAt: now.AddDate(2, 3, 0)})
	}
	if _, err := s.Requests.Save(t.Context(), request.File{Request: r}, append(items, r)...); err != nil {
		t.Fatal(err)
	}
	return id
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
