package main

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/receipt"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// versions reads one consent record.
type versions interface {
	Version(ctx context.Context, subject string, version int, now time.Time) (consent.Record, error)
}

// longestVersion is the most digits that a version can have.
const longestVersion = 9

// receipt answers with the signed receipt of one consent record. It is the same text each time.
func (h handler) receipt(w http.ResponseWriter, r *http.Request) error {
	unknown := fault.New(fault.NotFound, "There is no such consent record.")
	visitor, ok := consent.Visitor(r.PathValue("visitor"))
	if !ok {
		return unknown
	}
	number := r.PathValue("version")
	version, err := strconv.Atoi(number)
	if err != nil || version < 1 || len(number) > longestVersion || strconv.Itoa(version) != number { // only one spelling is valid: neither 01 nor +1
		return unknown
	}
	record, err := h.consents.Version(r.Context(), visitor, version, h.now())
	if err != nil {
		return err
	}
	if record.Version == 0 {
		return unknown
	}
	signed, err := h.keys.Sign(receipt.Of(record))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jose")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(signed)) //nolint:gosec // it is no page, and base64url
	return nil
}

// jwks answers with the keys that verify receipts. Caches keep them for minutes only, so that a new key is soon known everywhere.
func (h handler) jwks(w http.ResponseWriter, _ *http.Request) error {
	keys, err := h.keys.Published()
	if err != nil {
		return err
	}
	reusable(w, "public, max-age=300")
	web.JSON(w, http.StatusOK, keys)
	return nil
}
