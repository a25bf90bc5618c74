package web

import (
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

const formType = "application/x-www-form-urlencoded"

// IsForm reports whether the body of a request is a plain HTML form, as a browser without script sends it.
func IsForm(r *http.Request) bool { return ContentType(r, formType) == nil }

// FromOwnPage refuses a form unless the browser says that a page of this service sent it: its Origin is the service's own or, if it sent no
// Origin, its Sec-Fetch-Site is same-origin (threat T20). A form needs this rule on top of the one of [Mux], because any website can make a
// browser send a plain form without a preflight.
//
// There is no form token. Anybody can fetch a public form without a session, and a token with it. So a token would prove nothing more
// than the Origin does.
func FromOwnPage(r *http.Request, origin string) error {
	sent := r.Header.Get("Origin")
	if sent == origin || sent == "" && r.Header.Get("Sec-Fetch-Site") == "same-origin" {
		return nil
	}
	return ErrOrigin
}

// FormField says how a field of a plain form becomes a member of JSON.
type FormField struct {
	Name    string // in the form
	Pointer string // of the member, at most one object deep: /email, /child/email
	Kind    FieldKind
}

// FieldKind is what kind of value a field becomes.
type FieldKind int

// The kinds of fields.
const (
	FormText FieldKind = iota // a string, as a script would send it: with line feeds for the line ends of a form, and without the white space around it
	FormList                  // an array of strings: checkboxes of the same name
	FormFlag                  // true, for a checkbox whose value is true
)

// DecodeForm reads a plain HTML form into v by the rules of [Decode]: it refuses a body over the limit (413), another encoding than UTF-8, a malformed
// body and a field that appears twice and is no list (400), and fields that are not among those given (422; threat T23). An empty text is left out, so an
// object inside is there only if somebody filled in a part of it.
func DecodeForm(r *http.Request, limit int64, v any, fields ...FormField) error {
	kind, parameters, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if charset := parameters["charset"]; err != nil || kind != formType || charset != "" && !strings.EqualFold(charset, "utf-8") {
		return errForm
	}
	body, err := Body(r, limit)
	if err != nil {
		return err
	}
	sent, err := url.ParseQuery(string(body))
	if err != nil {
		return errForm
	}
	object, err := assembled(sent, fields)
	if err != nil {
		return err
	}
	encoded, err := json.Marshal(object, json.Deterministic(true)) // and refuses what is not UTF-8
	if err != nil {
		return errForm
	}
	return Unmarshal(encoded, v)
}

// assembled returns the JSON object that a form stands for.
func assembled(sent url.Values, fields []FormField) (map[string]any, error) {
	object := map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if !utf8.ValidString(name) {
			return nil, errForm
		}
		i := slices.IndexFunc(fields, func(f FormField) bool { return f.Name == name })
		switch {
		case len(sent[name]) > 1 && (i < 0 || fields[i].Kind != FormList):
			return nil, fault.New(fault.Malformed, "The form contains a field twice.", fault.Field{Pointer: fault.Pointer(name), Detail: "appears twice"})
		case i < 0:
			return nil, fault.At(fault.Pointer(name), "is not a field of this form")
		}
		put(object, fields[i], sent[name])
	}
	return object, nil
}

// put sets the member of an object that a field stands for.
func put(object map[string]any, f FormField, sent []string) {
	texts := make([]string, len(sent))
	for i, text := range sent {
		texts[i] = strings.TrimSpace(strings.ReplaceAll(text, "\r\n", "\n"))
	}
	var value any = texts[0]
	switch {
	case f.Kind == FormList:
		value = texts
	case texts[0] == "":
		return
	case f.Kind == FormFlag && texts[0] == "true":
		value = true
	}
	outer, inner, nested := strings.Cut(strings.TrimPrefix(f.Pointer, "/"), "/")
	if !nested {
		object[outer] = value
		return
	}
	inside, ok := object[outer].(map[string]any)
	if !ok {
		inside = map[string]any{}
		object[outer] = inside
	}
	inside[inner] = value
}

var errForm = fault.New(fault.Malformed, "The body is not a well-formed form in UTF-8.")

// SeeOther sends the browser that posted a form on to another page.
func SeeOther(w http.ResponseWriter, location string) {
	w.Header().Set("Location", location)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusSeeOther)
}

// SeeProblem is [Problem] for a person: it sends the browser that posted a form on to the page that explains err. A failure of the service is
// logged and counted like any other, although its status is not 500.
func SeeProblem(w http.ResponseWriter, err error, location string) {
	if answer, ok := w.(*response); Explain(err).Status == http.StatusInternalServerError && ok {
		answer.failed = true
	}
	SeeOther(w, location)
}
