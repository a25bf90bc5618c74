package main

import (
	"fmt"
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// securityExpires is the date by which somebody must check the security contact again (RFC 9116, section 2.5.5, advises less than a
// year). Once it has passed, a test fails the build (promise A01).
const securityExpires = "2027-11-01T00:00:00Z"

// security answers with security.txt (RFC 9116). The contact and the addresses come from the policy (promises A01, G07).
func (h handler) security(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	reusable(w, "public, max-age=86400")
	_, _ = fmt.Fprintf(w, "Contact: mailto:%s\nExpires: %s\nPreferred-Languages: en\nCanonical: %s\nPolicy: %s\n",
		policy.Current().Controller.SecurityEmail, securityExpires, h.origin.SecurityTxt(), h.origin.Security())
	return nil
}

// gpc answers with the support resource of the Global Privacy Control, which says that the service honours the signal (promise D01).
func (h handler) gpc(w http.ResponseWriter, _ *http.Request) error {
	reusable(w, "public, max-age=86400")
	web.JSON(w, http.StatusOK, struct {
		GPC        bool   `json:"gpc"`
		LastUpdate string `json:"lastUpdate"`
	}{true, policy.Current().LastUpdated})
	return nil
}
