package main

import (
	"context"
	"net/http"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/deciding"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/subject"
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

// question names a data subject and a purpose.
type question struct {
	Subject consent.Who     `json:"subject"`
	Purpose privacy.Purpose `json:"purpose"`
	Under16 bool            `json:"under16"`
}

// decide answers one question. Whoever may be sent marketing mail comes with the link that stops it (RFC 8058; promise C03).
func (d decisions) decide(w http.ResponseWriter, r *http.Request) error {
	var q question
	if err := web.Decode(r, web.PublicLimit, &q); err != nil {
		return err
	}
	key, to, err := d.check(q)
	if err != nil {
		return err
	}
	id, err := d.find(r.Context(), to)
	if err != nil {
		return err
	}
	if id != "" {
		key = consent.Address(id)
	}
	decision, err := d.desk.Decide(r.Context(), q.Purpose, key, q.Under16)
	if err != nil {
		return err
	}
	unsubscribe := ""
	if decision.Allowed && q.Purpose == privacy.MarketingEmail && id != "" {
		unsubscribe = d.origin + "/v1/unsubscribe/" + mailbox.UnsubscribeToken(d.tokens, id)
	}
	web.JSON(w, http.StatusOK, struct {
		Allowed     bool                `json:"allowed"`
		Basis       privacy.LawfulBasis `json:"basis"`
		Reason      deciding.Reason     `json:"reason"`
		Unsubscribe string              `json:"unsubscribe,omitempty"`
	}{decision.Allowed, decision.Basis, decision.Reason, unsubscribe})
	return nil
}

// check refuses a question that makes no sense. It returns the key of a visitor's consent log, or the address that names the subject.
func (d decisions) check(q question) (visitor string, to subject.Address, err error) {
	var at fault.Fields
	visitor = q.Subject.Check(&at)
	if q.Subject.ByEmail() && len(at) == 0 {
		if to, err = subject.ParseAddress(q.Subject.Email); err != nil {
			at.Add("/subject/email", "must be an email address")
		}
	}
	d.desk.Check(&at, q.Purpose)
	return visitor, to, at.Err()
}

// find returns the id of the data subject behind an address, "" where there is none or nobody was named by address.
func (d decisions) find(ctx context.Context, to subject.Address) (privacy.SubjectID, error) {
	if to.Lookup == "" {
		return "", nil
	}
	alias, known, err := d.subjects.Find(ctx, d.aliases.Alias(to))
	if err != nil || !known {
		return "", err
	}
	return alias.Subject, nil
}
