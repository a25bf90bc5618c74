package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// Document is a problem document (RFC 9457). Its type is a URN, because no web page could explain it better than its title.
type Document struct {
	Type   string        `json:"type"`
	Title  string        `json:"title"`
	Status int           `json:"status"`
	Detail string        `json:"detail,omitempty"`
	Errors []fault.Field `json:"errors,omitempty"`
}

// Explain returns what a caller is told about an error. An error that is not a *fault.Error is logged by its class alone, since its
// text may contain personal data. The caller learns only that the service failed; a write whose answer was lost may still be stored (fault F01).
func Explain(err error) *Document {
	status := fault.Status(err)
	d := &Document{Type: "urn:problem:" + string(fault.KindOf(err)), Title: http.StatusText(status), Status: status}
	var known *fault.Error
	if errors.As(err, &known) && known.Kind != fault.Internal {
		d.Detail, d.Errors = known.Detail, known.Fields
	} else {
		slog.Error("request failed", "error", fault.Class(err))
		d.Detail = "The service failed. What you sent may or may not have been stored; send it again."
	}
	return d
}

// Problem answers with a problem document.
func Problem(w http.ResponseWriter, err error) {
	switch fault.KindOf(err) {
	case fault.TooMany, fault.Unavailable:
		w.Header().Set("Retry-After", "60")
	case fault.Unauthenticated:
		w.Header().Set("WWW-Authenticate", "Bearer")
	default:
	}
	d := Explain(err)
	write(w, d.Status, "application/problem+json", d)
}

// JSON answers with v. Most answers contain personal data, so none is cached unless the handler says otherwise.
func JSON(w http.ResponseWriter, status int, v any) { write(w, status, "application/json", v) }

// write leaves &, < and > unescaped, so that a person can copy an address from an answer.
func write(w http.ResponseWriter, status int, contentType string, v any) {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("web: cannot encode %T", v)) // our mistake: a type that JSON cannot represent
	}
	h := w.Header()
	h.Set("Content-Type", contentType)
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(bytes.TrimSuffix(body.Bytes(), []byte("\n")))
}
