// Package parsers fuzzes every parser that takes bytes from outside. `go test` runs the seeds; `go test -fuzz FuzzX` searches further.
package parsers

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/web/consentapi"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// rules is what the policy in force says about consents.
var rules = policy.ForConsents().InForce(time.Now())

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	os.Exit(m.Run())
}

// T23: strict JSON depends only on the bytes. Accepted text is JSON with each key once, and every refusal is a 4xx error.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		`{"right":"access","email":"a@example.org"}`, `{"right":"access","right":"access"}`, `{"RIGHT":1}`, `[]`, `null`, `{"email":null}`, "{\"email\":\"\xff\"}",
		`{"email":"\ud800"}`, `{"details":"` + strings.Repeat("[", 9) + `"}`, strings.Repeat("[", 20000), `{"a":{"a":{"a":1}}}`, `1e999`, `{"email":1} {}`, "\ufeff{}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var filing request.Filing
		err := web.Unmarshal(body, &filing)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Malformed && kind != fault.Unacceptable {
				t.Errorf("refused as %s", kind)
			}
			return
		}
		var keys map[string]any
		if !utf8.Valid(body) || json.Unmarshal(body, &keys) != nil || len(keys) > 5 {
			t.Errorf("accepted %d bytes that are not a filing", len(body))
		}
	})
}

// T16, T15: an accepted address is plausible, is a single address, and can reach no other header. Parsing its lookup form again
// gives the same form.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{
		"anna@example.org", "Anna.Lee+x@Example.ORG", "anna@bücher.example", "аnna@example.org", "a@xn--bcher-kva.example", "\"a b\"@example.org", "a@[192.0.2.1]",
		"a@b@example.org", "a@example.org\r\nBcc: b@example.org", "Anna <a@example.org>", "a@example。org", "a@ｅxample.org", "a@xn--a.example", "a@-.example", "a@.",
		"ＡNNA@example.org", "a@" + strings.Repeat("b", 64) + ".org", strings.Repeat("a", 255) + "@example.org", "a@faß.example", "\u200d@\u200d.org", "a@1.1.1.1", "a@ex_ample.org", "0@Xn--.00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := subject.ParseAddress(s)
		if err != nil {
			if strings.Contains(err.Error(), s) && len(s) > 12 {
				t.Error("the error repeats the address")
			}
			return
		}
		if !subject.Plausible(s) || a.Spelling != s || len(s) > 254 || strings.Count(a.Lookup, "@") != 1 {
			t.Errorf("%+q was accepted as %+q", s, a.Lookup)
		}
		if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) || r == ',' || r == '<' }) {
			t.Errorf("%+q could be more than an address", s)
		}
		_, domain, _ := strings.Cut(a.Lookup, "@")
		if strings.ContainsFunc(domain, func(r rune) bool { return r >= utf8.RuneSelf || 'A' <= r && r <= 'Z' }) {
			t.Errorf("%+q is looked up under %+q", s, domain)
		}
		again, err := subject.ParseAddress(a.Lookup)
		if err != nil && len(a.Lookup) <= 254 || err == nil && again.Lookup != a.Lookup {
			t.Errorf("%+q is looked up as %+q, which is looked up as %+q (%v)", s, a.Lookup, again.Lookup, err)
		}
	})
}

// T15: an address that a function accepts without subject.ParseAddress can start no header, no second address and no display name.
func FuzzPlausible(f *testing.F) {
	for _, seed := range []string{"anna@example.org", "a\r\n@example.org", "a@example.org,b@example.org", "<a@example.org>", "a\u202e@example.org", "\xff@example.org", "@.", "a@b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if subject.Plausible(s) && (!utf8.ValidString(s) || len(s) > 254 || strings.Count(s, "@") != 1 || strings.ContainsAny(s, "\r\n\x00 ,;<>\"")) {
			t.Errorf("%+q is accepted as an address", s)
		}
	})
}

// keys is a register that fails the test if an id in a non-canonical spelling reaches a key.
type keys struct{ t *testing.T }

func (k keys) Load(_ context.Context, id string) (request.File, error) {
	if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
		k.t.Errorf("%+q reached a key", id)
	}
	if got := queue.Parse(requests.PK(id), "REQUEST"); got.Kind != work.Request || got.Ref != id {
		k.t.Errorf("the key of %+q is not its own", id)
	}
	return request.File{}, request.ErrUnknown
}

func (k keys) Under(context.Context, string) ([]request.Request, error) {
	k.t.Error("a mailbox was read")
	return nil, nil
}

func (k keys) Save(_ context.Context, file request.File, _ ...request.Item) (request.File, error) {
	k.t.Error("something was stored")
	return file, nil
}

// T23: ids of links, as they come in paths and bodies.
func FuzzIDs(f *testing.F) {
	for _, seed := range []string{"019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e5f", "019A6B1E-7C50-7E1F-9D4C-0A1B2C3D4E5F.1", "{019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e5f}.01", "urn:uuid:019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e5f",
		"019a6b1e7c507e1f9d4c0a1b2c3d4e5f.-1", "..", ".", "r#x", "019a6b1e-7c50-7e1f-9d4c-0a1b2c3d4e5f.9223372036854775808", "EXPORT#1", "EXPORT#٣"} {
		f.Add(seed, "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	}
	f.Fuzz(func(t *testing.T, id, token string) {
		requester := &request.Requester{Register: keys{t}, Tokens: subject.Key("k"), Policy: policy.InForce, Now: time.Now}
		proof := subject.Proof{Mailbox: token, Fresh: true}
		_, err := requester.Confirm(t.Context(), id, proof)
		err2 := requester.Discard(t.Context(), id, proof)
		_, err3 := requester.WithdrawOf(t.Context(), id, proof)
		_, err4 := requester.Status(t.Context(), id, subject.Token(token))
		_, err5 := export.Redeem(t.Context(), keys{t}, subject.Key("k"), id, subject.Token(token), time.Now())
		for _, err := range []error{err, err2, err3, err4, err5} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%+q is answered %v", id, err)
			}
		}
		if task := queue.Parse(requests.PK("1"), id); task.Kind == work.Export && !regexp.MustCompile(`^EXPORT#-?[0-9]+$`).MatchString(id) {
			t.Errorf("%+q is attempt %s", id, task.Ref)
		}
	})
}

// boxes are mailboxes, none of which exists. They fail the test if a text that is no HMAC reaches a key.
type boxes struct{ t *testing.T }

func (b boxes) Load(_ context.Context, id string) (mailbox.Mailbox, bool, error) {
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(id); err != nil || len(raw) != 32 || base64.RawURLEncoding.EncodeToString(raw) != id {
		b.t.Errorf("%+q reached a key", id)
	}
	return mailbox.Mailbox{}, false, nil
}

func (b boxes) Save(_ context.Context, m mailbox.Mailbox) (mailbox.Mailbox, error) {
	b.t.Error("something was stored")
	return m, nil
}

// T11, T23: ids and tokens of links to mailboxes, and the cookie of a session, as they come from outside.
func FuzzLinks(f *testing.F) {
	id := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for _, seed := range []string{id, id + "=", id[:42] + "B", id[:20] + "\n" + id[20:], "m#" + id, "..", "", id + ".1.4102444800." + id, id + ".+1.4102444800." + id, id + ".1.9223372036854775808." + id,
		id + ".1.-1." + id, "\n" + id + ".1.4102444800." + id} {
		f.Add(seed, "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	}
	f.Fuzz(func(t *testing.T, text, token string) {
		links := &mailbox.Links{Mailboxes: boxes{t}, Tokens: subject.Key("k"), Policy: policy.InForce, Now: time.Now}
		if _, _, _, err := links.Open(t.Context(), text, subject.Token(token)); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%+q is answered %v", text, err)
		}
		if _, _, err := links.Session(t.Context(), text); fault.KindOf(err) != fault.Unauthenticated {
			t.Errorf("the session %+q is answered %v", text, err)
		}
	})
}

// The headers of a consent: Sec-GPC, Idempotency-Key and the two conditions.
func FuzzPreconditions(f *testing.F) {
	for _, seed := range [][4]string{{"1", "key", `"1"`, ""}, {"1, 1", "", "", "*"}, {"0", strings.Repeat("k", 256), "1", "x"}, {" 1 ", "\x00", `""1""`, ""}, {"11", "ключ", "-1", "**"}, {",", " ", "9223372036854775808", ""}} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, gpc, key, match, none string) {
		r := httptest.NewRequest("POST", "/", nil)
		r.Header = http.Header{"Sec-Gpc": {gpc}, "Idempotency-Key": {key}, "If-Match": {match}, "If-None-Match": {none}}
		var act consent.Act
		err := consentapi.Preconditions(r, &act)
		if err == nil {
			err = consentapi.Identify(r, &act)
		}
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Precondition && kind != fault.Malformed {
				t.Errorf("refused as %s", kind)
			}
			return
		}
		if act.GPC != regexp.MustCompile(`(^|,)\s*1\s*(,|$)`).MatchString(strings.TrimSpace(gpc)) {
			t.Errorf("Sec-GPC %+q is read as %t", gpc, act.GPC)
		}
		if len(act.Operation) != 22 || act.First != (none == "*") || (act.After != nil) != (match != "" && match != "*") {
			t.Errorf("%+v", act)
		}
	})
}

// things has a route for each way in which a request can carry data, and echoes what it read.
func things() http.Handler {
	mux := web.NewMux("https://privacy.example.com")
	mux.Handle("POST /v1/things/{id}", func(w http.ResponseWriter, r *http.Request) error {
		var filing request.Filing
		if err := web.Decode(r, web.PublicLimit, &filing); err != nil {
			return err
		}
		cookie, _ := r.Cookie("a")
		web.JSON(w, http.StatusOK, echo{r.PathValue("id"), r.URL.Query(), web.ClientIP(r), filing, cookie})
		return nil
	})
	mux.Handle("POST /v1/things/{id}/withdraw", func(w http.ResponseWriter, r *http.Request) error {
		act, err := consentapi.Withdrawal(r, rules)
		if err != nil {
			return err
		}
		web.JSON(w, http.StatusCreated, act.Decisions)
		return nil
	})
	mux.Handle("GET /v1/things/{id}", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Type", "image/png")
		_, err := w.Write([]byte(r.PathValue("id")))
		return err
	})
	return mux
}

type echo struct {
	ID     string
	Query  url.Values
	Client string
	Filing request.Filing
	Cookie *http.Cookie
}

func event(method, path, body string, encoded bool, name, value, cookie string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{RawPath: path, RawQueryString: value, Body: body, IsBase64Encoded: encoded,
		Headers: map[string]string{"content-type": "application/json", name: value}, Cookies: []string{cookie}}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = method, "192.0.2.1"
	return e
}

// The first seeds of FuzzLambda are accepted, so that fuzzing starts from calls that are not refused at once.
func TestTheSeedsOfFuzzLambdaSucceed(t *testing.T) {
	serve := web.Lambda(things())
	for _, seed := range reaching {
		if answer, err := serve(t.Context(), event(seed.method, seed.path, seed.body, seed.encoded, "x-thing", "q=%C3%A9", "a=b")); err != nil || answer.StatusCode != seed.status {
			t.Errorf("%s %s: %d %s, %v", seed.method, seed.path, answer.StatusCode, answer.Body, err)
		}
	}
}

var reaching = []struct {
	method, path, body string
	encoded            bool
	status             int
}{
	{"POST", "/v1/things/a b", `{"right":"access","email":"a@example.org"}`, false, 200},
	{"POST", "/v1/things/x", "eyJlbWFpbCI6ImFAZXhhbXBsZS5vcmcifQ==", true, 200},
	{"POST", "/v1/things/x/withdraw", `{"purposes":["marketing_email","testimonials"]}`, false, 201},
	{"POST", "/v1/things/x/withdraw", "", false, 201},
	{"GET", "/v1/things/\x00\xff", "", false, 200},
}

// An API event may contain anything. The answer is never a 500, and the API can always send it. The handler reads exactly what was sent.
func FuzzLambda(f *testing.F) {
	for _, seed := range reaching {
		f.Add(seed.method, seed.path, seed.body, seed.encoded, "x-thing", "q=%C3%A9", "a=b")
	}
	f.Add("POST", "/v1/things/x/withdraw", `{"purposes":[]}`, false, "", "", "")
	f.Add("POST", "/v1/things/%2e%2e", "e30=", true, "origin", "null", "")
	f.Add("GET", "//v1/../things", "*", true, "sec-fetch-site", "cross-site", ";;")
	f.Add("PROPFIND", "", "\xff", false, "", "\r\nX: y", "\x00")
	f.Add("HEAD", "/v1/things/"+strings.Repeat("é", 200), "", false, "authorization", "Bearer ", "a")
	serve := web.Lambda(things())
	f.Fuzz(func(t *testing.T, method, path, body string, encoded bool, name, value, cookie string) {
		answer, err := serve(t.Context(), event(method, path, body, encoded, name, value, cookie))
		if err != nil || answer.StatusCode >= 500 || answer.StatusCode < 200 {
			t.Fatalf("%d, %v", answer.StatusCode, err)
		}
		if text, err := json.Marshal(answer); err != nil || !json.Valid(text) {
			t.Errorf("the answer cannot be sent: %v", err)
		}
		if answer.StatusCode == http.StatusOK && method == http.MethodPost {
			var read echo
			if err := json.Unmarshal([]byte(answer.Body), &read); err != nil || read.Client != "192.0.2.1" || utf8.ValidString(path) && path != "/v1/things/"+read.ID {
				t.Errorf("%+q was read as %+v", path, read)
			}
		}
		if answer.StatusCode == http.StatusCreated {
			var denied map[privacy.Purpose]consent.State
			if err := json.Unmarshal([]byte(answer.Body), &denied); err != nil || len(denied) == 0 || body == "" && len(denied) != len(rules.Purposes) {
				t.Errorf("%+q withdraws %v", body, denied)
			}
		}
	})
}

// An accepted filing has one of the two rights and an existing jurisdiction, and fits on one line of a mail.
func FuzzFiling(f *testing.F) {
	f.Add("access", "a@example.org", "eu", "en", "please")
	f.Add("portability", "a@bücher.example", "", "zh-Hant-TW", "line\r\nline\ttab")
	f.Add("erasure", "\x00", "mars", "\u2028", "\x1b[2J")
	f.Fuzz(func(t *testing.T, right, email, jurisdiction, language, details string) {
		var stored *request.Request
		requester := &request.Requester{Register: saver{&stored}, Tokens: subject.Key("k"), Policy: policy.InForce, Now: time.Now}
		r, err := requester.File(t.Context(), request.Filing{Right: privacy.Right(right), Email: email, Jurisdiction: privacy.Jurisdiction(jurisdiction), Language: language, Details: details})
		if err != nil {
			if stored != nil || fault.KindOf(err) != fault.Unacceptable {
				t.Errorf("refused and stored: %v", err)
			}
			return
		}
		if r.PolicyVersion != policy.VersionInForce(time.Now()) || strings.ContainsFunc(r.Email+r.Language+right+jurisdiction, unicode.IsControl) || len(request.Clocks(r)) == 0 {
			t.Errorf("accepted %+q", []string{right, jurisdiction, language})
		}
	})
}

type saver struct{ to **request.Request }

func (saver) Load(context.Context, string) (request.File, error) {
	return request.File{}, request.ErrUnknown
}

func (saver) Under(context.Context, string) ([]request.Request, error) { return nil, nil }

func (s saver) Save(_ context.Context, file request.File, items ...request.Item) (request.File, error) {
	file = file.With(items...)
	*s.to = &file.Request
	return file, nil
}
