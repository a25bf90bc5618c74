package main

import (
	"net/http"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// site supplies the pages and files that the centre serves.
type site interface {
	Page(pages.Name) (pages.File, error)
	Asset(file string) (pages.File, bool)
}

// routes serves the pages. It never reads the id in a page's path: every id gets the same bytes, and only the service's answer to
// the page's script shows whether the id exists (threats T14, T23).
func routes(s site, origin, exportOrigin string) http.Handler {
	h := handler{site: s, exportOrigin: exportOrigin}
	mux := web.NewMux(origin)
	mux.Handle("GET /", h.policy)
	mux.Handle("GET /request", h.secret(pages.RequestPage))
	mux.Handle("GET /verify/{id}", h.secret(pages.VerifyPage))
	mux.Handle("GET /requests/{id}", h.secret(pages.StatusPage))
	mux.Handle("GET /exports/{id}", h.secret(pages.ExportPage))
	mux.Handle("GET /confirm/{id}", h.secret(pages.ConfirmPage))
	mux.Handle("GET /preferences/{id}", h.secret(pages.PreferencesPage))
	mux.Handle("GET /assets/{file}", h.asset)
	return mux
}

type handler struct {
	site         site
	exportOrigin string
}

// policy serves the policy, which contains no secret and runs no script.
func (h handler) policy(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "public, max-age=300")
	return h.page(w, r, pages.PolicyPage)
}

// secret serves a page whose address may contain a secret (threat T12).
func (h handler) secret(name pages.Name) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("X-Robots-Tag", "noindex")
		return h.page(w, r, name)
	}
}

func (h handler) page(w http.ResponseWriter, r *http.Request, name pages.Name) error {
	file, err := h.site.Page(name)
	if err != nil {
		return err
	}
	protect(w.Header(), name, h.exportOrigin)
	return send(w, r, file)
}

func (h handler) asset(w http.ResponseWriter, r *http.Request) error {
	file, ok := h.site.Asset(r.PathValue("file"))
	if !ok {
		return fault.New(fault.NotFound, "There is no such file.")
	}
	header := w.Header()
	header.Set("Cache-Control", "public, max-age=300")
	if file.Lasting {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	// The policy that comes with a worker's own script applies to the worker: it may fetch the export and nothing else.
	header.Set("Content-Security-Policy", "default-src 'none'; connect-src "+h.exportOrigin)
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	return send(w, r, file)
}

// send writes the file, compressed if the client accepts gzip. Neither an HTTP API nor Lambda compresses answers.
func send(w http.ResponseWriter, r *http.Request, file pages.File) error {
	body := file.Body
	w.Header().Set("Content-Type", file.Type)
	w.Header().Set("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		w.Header().Set("Content-Encoding", "gzip")
		body = file.Gzip
	}
	_, err := w.Write(body)
	return err
}

// acceptsGzip reads an Accept-Encoding header (RFC 9110, 12.5.3). A client that does not mention gzip gets the plain bytes.
func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			_, q, _ := strings.Cut(weight, "=")
			return strings.Trim(strings.TrimSpace(q), "0.") != "" || strings.TrimSpace(weight) == ""
		}
	}
	return false
}
