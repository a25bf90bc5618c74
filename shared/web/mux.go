package web

import (
	"log/slog"
	"maps"
	"net/http"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// Mux is an http.ServeMux whose handlers return errors. Its patterns are API Gateway route keys, including "$default". A test
// compares them with template.yaml.
type Mux struct {
	mux       http.ServeMux
	origins   []string
	otherwise http.HandlerFunc // handles every path that no pattern matches
}

// everywhere are the headers of every response (promise G03, threat T12). The values are shared and never changed.
var everywhere = http.Header{
	"X-Content-Type-Options":    {"nosniff"},
	"Strict-Transport-Security": {"max-age=63072000; includeSubDomains"},
	"Referrer-Policy":           {"no-referrer"},
}

// NewMux returns a Mux on which a browser can change things only from the given origins: the service's own and those of the
// websites (promise A03, threat T20). A deployment takes the origins from the policy's scope, unless it is configured otherwise.
func NewMux(origins ...string) *Mux {
	m := &Mux{origins: origins, otherwise: func(w http.ResponseWriter, _ *http.Request) { Problem(w, ErrNothing) }}
	// API Gateway may choose a route by a path with encoded slashes, but pass the decoded path, which no longer fits the route.
	m.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { m.otherwise(w, r) })
	return m
}

// ErrNothing is the answer to a path without a route.
var ErrNothing = fault.New(fault.NotFound, "There is nothing at this path.")

// ErrOrigin is the answer to a call from the page of a website that may not make it (threat T20).
var ErrOrigin = fault.New(fault.Forbidden, "Requests from this origin are not accepted.")

// Handle registers h for a route key and applies the rule on origins.
func (m *Mux) Handle(route string, h func(http.ResponseWriter, *http.Request) error) {
	m.HandleAnywhere(route, func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && !m.allowed(r) {
			return ErrOrigin
		}
		return h(w, r)
	})
}

// HandleAnywhere registers h for a route key that may be called from any origin, such as the one click of a web mailer (RFC 8058).
func (m *Mux) HandleAnywhere(route string, h func(http.ResponseWriter, *http.Request) error) {
	handle := func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			Problem(w, err)
		}
	}
	if route == "$default" {
		m.otherwise = handle
		return
	}
	if strings.HasSuffix(route, " /") {
		route += "{$}" // without it, a ServeMux would match every path
	}
	m.mux.HandleFunc(route, handle)
}

// ServeHTTP answers a request. A panic becomes a bare 500 and one log line without the panic's value, which may be personal data.
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if v := recover(); v != nil {
			slog.Error("panic", "stack", string(debug.Stack()))
			Problem(w, fault.New(fault.Internal, "The service failed."))
		}
	}()
	maps.Copy(w.Header(), everywhere)
	if p := r.URL.Path; p != path.Clean("/"+p) { // a ServeMux would redirect instead
		m.otherwise(w, r)
		return
	}
	m.mux.ServeHTTP(w, r)
}

// allowed reports whether the rule on origins admits a request: no browser sent it, or it comes from a page of an allowed origin.
func (m *Mux) allowed(r *http.Request) bool {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if origin == "" {
		return site == "" || site == "same-origin"
	}
	return slices.Contains(m.origins, origin)
}
