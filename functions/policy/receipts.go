package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/receipt"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// versions reads one consent record.
type versions interface {
	Version(ctx context.Context, subject string, version int, now time.Time) (consent.Record, error)
}

// longestVersion is how many digits a version can have.
const longestVersion = 9

// receipt answers with the signed receipt of one consent record: the same text each time it is asked for.
func (h handler) receipt(w http.ResponseWriter, r *http.Request) error {
	unknown := fault.New(fault.NotFound, "There is no such consent record.")
	visitor, err := uuid.Parse(r.PathValue("visitor"))
	if err != nil || len(r.PathValue("visitor")) != 36 {
		return unknown
	}
	version, err := strconv.Atoi(r.PathValue("version"))
	if err != nil || version < 1 || len(r.PathValue("version")) > longestVersion {
		return unknown
	}
	record, err := h.consents.Version(r.Context(), consent.Visitor(visitor.String()), version, h.now())
	if err != nil {
		return err
	}
	if record.Version == 0 {
		return unknown
	}
	signed, err := h.keys.Sign(proof(record))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/jose")
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write([]byte(signed))
	return err
}

// proof is what the receipt of a record says.
func proof(r consent.Record) receipt.Receipt {
	controller := policy.Current().Controller
	out := receipt.Receipt{
		Issuer: controller.Site, Controller: receipt.Controller{Name: controller.Name, Email: controller.PrivacyEmail},
		Subject: strings.TrimPrefix(r.Subject, "v#"), RecordedAt: r.RecordedAt, Version: r.Version, PolicyVersion: r.PolicyVersion,
		Language: r.Language, Surface: r.Surface, GPC: r.GPC, Decisions: map[string]receipt.Decision{},
	}
	for _, p := range policy.Versions() {
		if p.Version == r.PolicyVersion {
			out.PolicySHA256 = p.SHA256
		}
	}
	for purpose, d := range r.Decisions {
		out.Decisions[string(purpose)] = receipt.Decision{State: string(d.State), DecidedAt: d.DecidedAt, ExpiresAt: d.ExpiresAt}
	}
	return out
}

func (h handler) jwks(w http.ResponseWriter, _ *http.Request) error {
	reusable(w, "public, max-age=3600")
	web.JSON(w, http.StatusOK, h.keys.Published())
	return nil
}
