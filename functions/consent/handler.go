package main

import (
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/web/consentapi"
)

type handler struct {
	visitors  *consent.Recorder
	byAddress *mailbox.Consents
	clients   subject.Key
}

func routes(h handler, origins ...string) http.Handler {
	mux := web.NewMux(origins...)
	mux.Handle("POST /v1/consents", h.record)
	mux.Handle("GET /v1/consents/{visitor}", h.read)
	mux.Handle("POST /v1/consents/{visitor}/withdraw", h.withdraw)
	return mux
}

// body is what a website sends when a visitor or a data subject known by address has decided.
type body struct {
	Subject       consent.Who                       `json:"subject"`
	Decisions     map[privacy.Purpose]consent.State `json:"decisions"`
	PolicyVersion string                            `json:"policyVersion"`
	Language      string                            `json:"language"`
	Surface       string                            `json:"surface"`
	Under16       bool                              `json:"under16"`
	ConfirmOptIn  bool                              `json:"confirmOptIn"` // they have confirmed that they opt in again
}

func (h handler) record(w http.ResponseWriter, r *http.Request) error {
	var b body
	if err := web.Decode(r, web.PublicLimit, &b); err != nil {
		return err
	}
	act := consent.Act{
		Who: b.Subject, Decisions: b.Decisions, PolicyVersion: b.PolicyVersion, Language: b.Language, Surface: b.Surface, ConfirmOptIn: b.ConfirmOptIn,
	}
	switch consent.WayOf(b.Subject, b.Under16) {
	case consent.RefuseForAge:
		consentapi.RefuseForAge(w, h.visitors.Rules().Purposes)
		return nil
	case consent.ConfirmFirst:
		return h.ask(w, r, act)
	default:
		return h.append(w, r, act)
	}
}

// ask stores a decision that waits until the link in its mail is confirmed. It ignores preconditions, because the caller cannot know what is
// on record about an address.
func (h handler) ask(w http.ResponseWriter, r *http.Request, act consent.Act) error {
	if err := consentapi.Identify(r, &act); err != nil {
		return err
	}
	id, err := h.byAddress.Ask(r.Context(), h.clients.Client(web.ClientIP(r)), act)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusAccepted, struct {
		ID    string `json:"id"`
		State string `json:"state"`
	}{id, "confirming"})
	return nil
}

func (h handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	visitor, ok := consent.Visitor(r.PathValue("visitor"))
	if !ok {
		return fault.New(fault.NotFound, "There is no such visitor.")
	}
	act, err := consentapi.Withdrawal(r, h.visitors.Rules())
	if err != nil {
		return err
	}
	act.Subject = visitor
	return h.append(w, r, act)
}

func (h handler) append(w http.ResponseWriter, r *http.Request, act consent.Act) error {
	if err := consentapi.Preconditions(r, &act); err != nil {
		return err
	}
	if err := consentapi.Identify(r, &act); err != nil {
		return err
	}
	record, err := h.visitors.Record(r.Context(), act)
	if err != nil {
		return err
	}
	consentapi.Show(w, r, http.StatusCreated, record, h.visitors)
	return nil
}

func (h handler) read(w http.ResponseWriter, r *http.Request) error {
	visitor, ok := consent.Visitor(r.PathValue("visitor"))
	if !ok {
		return fault.New(fault.NotFound, "There is no such visitor.")
	}
	record, err := h.visitors.Current(r.Context(), visitor)
	if err != nil {
		return err
	}
	consentapi.Show(w, r, http.StatusOK, record, h.visitors)
	return nil
}
