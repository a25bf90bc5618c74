package web

import (
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

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

// DecodeForm reads a plain HTML form into v, a struct of texts, by the rules of [Decode]: it refuses a body over the limit (413), another
// encoding than UTF-8, a malformed body and a field that appears twice (400), and unknown fields (422; threat T23). It takes each text as a
// script would send it: with line feeds for the line ends of a form, and without the white space around it.
func DecodeForm(r *http.Request, limit int64, v any) error {
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
	texts := make(map[string]string, len(sent))
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if len(sent[name]) > 1 {
			return fault.New(fault.Malformed, "The form contains a field twice.", fault.Field{Pointer: fault.Pointer(name), Detail: "appears twice"})
		}
		texts[name] = strings.TrimSpace(strings.ReplaceAll(sent[name][0], "\r\n", "\n"))
	}
	object, err := json.Marshal(texts, json.Deterministic(true)) // and refuses what is not UTF-8
	if err != nil {
		return errForm
	}
	return Unmarshal(object, v)
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
