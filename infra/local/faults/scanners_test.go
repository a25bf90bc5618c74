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
	berta.wakeAll("fulfil")
	r.subscribe("clara@example.org", nil)
	if err := r.schedule("fulfil"); err != nil {
		t.Fatal(err)
	}
	paths := map[string][]string{
		"verify": {"/v1/requests/%s/verify"}, "requests": {"/v1/requests/%s", "/v1/requests/%s/withdraw", "/v1/requests/%s/exports"}, "exports": {"/v1/downloads"},
		"confirm": {"/v1/consents/confirm/%s"}, "preferences": {"/v1/preferences/%s", "/v1/preferences/%s/withdraw"},
	}
	for kind, of := range paths {
		for _, email := range []string{anna.email, berta.email, "clara@example.org"} {
			for _, l := range r.links(email, kind) {
				for i := range 50 {
					path := strings.Replace(of[i%len(of)], "%s", l.id, 1)
					function := map[bool]string{true: "download", false: "request"}[kind == "exports"]
					r.http(function, []string{"GET", "HEAD"}[i%2], path, `{"export":"`+l.id+`","token":"`+l.secret+`"}`, bearer(l.secret))
				}
			}
		}
	}
	verify, status, confirm := r.links(berta.email, "verify")[0], r.links(berta.email, "requests")[0], r.links("clara@example.org", "confirm")[0]
	r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+verify.id+"/verify", `{"token":"`+verify.secret+`"}`, nil)
	r.expect(http.StatusOK, "request", "POST", "/v1/requests/"+status.id+"/withdraw", "", bearer(status.secret))
	r.expect(http.StatusCreated, "request", "POST", "/v1/consents/confirm/"+confirm.id, `{"token":"`+confirm.secret+`"}`, nil)
	mailed := r.links(anna.email, "exports")[0]
	if file := r.files(anna.email)[0]; len(export.Of(file)) != 1 || len(export.Of(file)[0].Downloads) != 0 || r.fetch(mailed) == nil {
		t.Errorf("%+v", export.Of(file))
	}
}
