package main

import (
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/pages"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// protect sets the headers of a page. They allow what its script or its form needs, and nothing more (threats T12, T17, T22; promise G03).
func protect(h http.Header, name pages.Name, exportOrigin string) {
	switch {
	case !name.Scripted():
		web.ProtectPage(h, "trusted-types 'none'")
	case name == pages.FormPage:
		web.ProtectPage(h, "script-src 'self'", "connect-src 'self'", "form-action 'self'", "trusted-types 'none'")
		// A browser sends the form of a page without referrer with "Origin: null", which the service refuses (threat T20). The address of
		// this page holds no secret, and no other origin sees it.
		h.Set("Referrer-Policy", "same-origin")
	case name == pages.ExportPage:
		web.ProtectPage(h, "script-src 'self'", "connect-src 'self' "+exportOrigin, "worker-src 'self'", "trusted-types worker")
	default:
		web.ProtectPage(h, "script-src 'self'", "connect-src 'self'", "trusted-types 'none'")
	}
}
