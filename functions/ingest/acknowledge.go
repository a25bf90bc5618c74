package main

import (
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/erasure"
)

// acknowledgements takes in what systems say about erasures.
type acknowledgements struct{ erasures *erasure.Acknowledgements }

// acknowledge takes in that the calling system has erased a person too.
func (h acknowledgements) acknowledge(w http.ResponseWriter, r *http.Request) error {
	if err := h.erasures.Acknowledge(r.Context(), r.PathValue("id"), client(r)); err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
