package main

import (
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/web/consentapi"
)

// ask stores a decision that counts only after the button in a mail was pressed. It has no precondition: the caller cannot know what
// is on record about an address.
func (h handler) ask(w http.ResponseWriter, r *http.Request, act consent.Act) error {
	if err := consentapi.Identify(r, &act); err != nil {
		return err
	}
	id, err := h.byMail.Ask(r.Context(), h.clients.Client(web.ClientIP(r)), act)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusAccepted, struct {
		ID    string `json:"id"`
		State string `json:"state"`
	}{id, "confirming"})
	return nil
}
