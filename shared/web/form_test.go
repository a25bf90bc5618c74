package web_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/web"
)

const formType = "application/x-www-form-urlencoded"

func posted(contentType, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/x", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return r
}

// T20: a form is taken only if the browser says that our own page sent it.
func TestThreat_T20_FormsOfOurOwnPages(t *testing.T) {
	const own = "https://privacy.example"
	for _, c := range []struct {
		origin, site string
		want         bool
	}{
		{own, "", true}, {own, "same-origin", true}, {"", "same-origin", true},
		{"", "", false}, {"", "none", false}, {"", "same-site", false}, {"", "cross-site", false},
		{"null", "same-origin", false}, {"https://www.example", "same-origin", false}, {own + ".evil", "", false}, {own + "/", "", false}, {"HTTPS://PRIVACY.EXAMPLE", "", false},
	} {
		r := posted(formType, "")
		r.Header.Set("Origin", c.origin)
		r.Header.Set("Sec-Fetch-Site", c.site)
		if err := web.FromOwnPage(r, own); (err == nil) != c.want || err != nil && fault.KindOf(err) != fault.Forbidden {
			t.Errorf("from %q (%s): %v", c.origin, c.site, err)
		}
	}
}

func TestPlainFormsAreKnownByTheirType(t *testing.T) {
	for kind, want := range map[string]bool{formType: true, formType + "; charset=utf-8": true, "Application/X-Www-Form-Urlencoded": true,
		"application/json": false, "multipart/form-data; boundary=b": false, formType + "2": false, "": false, ";": false} {
		if web.IsForm(posted(kind, "")) != want {
			t.Errorf("%q: %t", kind, !want)
		}
	}
}

// T23: a form is as strict as JSON, and becomes what a script would have sent.
func TestThreat_T23_StrictForms(t *testing.T) {
	for _, c := range []struct {
		body  string
		a, b  string
		kind  fault.Kind
		field string
	}{
		{body: "a=x&b=y", a: "x", b: "y"},
		{body: ""},
		{body: "a=&b"},
		{body: "a=+%C3%A4%0D%0Ab%0D%0A&b=%26%3D%2B", a: "ä\nb", b: "&=+"},
		{body: "a=null&b=%22%5C%22", a: "null", b: `"\"`},
		{body: "a=%0D", a: ""},
		{body: "a=x%0Dy", a: "x\ry"},
		{body: "a=1&b=" + strings.Repeat("b", 58), a: "1", b: strings.Repeat("b", 58)},
		{body: "a=1&b=" + strings.Repeat("b", 59), kind: fault.TooLarge},
		{body: "a=x&a=y", kind: fault.Malformed, field: "/a"},
		{body: "a=x&a=x", kind: fault.Malformed, field: "/a"},
		{body: "c=x&c=y", kind: fault.Malformed, field: "/c"},
		{body: "a=x&c=y", kind: fault.Unacceptable, field: "/c"},
		{body: "A=x", kind: fault.Unacceptable, field: "/A"},
		{body: "=x", kind: fault.Unacceptable, field: "/"},
		{body: "a=%ff", kind: fault.Malformed},
		{body: "%ff=a", kind: fault.Malformed},
		{body: "a=\xff", kind: fault.Malformed},
		{body: "a=%ED%A0%80", kind: fault.Malformed},
		{body: "a=%zz", kind: fault.Malformed},
		{body: "a=x;b=y", kind: fault.Malformed},
	} {
		var v struct {
			A string `json:"a"`
			B string `json:"b"`
		}
		err := web.DecodeForm(posted(formType, c.body), 64, &v, web.FormField{Name: "a", Pointer: "/a"}, web.FormField{Name: "b", Pointer: "/b"})
		if c.kind == "" {
			if err != nil || v.A != c.a || v.B != c.b {
				t.Errorf("%q: %q, %q, %v", c.body, v.A, v.B, err)
			}
			continue
		}
		known, ok := err.(*fault.Error) //nolint:errorlint // the type itself is the contract
		if !ok || known.Kind != c.kind || (c.field == "") != (len(known.Fields) == 0) || c.field != "" && known.Fields[0].Pointer != c.field {
			t.Errorf("%q: %v", c.body, err)
		}
	}
	for kind, want := range map[string]bool{formType + "; charset=UTF-8": true, formType + `; charset="utf-8"`: true, formType + "; charset=iso-8859-1": false, formType + "; charset=utf-16": false, "application/json": false} {
		var v struct{}
		if err := web.DecodeForm(posted(kind, ""), 64, &v); (err == nil) != want {
			t.Errorf("%q: %v", kind, err)
		}
	}
}

// T23: checkboxes of one name become a list, a checkbox becomes true, and a field can stand for a member of an object. Nothing else can.
func TestThreat_T23_FormsWithListsAndObjects(t *testing.T) {
	type filled struct {
		List []string `json:"list"`
		Flag bool     `json:"flag"`
		In   *struct {
			A string `json:"a"`
			B string `json:"b"`
		} `json:"in"`
	}
	fields := []web.FormField{{Name: "list", Pointer: "/list", Kind: web.FormList}, {Name: "flag", Pointer: "/flag", Kind: web.FormFlag}, {Name: "inA", Pointer: "/in/a"}, {Name: "inB", Pointer: "/in/b"}}
	for body, want := range map[string]string{
		"":                              `{"list":null,"flag":false,"in":null}`,
		"list=x":                        `{"list":["x"],"flag":false,"in":null}`,
		"list=x&flag=true&list=+y&list": `{"list":["x","y",""],"flag":true,"in":null}`,
		"flag=":                         `{"list":null,"flag":false,"in":null}`,
		"inA=&inB=+":                    `{"list":null,"flag":false,"in":null}`,
		"inA=&inB=b":                    `{"list":null,"flag":false,"in":{"a":"","b":"b"}}`,
		"inB=b&inA=%22%7D":              `{"list":null,"flag":false,"in":{"a":"\"}","b":"b"}}`,
		"flag=false":                    "/flag must be true or false",
		"flag=on":                       "/flag must be true or false",
		"flag=true&flag=true":           "/flag appears twice",
		"inA=a&inA=a":                   "/inA appears twice",
		"in=x":                          "/in is not a field of this form",
		"in.a=x":                        "/in.a is not a field of this form",
		"list%5B%5D=x":                  "/list[] is not a field of this form",
		"List=x":                        "/List is not a field of this form",
	} {
		var v filled
		err := web.DecodeForm(posted(formType, body), 64, &v, fields...)
		got, _ := json.Marshal(v)
		if known, ok := err.(*fault.Error); ok { //nolint:errorlint // the type itself is the contract
			got = []byte(known.Fields[0].Pointer + " " + known.Fields[0].Detail)
		}
		if string(got) != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

// A person is led to another page, and nothing of the answer is kept on the way.
func TestAFormIsAnsweredWithAnotherPage(t *testing.T) {
	for _, lead := range []func(http.ResponseWriter){
		func(w http.ResponseWriter) { web.SeeOther(w, "https://privacy.example/sent") },
		func(w http.ResponseWriter) { web.SeeProblem(w, io.ErrUnexpectedEOF, "https://privacy.example/sent") },
	} {
		w := httptest.NewRecorder()
		lead(w)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "https://privacy.example/sent" || w.Header().Get("Cache-Control") != "no-store" || w.Body.Len() != 0 {
			t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
		}
	}
}

// A page may send forms only if it asks for it.
func TestThreat_T17_OnlyAPageThatAsksMaySendForms(t *testing.T) {
	for directive, want := range map[string]string{"connect-src 'self'": "form-action 'none'", "form-action 'self'": "form-action 'self'"} {
		w := httptest.NewRecorder()
		web.ProtectPage(w.Header(), "script-src 'self'", directive)
		if csp := w.Header().Get("Content-Security-Policy"); strings.Count(csp, "form-action") != 1 || !strings.Contains(csp, want) {
			t.Errorf("%s: %s", directive, csp)
		}
	}
}
