package main

import (
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/decision"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// decisions answers whether data may be used.
type decisions struct {
	decider decision.Decider
	tokens  subject.Key
	origin  links.Origin // this service's origin, for links of one-click unsubscription
}

// decide answers one question.
func (d decisions) decide(w http.ResponseWriter, r *http.Request) error {
	var q decision.Question
	if err := web.Decode(r, web.PublicLimit, &q); err != nil {
		return err
	}
	answer, err := d.decider.Answer(r.Context(), client(r), q)
	if err != nil {
		return err
	}
	unsubscribe := ""
	if answer.Unsubscribe != "" {
		unsubscribe = d.origin.Unsubscribe(mailbox.UnsubscribeToken(d.tokens, answer.Unsubscribe))
	}
	web.JSON(w, http.StatusOK, struct {
		Allowed     bool                `json:"allowed"`
		Basis       privacy.LawfulBasis `json:"basis"`
		Reason      decision.Reason     `json:"reason"`
		Address     identity.Note       `json:"address,omitempty"`
		Unsubscribe string              `json:"unsubscribe,omitempty"`
	}{answer.Allowed, answer.Basis, answer.Reason, answer.Address, unsubscribe})
	return nil
}
