package web

import (
	"net/http"
	"slices"
	"strings"
)

// ProtectPage sets the headers of a page for people. The page can run, load, connect to and send forms to only what the additional
// directives of its Content-Security-Policy allow, and no other site can frame it (threats T12, T17, T22; promise G03). HSTS, nosniff and
// the referrer policy come from [Mux], with every answer.
func ProtectPage(h http.Header, directives ...string) {
	csp := append([]string{
		"default-src 'none'",
		"style-src 'self'",
		"img-src 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	}, directives...)
	if !slices.ContainsFunc(directives, func(d string) bool { return strings.HasPrefix(d, "form-action ") }) { // default-src does not cover forms
		csp = append(csp, "form-action 'none'")
	}
	h.Set("Content-Security-Policy", strings.Join(csp, "; "))
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not support frame-ancestors
}

// Navigates reports whether a browser loads a page. A browser names text/html in Accept, while programs send */*.
func Navigates(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	for accepted := range strings.SplitSeq(r.Header.Get("Accept"), ",") {
		kind, _, _ := strings.Cut(accepted, ";")
		if strings.EqualFold(strings.TrimSpace(kind), "text/html") {
			return true
		}
	}
	return false
}
