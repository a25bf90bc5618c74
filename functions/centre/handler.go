package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// site supplies the pages and files that the centre serves.
type site interface {
	Page(name pages.Name, version string, now time.Time) (pages.File, error)
	About(name pages.Name, query url.Values, now time.Time) (pages.Name, pages.File, error)
	Problem(why links.Refusal, now time.Time) (pages.File, error)
	Asset(file string) (pages.File, bool)
}

// routes serves the pages. It never reads the id in a page's path: every id gets the same bytes, and only the service's answer to
// the page's script shows whether the id exists (threats T14, T23). A version of the policy is public, and only published ones have pages.
func routes(s site, now func() time.Time, origin, exportOrigin string) http.Handler {
	h := handler{site: s, now: now, exportOrigin: exportOrigin}
	mux := web.NewMux(origin)
	mux.Handle("GET /", h.public(pages.PolicyPage))
	mux.Handle("GET /policy/versions", h.public(pages.VersionsPage))
	mux.Handle("GET /policy/versions/{version}", h.public(pages.VersionPage))
	mux.Handle("GET /policy/changes/{version}", h.public(pages.ChangesPage))
	mux.Handle("GET /request", h.about(pages.RequestPage))
	mux.Handle("GET /me", h.secret(pages.MePage))
	mux.Handle("GET /request/sent", h.about(pages.SentPage))
	mux.Handle("GET /request/done", h.about(pages.DonePage))
	mux.Handle("GET /request/problem", h.problem)
	mux.Handle("GET /requests/{id}", h.secret(pages.StatusPage))
	mux.Handle("GET /exports/{id}", h.secret(pages.ExportPage))
	mux.Handle("GET /assets/{file}", h.asset)
	return mux
}

type handler struct {
	site         site
	now          func() time.Time
	exportOrigin string
}

// public serves a page that shows nothing but the policy. Caches may keep it only as long as it does not change: a strip ends and a version
// comes into force at their time, whatever a cache holds (promises K03, K06).
func (h handler) public(name pages.Name) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		file, err := h.site.Page(name, r.PathValue("version"), h.now())
		if errors.Is(err, pages.ErrNoVersion) {
			return h.missing(w, r)
		}
		if err != nil {
			return err
		}
		if name == pages.VersionPage { // a search engine should show the policy in force, which has its own page
			w.Header().Set("X-Robots-Tag", "noindex")
		}
		w.Header().Set("Cache-Control", "no-cache")
		if file.Fresh > 0 {
			w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%.0f", file.Fresh.Seconds()))
		}
		protect(w.Header(), name, h.exportOrigin)
		return send(w, r, http.StatusOK, file)
	}
}

// missing answers a call for a version that was never published: a person gets a page, a program gets a problem document.
func (h handler) missing(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Vary", "Accept")
	w.Header().Set("Cache-Control", "no-store") // the version may be published at any time
	if !web.Navigates(r) {
		return fault.New(fault.NotFound, "This version was never published.")
	}
	file, err := h.site.Page(pages.MissingPage, "", h.now())
	if err != nil {
		return err
	}
	protect(w.Header(), pages.MissingPage, h.exportOrigin)
	return send(w, r, http.StatusNotFound, file)
}

// secret serves a page whose address may contain a secret (threat T12).
func (h handler) secret(name pages.Name) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		file, err := h.site.Page(name, "", h.now())
		return h.personal(w, r, name, file, err)
	}
}

// about serves a page about what its query names: a right, and nothing that is personal.
func (h handler) about(name pages.Name) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		name, file, err := h.site.About(name, r.URL.Query(), h.now())
		return h.personal(w, r, name, file, err)
	}
}

// problem serves the page that tells a person why the form was refused. Of its query it shows nothing; it knows the words that it looks for
// (threat T17).
func (h handler) problem(w http.ResponseWriter, r *http.Request) error {
	file, err := h.site.Problem(links.ParseRefusal(r.URL.Query()), h.now())
	return h.personal(w, r, pages.ProblemPage, file, err)
}

// personal answers with a page that is about somebody, which no cache may keep.
func (h handler) personal(w http.ResponseWriter, r *http.Request, name pages.Name, file pages.File, err error) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Robots-Tag", "noindex")
	if err != nil {
		return err
	}
	protect(w.Header(), name, h.exportOrigin)
	return send(w, r, http.StatusOK, file)
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
	return send(w, r, http.StatusOK, file)
}

// send writes the file with a status, compressed if the client accepts gzip. Neither an HTTP API nor Lambda compresses answers.
func send(w http.ResponseWriter, r *http.Request, status int, file pages.File) error {
	body := file.Body
	w.Header().Set("Content-Type", file.Type)
	w.Header().Add("Vary", "Accept-Encoding")
	if acceptsGzip(r.Header.Get("Accept-Encoding")) {
		w.Header().Set("Content-Encoding", "gzip")
		body = file.Gzip
	}
	w.WriteHeader(status)
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
