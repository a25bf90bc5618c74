package main

import (
	"maps"
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/web/consentapi"
)

var errDoubt = fault.New(fault.Shared, "Nothing is shown by this address: several people use it, or it is not clear whose it is.")

func (h handler) preferences(w http.ResponseWriter, r *http.Request, who holder) error {
	state, err := h.preferencesOf(r, who.mailbox)
	if err != nil {
		return err
	}
	if state == nil {
		return errDoubt
	}
	state.Write(w, http.StatusOK)
	return nil
}

// preferencesOf returns what the holder of a mailbox decided, or nil if nothing may be shown by the address.
func (h handler) preferencesOf(r *http.Request, box mailbox.Mailbox) (*consentapi.State, error) {
	record, shown, err := h.consents.Preferences(r.Context(), box)
	if err != nil || !shown {
		return nil, err
	}
	return h.limited(r, box, record)
}

// limited returns a record as the holder of a mailbox sees it. What they have refused by a request is denied, whatever they decided before.
func (h handler) limited(r *http.Request, box mailbox.Mailbox, record consent.Record) (*consentapi.State, error) {
	is, err := h.consents.Standing(r.Context(), box)
	if err != nil {
		return nil, err
	}
	state, now := consentapi.StateOf(r, record, h.consents.Recorder), h.consents.Recorder.Time()
	for purpose, because := range decision.Refused(h.requester.Policy(now), decision.Facts{Newest: record, Standing: is, Now: now}) {
		state.Deny(purpose, string(because))
	}
	return &state, nil
}

// showDecided answers with what holds after a decision.
func (h handler) showDecided(w http.ResponseWriter, r *http.Request, box mailbox.Mailbox, record consent.Record) error {
	state, err := h.limited(r, box, record)
	if err != nil {
		return err
	}
	state.Write(w, http.StatusCreated)
	return nil
}

func (h handler) decide(w http.ResponseWriter, r *http.Request, who holder) error {
	var body struct {
		Decisions map[privacy.Purpose]consent.State `json:"decisions"`
	}
	if err := web.Decode(r, web.PublicLimit, &body); err != nil {
		return err
	}
	act := consent.Act{
		Decisions: maps.Clone(body.Decisions), PolicyVersion: h.consents.Recorder.Rules().Version, Language: "und", Surface: "preferences",
	}
	if err := consentapi.Preconditions(r, &act); err != nil {
		return err
	}
	if err := consentapi.Identify(r, &act); err != nil {
		return err
	}
	record, err := h.consents.Decide(r.Context(), who.mailbox, who.session.Proof(), act)
	if err != nil {
		return err
	}
	return h.showDecided(w, r, who.mailbox, record)
}
