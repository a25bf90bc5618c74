package main

import (
	"net/http"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/web/consentapi"
)

func (h handler) confirm(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		Token subject.Token `json:"token"`
	}
	if err := web.Decode(r, web.PublicLimit, &b); err != nil {
		return err
	}
	record, err := h.byMail.Confirm(r.Context(), r.PathValue("id"), b.Token)
	if err != nil {
		return err
	}
	consentapi.Show(w, http.StatusCreated, record, h.now())
	return nil
}

func (h handler) preferences(w http.ResponseWriter, r *http.Request) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	record, err := h.byMail.Preferences(r.Context(), r.PathValue("id"), token)
	if err != nil {
		return err
	}
	consentapi.Show(w, http.StatusOK, record, h.now())
	return nil
}

func (h handler) withdrawByLink(w http.ResponseWriter, r *http.Request) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	act, err := consentapi.Withdrawal(r)
	if err != nil {
		return err
	}
	act.Surface = "preferences"
	if err := consentapi.Preconditions(r, &act); err != nil {
		return err
	}
	record, err := h.byMail.Withdraw(r.Context(), r.PathValue("id"), token, act)
	if err != nil {
		return err
	}
	consentapi.Show(w, http.StatusCreated, record, h.now())
	return nil
}

// unsubscribe is the one click of RFC 8058: a form-encoded POST that a mail program sends without cookies and without an origin.
// A GET of the same address is not routed and changes nothing.
func (h handler) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := web.ContentType(r, "application/x-www-form-urlencoded"); err != nil {
		return err
	}
	body, err := web.Body(r, web.PublicLimit)
	if err != nil {
		return err
	}
	if string(body) != "List-Unsubscribe=One-Click" {
		return fault.New(fault.Unacceptable, "The body must be List-Unsubscribe=One-Click (RFC 8058).")
	}
	act := consent.Act{PolicyVersion: policy.CurrentVersion, Language: "und", Surface: "api"}
	if err := consentapi.Preconditions(r, &act); err != nil {
		return err
	}
	if err := h.byMail.Unsubscribe(r.Context(), r.PathValue("token"), act); err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		State consent.State `json:"state"`
	}{consent.Denied})
	return nil
}

func bearer(r *http.Request) (subject.Token, error) {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", fault.New(fault.Unauthenticated, "This route needs the token of a link.")
	}
	return subject.Token(token), nil
}
