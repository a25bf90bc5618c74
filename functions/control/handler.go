package main

import (
	"bytes"
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/notice"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type handler struct{ control notice.Control }

// routes returns the handler of all routes. Each of them asks for a token.
func routes(h handler, auth web.Authorizer) http.Handler {
	mux := web.NewMux()
	web.HandleAdmitted(mux, auth, map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /v1/notices":                   h.list,
		"GET /v1/notices/{version}":         h.show,
		"POST /v1/notices/{version}/pause":  h.does(notice.Pause),
		"POST /v1/notices/{version}/resume": h.does(notice.Resume),
		"POST /v1/notices/{version}/cancel": h.does(notice.Cancel),
		"POST /v1/notices/{version}/retry":  h.does(notice.Retry),
	})
	return mux
}

// list answers with every campaign.
func (h handler) list(w http.ResponseWriter, r *http.Request) error {
	all, err := h.control.List(r.Context())
	if err != nil {
		return err
	}
	views := make([]notice.View, len(all))
	for i, one := range all {
		views[i] = one.View()
	}
	web.JSON(w, http.StatusOK, views)
	return nil
}

// show answers with one campaign and its exact counts.
func (h handler) show(w http.ResponseWriter, r *http.Request) error {
	one, err := h.control.Show(r.Context(), r.PathValue("version"))
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, one.View())
	return nil
}

// errBody is the answer to an act with a body: the path says everything, and what a body says would be passed over.
var errBody = fault.New(fault.Malformed, "This route takes no body.")

// does returns the handler of an act. The audit entry names the client of the token.
func (h handler) does(act notice.Act) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if body, err := web.Body(r, web.PublicLimit); err != nil {
			return err
		} else if len(bytes.TrimSpace(body)) > 0 {
			return errBody
		}
		by := audit.Actor{Kind: audit.Machine, ID: access.PrincipalOf(r.Context()).ID}
		after, err := h.control.Do(r.Context(), act, r.PathValue("version"), by)
		if err != nil {
			return err
		}
		web.JSON(w, http.StatusOK, after.View())
		return nil
	}
}
