package main

import (
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// fileForm takes the plain form of a browser without script. Its answers are for people: they lead to a page. Neither what was typed nor the
// id of the request stands in the address of that page, only the right that the form was for (threat T12).
func (h handler) fileForm(w http.ResponseWriter, r *http.Request) error {
	if err := web.FromOwnPage(r, string(h.origin)); err != nil {
		return err
	}
	var (
		filing request.Filing
		filed  request.Request
	)
	err := web.DecodeForm(r, web.PublicLimit, &filing, formFields()...)
	if err == nil {
		filed, err = h.accept(r, filing)
	}
	switch {
	case err != nil:
		web.SeeProblem(w, err, h.origin.RequestProblem(links.RefusalOf(err).Of(filing.Right)))
	case filed.State == request.Fulfilled:
		web.SeeOther(w, h.origin.RequestDone(filed.Right))
	default:
		web.SeeOther(w, h.origin.RequestSent(filed.Right, string(filed.State)))
	}
	return nil
}

// formFields returns the fields of the form. Those that are not texts are the lists of what a person chooses, and the declaration.
func formFields() []web.FormField {
	kinds := map[string]web.FieldKind{"purposes": web.FormList, "categories": web.FormList, "declaration": web.FormFlag}
	fields := make([]web.FormField, len(links.FormFields))
	for i, f := range links.FormFields {
		fields[i] = web.FormField{Name: f.Name, Pointer: f.Pointer, Kind: kinds[f.Name]}
	}
	return fields
}
