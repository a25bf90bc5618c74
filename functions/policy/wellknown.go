package main

import (
	"fmt"
	"net/http"
	"time"

	"github.com/helpdeskexpert/privacy/shared/web"
)

// securityExpires is the date by which somebody must check the security contact again (RFC 9116, section 2.5.5, advises less than a
// year). Once it has passed, a test fails the build (promise A01).
const securityExpires = "2027-11-01T00:00:00Z"

// security answers with security.txt (RFC 9116). The contact and the addresses come from the policy (promises A01, G07).
func (h handler) security(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	reusable(w, h.untilNext(12*time.Hour))
	_, _ = fmt.Fprintf(w, "Contact: mailto:%s\nExpires: %s\nPreferred-Languages: en\nCanonical: %s\nPolicy: %s\n",
		h.policy(h.now()).Controller.SecurityEmail, securityExpires, h.origin.SecurityTxt(), h.origin.Security())
	return nil
}

// gpc answers with the support resource of the Global Privacy Control, which says that the service honours the signal (promise D01).
func (h handler) gpc(w http.ResponseWriter, _ *http.Request) error {
	reusable(w, h.untilNext(12*time.Hour))
	web.JSON(w, http.StatusOK, struct {
		GPC        bool   `json:"gpc"`
		LastUpdate string `json:"lastUpdate"`
	}{true, h.policy(h.now()).LastUpdated})
	return nil
}
