package main

import (
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// fileForm takes the plain form of a browser without script. Its answers are for people: they lead to a page. Neither what was typed nor the
// id of the request stands in the address of that page (threat T12).
func (h handler) fileForm(w http.ResponseWriter, r *http.Request) error {
	if err := web.FromOwnPage(r, string(h.origin)); err != nil {
		return err
	}
	var filing request.Filing
	err := web.DecodeForm(r, web.PublicLimit, &filing)
	if err == nil {
		_, err = h.accept(r, filing)
	}
	if err != nil {
		web.SeeProblem(w, err, h.origin.RequestProblem(links.RefusalOf(err)))
		return nil
	}
	web.SeeOther(w, h.origin.RequestSent())
	return nil
}
