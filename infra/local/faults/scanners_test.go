package faults

import (
	"net/http"
	"strings"
	"testing"

	"github.com/helpdeskexpert/privacy/shared/export"
)

// T10: a scanner GETs everything behind each link, many times. Every link still works once when a person presses its button.
func TestThreat_T10_ScannersOfEveryLink(t *testing.T) {
	r := newRig(t)
	anna, berta := job{rig: r, email: "anna@example.org"}, job{rig: r, email: "berta@example.org"}
	r.known(anna.email, "canary of "+anna.email)
	anna.mailed(func() bool { return false })
	berta.file()
	r.subscribe(berta.email, nil)
	r.run("fulfil")
	paths := map[string][]string{
		"me":       {"/v1/links/%s/open", "/v1/links", "/v1/links/end", "/v1/me", "/v1/preferences"},
		"requests": {"/v1/requests/%s", "/v1/requests/%s/withdraw", "/v1/requests/%s/exports", "/v1/requests/%s/confirm"}, "exports": {"/v1/downloads"},
	}
	for kind, of := range paths {
		for _, email := range []string{anna.email, berta.email} {
			for _, l := range r.links(email, kind) {
				for i := range 50 {
					path := strings.Replace(of[i%len(of)], "%s", l.id, 1)
					function := map[bool]string{true: "download", false: "request"}[kind == "exports"]
					r.http(function, []string{"GET", "HEAD"}[i%2], path, `{"export":"`+l.id+`","token":"`+l.secret+`"}`, bearer(l.secret))
				}
			}
		}
	}
	opened := r.open(r.links(berta.email, "me")[0])
	if opened == nil || !opened.me.Fresh || len(opened.me.Pending) != 2 {
		t.Fatalf("after the scanners the link shows %+v", opened)
	}
	r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+opened.me.waiting("request")+"/confirm", "", opened.cookie)
	r.expect(http.StatusCreated, "request", "POST", "/v1/pending/"+opened.me.waiting("consent")+"/confirm", "", opened.cookie)
	r.post(berta.email)
	status := r.links(berta.email, "requests")[0]
	r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+status.id+"/withdraw", "", bearer(status.secret))
	mailed := r.links(anna.email, "exports")[0]
	if file := r.files(anna.email)[0]; len(export.Of(file)) != 1 || len(export.Of(file)[0].Downloads) != 0 || r.fetch(mailed) == nil {
		t.Errorf("%+v", export.Of(file))
	}
}
