package main

import (
	"net/http"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/pages"
)

// protect sets the headers of a page: nothing runs, loads or connects that the page does not need (threats T12, T17, T22;
// promise G03). HSTS, nosniff and the referrer policy come from web.Mux, on every answer.
func protect(h http.Header, name pages.Name, exportOrigin string) {
	csp := []string{
		"default-src 'none'",
		"style-src 'self'",
		"img-src 'self'",
		"base-uri 'none'",
		"form-action 'none'", // a form's script sends it; without script the browser must not
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	}
	switch name {
	case pages.PolicyPage:
		csp = append(csp, "trusted-types 'none'")
	case pages.ExportPage:
		csp = append(csp, "script-src 'self'", "connect-src 'self' "+exportOrigin, "worker-src 'self'", "trusted-types worker")
	default:
		csp = append(csp, "script-src 'self'", "connect-src 'self'", "trusted-types 'none'")
	}
	h.Set("Content-Security-Policy", strings.Join(csp, "; "))
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()")
	h.Set("X-Frame-Options", "DENY") // for browsers that do not know frame-ancestors
}
