package main

import (
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// retract takes back a record that was filed under the wrong data subject.
func (h handler) retract(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		Subject *record.Named `json:"subject"`
	}
	if err := web.Decode(r, web.PublicLimit, &b); err != nil {
		return err
	}
	var at fault.Fields
	category := record.CheckRetraction(&at, h.intake.Policy(h.intake.Now()), r.PathValue("category"), r.PathValue("id"))
	checkSubject(&at, b.Subject)
	if err := at.Err(); err != nil {
		return err
	}
	who, err := b.Subject.Named(client(r))
	if err != nil {
		return err
	}
	by := audit.Actor{Kind: audit.Machine, ID: client(r)}
	if err := h.intake.Retract(r.Context(), by, who, category, r.PathValue("id")); err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		Outcome string `json:"outcome"`
	}{"retracted"})
	return nil
}
