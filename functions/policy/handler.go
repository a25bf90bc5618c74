package main

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/functions/policy/openapi"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/policy/published"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type handler struct {
	origin   links.Origin
	consents versions
	keys     *receipt.Keys
	list     policy.History                     // every version ever published
	policy   func(now time.Time) *policy.Policy // policy.InForce
	now      func() time.Time
}

func routes(h handler, websites ...string) http.Handler {
	mux := web.NewMux(append(websites, string(h.origin))...)
	mux.Handle("GET /v1/policy", h.current)
	mux.Handle("GET /v1/policy/versions", h.versions)
	mux.Handle("GET /v1/policy/versions/{version}", h.version)
	mux.Handle("GET /v1/policy/banner", h.banner)
	mux.Handle("GET /v1/openapi.json", h.contract)
	mux.Handle("GET /v1/consents/{visitor}/receipts/{version}", h.receipt)
	mux.Handle("GET /.well-known/jwks.json", h.jwks)
	mux.Handle("GET /.well-known/security.txt", h.security)
	mux.Handle("GET /.well-known/gpc.json", h.gpc)
	mux.Handle("$default", h.unknown)
	return mux
}

func (h handler) current(w http.ResponseWriter, r *http.Request) error {
	return text(w, r, h.list.InForce(h.now()), h.untilNext(5*time.Minute))
}

// listed is a published version as the list shows it.
type listed struct {
	policy.Published
	State policy.State `json:"state"`
}

func (h handler) versions(w http.ResponseWriter, _ *http.Request) error {
	now, list := h.now(), make([]listed, len(h.list))
	for i, v := range h.list {
		list[i] = listed{v, h.list.State(v, now)}
	}
	reusable(w, h.untilNext(5*time.Minute))
	web.JSON(w, http.StatusOK, list)
	return nil
}

// untilNext lets caches keep an answer for a time, but not past the moment at which another version comes into force (promise K06).
func (h handler) untilNext(longest time.Duration) string {
	now := h.now()
	for _, v := range h.list.Coming(now) {
		longest = min(longest, v.InForceFrom().Sub(now))
	}
	return "public, max-age=" + strconv.Itoa(int(longest.Seconds()))
}

func (h handler) version(w http.ResponseWriter, r *http.Request) error {
	p, ok := h.list.Find(r.PathValue("version"))
	if !ok {
		return fault.New(fault.NotFound, "This version was never published.")
	}
	return text(w, r, p, "public, max-age=86400")
}

// text answers with the bytes that were published (promise A02). Their digest is the ETag.
func text(w http.ResponseWriter, r *http.Request, p policy.Published, cache string) error {
	body, ok := published.Text(p.Version)
	if !ok {
		return fault.New(fault.Internal, "A published version has no text.")
	}
	etag := `"` + p.SHA256 + `"`
	w.Header().Set("ETag", etag)
	reusable(w, cache)
	if cached(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body)
	return nil
}

// cached reports whether the caller already has the answer (RFC 9110, section 13.1.2, weak comparison).
func cached(ifNoneMatch, etag string) bool {
	return slices.ContainsFunc(strings.Split(ifNoneMatch, ","), func(tag string) bool {
		tag = strings.TrimSpace(tag)
		return tag == "*" || strings.TrimPrefix(tag, "W/") == etag
	})
}

// reusable lets caches keep an answer, because it is the same for everybody and contains no personal data.
func reusable(w http.ResponseWriter, cache string) { w.Header().Set("Cache-Control", cache) }

func (h handler) banner(w http.ResponseWriter, _ *http.Request) error {
	b := policy.Newest().BannerAt(h.now().UTC())
	reusable(w, "public, max-age=60")
	web.JSON(w, http.StatusOK, struct {
		Show          bool      `json:"show"`
		Version       string    `json:"version"`
		EffectiveFrom string    `json:"effectiveFrom"`
		Until         time.Time `json:"until"`
		Summary       string    `json:"summary"`
	}{b.Show, b.Version, b.EffectiveFrom, b.Until, b.Summary})
	return nil
}

func (h handler) contract(w http.ResponseWriter, _ *http.Request) error {
	reusable(w, "public, max-age=300")
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(openapi.Document())
	return nil
}
