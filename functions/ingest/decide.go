package main

import (
	"context"
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/deciding"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/subject/address"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// decisions answers whether data may be used.
type decisions struct {
	desk     deciding.Desk
	subjects *subjects.Store
	aliases  subject.Key
	tokens   subject.Key
	origin   string // of this service, for the link of one-click unsubscribe
}

// question names a data subject, by address or by the visitor id of the website, and a purpose.
type question struct {
	Subject struct {
		Email   string `json:"email"`
		Visitor string `json:"visitor"`
	} `json:"subject"`
	Purpose privacy.Purpose `json:"purpose"`
	Under16 bool            `json:"under16"`
}

// decide answers one question. Whoever may be sent marketing mail comes with the link that stops it (RFC 8058; promise C03).
func (d decisions) decide(w http.ResponseWriter, r *http.Request) error {
	var q question
	if err := web.Decode(r, web.PublicLimit, &q); err != nil {
		return err
	}
	key, id, err := d.find(r.Context(), q)
	if err != nil {
		return err
	}
	decision, err := d.desk.Decide(r.Context(), q.Purpose, key, q.Under16)
	if err != nil {
		return err
	}
	unsubscribe := ""
	if decision.Allowed && q.Purpose == privacy.MarketingEmail && id != "" {
		unsubscribe = d.origin + "/v1/unsubscribe/" + consent.UnsubscribeToken(d.tokens, id)
	}
	web.JSON(w, http.StatusOK, struct {
		Allowed     bool                `json:"allowed"`
		Basis       privacy.LawfulBasis `json:"basis"`
		Reason      deciding.Reason     `json:"reason"`
		Unsubscribe string              `json:"unsubscribe,omitempty"`
	}{decision.Allowed, decision.Basis, decision.Reason, unsubscribe})
	return nil
}

// find returns the key of the subject's consent log, "" where the address is not known, and the subject's id if it was named by address.
func (d decisions) find(ctx context.Context, q question) (key string, id privacy.SubjectID, err error) {
	if (q.Subject.Email == "") == (q.Subject.Visitor == "") {
		return "", "", fault.At("/subject", "must hold either a visitor or an e-mail address")
	}
	if q.Subject.Visitor != "" {
		visitor, ok := consent.Visitor(q.Subject.Visitor)
		if !ok {
			return "", "", fault.At("/subject/visitor", "must be a random UUID in its hyphenated form")
		}
		return visitor, "", nil
	}
	parsed, err := address.Parse(q.Subject.Email)
	if err != nil {
		return "", "", fault.At("/subject/email", "must be an e-mail address")
	}
	alias, known, err := d.subjects.Find(ctx, d.aliases.Alias(parsed))
	if err != nil || !known {
		return "", "", err
	}
	return consent.Address(alias.Subject), alias.Subject, nil
}
