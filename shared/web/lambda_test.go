package web_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/web"
)

func event(method, path, body string, headers map[string]string) events.APIGatewayV2HTTPRequest {
	e := events.APIGatewayV2HTTPRequest{RawPath: path, Body: body, Headers: headers}
	e.RequestContext.HTTP.Method, e.RequestContext.HTTP.SourceIP = method, "203.0.113.9"
	return e
}

func serve(t *testing.T, mux *web.Mux, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	t.Helper()
	out, err := web.Lambda(mux)(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAnEventBecomesARequest(t *testing.T) {
	mux := web.NewMux()
	mux.Handle("POST /v1/things/{id}", func(w http.ResponseWriter, r *http.Request) error {
		body, _ := io.ReadAll(r.Body)
		cookie, _ := r.Cookie("b")
		web.JSON(w, 200, []string{r.PathValue("id"), string(body), cookie.Value, r.URL.Query().Get("q"), r.Header.Get("X-Thing")})
		return nil
	})
	e := event("POST", "/v1/things/a b", base64.StdEncoding.EncodeToString([]byte("\x00\xff")), map[string]string{"x-thing": "y"})
	e.IsBase64Encoded, e.Cookies, e.RawQueryString = true, []string{"a=1", "b=2"}, "q=%C3%A9"
	var got []string
	if err := json.Unmarshal([]byte(serve(t, mux, e).Body), &got); err != nil {
		t.Fatal(err)
	}
	if want := []string{"a b", "\x00\ufffd", "2", "é", "y"}; strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q", got)
	}
}

// README tells people to copy the address of an export from an answer.
func TestAnAddressInAnAnswerCanBeCopied(t *testing.T) {
	const address, want = "https://bucket.example/x?a=1&b=<2>", `{"url":"https://bucket.example/x?a=1&b=<2>"}`
	mux := web.NewMux()
	mux.Handle("GET /address", func(w http.ResponseWriter, _ *http.Request) error {
		web.JSON(w, 200, map[string]string{"url": address})
		return nil
	})
	if got := serve(t, mux, event("GET", "/address", "", nil)).Body; got != want {
		t.Errorf("got %s", got)
	}
}

func TestAResponseBecomesAnEvent(t *testing.T) {
	mux := web.NewMux()
	mux.Handle("GET /bytes", func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "font/woff2")
		w.Header().Add("Set-Cookie", "a=1")
		w.Header().Add("Set-Cookie", "b=2")
		_, err := w.Write([]byte{0, 255})
		return err
	})
	out := serve(t, mux, event("GET", "/bytes", "", nil))
	if !out.IsBase64Encoded || out.Body != "AP8=" || len(out.Cookies) != 2 || out.Headers["Content-Type"] != "font/woff2" {
		t.Errorf("%+v", out)
	}
}

// A compressed body is not text, whatever its content type says.
func TestACompressedResponseTravelsAsBase64(t *testing.T) {
	mux := web.NewMux()
	mux.Handle("GET /page", func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		_, err := w.Write([]byte{0x1f, 0x8b, 0xff})
		return err
	})
	if out := serve(t, mux, event("GET", "/page", "", nil)); !out.IsBase64Encoded || out.Body != "H4v/" || out.Headers["Content-Encoding"] != "gzip" {
		t.Errorf("%+v", out)
	}
}

func TestErrorsBecomeProblems(t *testing.T) {
	mux := web.NewMux()
	mux.Handle("GET /known", func(http.ResponseWriter, *http.Request) error { return fault.At("/a/b", "must be a thing") })
	mux.Handle("GET /unknown", func(http.ResponseWriter, *http.Request) error { return io.ErrUnexpectedEOF })
	mux.Handle("GET /panic", func(http.ResponseWriter, *http.Request) error { panic("anna@example.org") })
	mux.Handle("GET /parts/{id}", func(http.ResponseWriter, *http.Request) error { return nil })
	for path, want := range map[string]struct {
		status int
		holds  string
	}{
		"/parts/a/b": {404, `"detail":"There is nothing at this path."`}, // API Gateway saw /parts/a%2Fb
		"/parts//":   {404, `"status":404`},
		"/known":     {422, `"pointer":"/a/b"`},
		"/unknown":   {500, `"title":"Internal Server Error"`},
		"/panic":     {500, `"status":500`},
	} {
		out := serve(t, mux, event("GET", path, "", nil))
		if out.StatusCode != want.status || !strings.Contains(out.Body, want.holds) || out.Headers["Content-Type"] != "application/problem+json" {
			t.Errorf("%s: %+v", path, out)
		}
		if strings.Contains(out.Body, "EOF") || strings.Contains(out.Body, "anna") {
			t.Errorf("%s tells the caller what happened inside: %s", path, out.Body)
		}
	}
}

// Lambda counts every answer as a success, whatever its status. So a 500, and only a 500, is counted for the version of the
// function that answered it. If a person is led to a page instead, that counts too.
func TestA500IsCountedForItsVersion(t *testing.T) {
	lambdacontext.FunctionName, lambdacontext.FunctionVersion = "privacy-ConsentFunction", "7"
	t.Cleanup(func() { lambdacontext.FunctionName, lambdacontext.FunctionVersion = "", "" })
	mux := web.NewMux()
	mux.Handle("GET /broken", func(http.ResponseWriter, *http.Request) error { return io.ErrUnexpectedEOF })
	mux.Handle("GET /panic", func(http.ResponseWriter, *http.Request) error { panic("anna@example.org") })
	mux.Handle("GET /busy", func(http.ResponseWriter, *http.Request) error { return fault.New(fault.Unavailable, "x") })
	mux.Handle("GET /led", func(w http.ResponseWriter, _ *http.Request) error {
		web.SeeProblem(w, io.ErrUnexpectedEOF, "/problem")
		return nil
	})
	mux.Handle("GET /led-busy", func(w http.ResponseWriter, _ *http.Request) error {
		web.SeeProblem(w, fault.New(fault.Unavailable, "x"), "/problem")
		return nil
	})
	mux.Handle("GET /fine", func(http.ResponseWriter, *http.Request) error { return nil })
	for path, want := range map[string]int{"/broken": 1, "/panic": 1, "/led": 1, "/led-busy": 0, "/busy": 0, "/fine": 0, "/nothing": 0} {
		e := event("GET", path, "", nil)
		e.RequestContext.TimeEpoch = 1795435200000
		out := printed(t, func() { serve(t, mux, e) })
		if n := strings.Count(out, `"Function":"privacy-ConsentFunction","ServerErrors":1,"Version":"7"`); n != want || n != strings.Count(out, `"Timestamp":1795435200000`) {
			t.Errorf("%s is counted %d times: %s", path, n, out)
		}
	}
}

// printed returns what f writes to standard output.
func printed(t *testing.T, f func()) string {
	t.Helper()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	standard := os.Stdout
	os.Stdout = write
	f()
	os.Stdout = standard
	_ = write.Close()
	text, err := io.ReadAll(read)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// An event that cannot be read is answered with a problem document too.
func TestAnEventThatIsNone(t *testing.T) {
	e := event("POST", "/", "!", nil)
	e.IsBase64Encoded = true
	if out := serve(t, web.NewMux(), e); out.StatusCode != 400 || !strings.Contains(out.Body, `"type":"urn:problem:malformed"`) {
		t.Errorf("%+v", out)
	}
}

// Retry-After is sent only if waiting helps.
func TestRetryAfter(t *testing.T) {
	for kind, want := range map[fault.Kind]string{fault.TooMany: "429 60", fault.Unavailable: "503 60", fault.Exhausted: "429 ", fault.Conflict: "409 "} {
		w := httptest.NewRecorder()
		web.Problem(w, fault.New(kind, "x"))
		if got := fmt.Sprint(w.Code, " ", w.Header().Get("Retry-After")); got != want {
			t.Errorf("%s: %s", kind, got)
		}
	}
}

// T20: a page of another origin changes nothing, with any content type and any method.
func TestThreat_T20_Origins(t *testing.T) {
	const own, site = "https://privacy.example", "https://www.example"
	for _, row := range []struct {
		origin, fetchSite string
		allowed           bool
	}{
		{"", "", true}, {own, "", true}, {site, "cross-site", true}, {own, "same-origin", true}, {"", "same-origin", true},
		{"null", "", false}, {"https://evil.example", "", false}, {"https://privacy.example.evil", "", false}, {"http://privacy.example", "", false},
		{"https://privacy.example:444", "", false}, {"", "cross-site", false}, {"", "same-site", false}, {"", "none", false}, {"HTTPS://PRIVACY.EXAMPLE", "", false},
	} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH"} {
			for _, contentType := range []string{"application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""} {
				called := false
				mux := web.NewMux(own, site)
				mux.Handle(method+" /x", func(_ http.ResponseWriter, r *http.Request) error {
					var v struct{}
					if err := web.Decode(r, 10, &v); err != nil {
						return err
					}
					called = true
					return nil
				})
				headers := map[string]string{"content-type": contentType}
				if row.origin != "" {
					headers["origin"] = row.origin
				}
				if row.fetchSite != "" {
					headers["sec-fetch-site"] = row.fetchSite
				}
				serve(t, mux, event(method, "/x", "{}", headers))
				if want := row.allowed && contentType == "application/json"; called != want {
					t.Errorf("%s %q from %q (%s): called %t", method, contentType, row.origin, row.fetchSite, called)
				}
			}
		}
	}
}

// T21: forwarding headers do not change the client's address.
func TestThreat_T21_OnlyTheEdgesAddressCounts(t *testing.T) {
	mux := web.NewMux()
	mux.Handle("GET /ip", func(w http.ResponseWriter, r *http.Request) error {
		web.JSON(w, 200, web.ClientIP(r))
		return nil
	})
	for _, header := range []string{"x-forwarded-for", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip"} {
		if out := serve(t, mux, event("GET", "/ip", "", map[string]string{header: "198.51.100.1"})); out.Body != `"203.0.113.9"` {
			t.Errorf("%s: %s", header, out.Body)
		}
	}
}

// The error about a field of the wrong type says what the field must be, in JSON's words.
func TestWrongTypes(t *testing.T) {
	var v struct {
		Text   string            `json:"text"`
		Named  *struct{}         `json:"named"`
		Map    map[string]string `json:"map"`
		List   []string          `json:"list"`
		Switch bool              `json:"switch"`
	}
	for body, want := range map[string]string{
		`{"text":1}`: "/text must be a string", `{"named":1}`: "/named must be an object", `{"map":[]}`: "/map must be an object",
		`{"map":{"a":1}}`: "/map/a must be a string", `{"list":{}}`: "/list must be an array", `{"switch":"true"}`: "/switch must be true or false", `7`: " must be an object",
	} {
		if err := web.Unmarshal([]byte(body), &v); err == nil || err.Error() != "unacceptable: "+want {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// T23: unknown and duplicate keys are refused at any depth, and the pointer names them.
func TestThreat_T23_StrictJSON(t *testing.T) {
	type inner struct {
		B string `json:"b"`
	}
	long := strings.Repeat("k", 1000)
	for body, want := range map[string]struct {
		kind    fault.Kind
		pointer string
	}{
		`{"a":{"b":"x"}}`:                 {},
		`{"a":{"b":"x"},"a":{}}`:          {fault.Malformed, "/a"},
		`{"a":{"b":"x","b":"y"}}`:         {fault.Malformed, "/a/b"},
		`{"a":{"c":1}}`:                   {fault.Unacceptable, "/a/c"},
		`{"a":{"b":1}}`:                   {fault.Unacceptable, "/a/b"},
		`{"a":[]}`:                        {fault.Unacceptable, "/a"},
		`{"a":[],"b":{"c":1,"c":2}}`:      {fault.Malformed, "/b/c"},
		`[] {}`:                           {fault.Malformed, ""},
		`null`:                            {fault.Unacceptable, ""},
		`{"a":null}`:                      {fault.Unacceptable, "/a"},
		`{"a":{"b":null}}`:                {fault.Unacceptable, "/a/b"},
		`{"a":{"b":"null"}}`:              {},
		"\ufeff" + `{"a":{"b":"x"}}`:      {fault.Malformed, ""},
		`{"a":{"b":"\ud800"}}`:            {fault.Malformed, ""},
		`{"a":{"` + long + `":1}}`:        {fault.Unacceptable, "/a/" + long[:64]},
		`{"":1}`:                          {fault.Unacceptable, "/"},
		`{"A":{"b":"x"}}`:                 {fault.Unacceptable, "/A"},
		`{"a":`:                           {fault.Malformed, ""},
		`{} {}`:                           {fault.Malformed, ""},
		"{\"a\":{\"b\":\"\xff\"}}":        {fault.Malformed, ""},
		``:                                {fault.Malformed, ""},
		strings.Repeat(`{"a":`, 20_000):   {fault.Malformed, ""},
		`{"c":1,"a":`:                     {fault.Malformed, ""},
		`{"a":{"b":"` + "\x00" + `"}}`:    {fault.Malformed, ""},
		`{"a":{"b":"x"},"__proto__":"y"}`: {fault.Unacceptable, "/__proto__"},
	} {
		var v struct {
			A inner `json:"a"`
		}
		err := web.Unmarshal([]byte(body), &v)
		if want.kind == "" {
			if err != nil {
				t.Errorf("%s: %v", body, err)
			}
			continue
		}
		known, ok := err.(*fault.Error) //nolint:errorlint // the type itself is the contract
		if !ok || known.Kind != want.kind || want.pointer != "" && (len(known.Fields) == 0 || known.Fields[0].Pointer != want.pointer) {
			t.Errorf("%.40q: %v", body, err)
		}
	}
}

// T23: an answer names the invalid fields, and does not grow with the names that a caller made up.
func TestThreat_T23_NamesOfACallersAreCutShort(t *testing.T) {
	long := strings.Repeat("n", 300<<10)
	nulls := strings.TrimSuffix(strings.Repeat(`null,`, 30), ",")
	for name, body := range map[string]string{
		"a long name":         `{"data":{"` + long + `":[` + nulls + `]}}`,
		"deep names":          `{"data":` + strings.Repeat(`{"`+long[:60]+`":`, 500) + `[` + nulls + `]` + strings.Repeat(`}`, 501),
		"a long name, twice":  `{"data":{"` + long + `":1,"` + long + `":1}}`,
		"a long unknown name": `{"` + long + `":1}`,
	} {
		var v struct {
			Data jsontext.Value `json:"data"`
		}
		err := web.Unmarshal([]byte(body), &v)
		known, ok := errors.AsType[*fault.Error](err)
		if !ok || len(known.Fields) == 0 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, field := range known.Fields {
			if len(field.Pointer) > 2<<10 {
				t.Errorf("%s: a pointer of %d bytes", name, len(field.Pointer))
			}
		}
	}
}
