package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
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
	if b.Token == "" {
		return fault.At("/token", fault.Required)
	}
	record, err := h.consents.Confirm(r.Context(), r.PathValue("id"), b.Token, consentapi.Signalled(r))
	if err != nil {
		return err
	}
	consentapi.Show(w, r, http.StatusCreated, record, h.consents.Recorder)
	return nil
}

func (h handler) preferences(w http.ResponseWriter, r *http.Request) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	record, err := h.consents.Preferences(r.Context(), r.PathValue("id"), token)
	if err != nil {
		return err
	}
	consentapi.Show(w, r, http.StatusOK, record, h.consents.Recorder)
	return nil
}

func (h handler) withdrawByLink(w http.ResponseWriter, r *http.Request) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	act, err := consentapi.Withdrawal(r, h.consents.Recorder.Rules())
	if err != nil {
		return err
	}
	act.Surface = "preferences"
	if err := consentapi.Preconditions(r, &act); err != nil {
		return err
	}
	if err := consentapi.Identify(r, &act); err != nil {
		return err
	}
	record, err := h.consents.Withdraw(r.Context(), r.PathValue("id"), token, act)
	if err != nil {
		return err
	}
	consentapi.Show(w, r, http.StatusCreated, record, h.consents.Recorder)
	return nil
}

// unsubscribe answers the one-click POST of RFC 8058, which a mail program sends without cookies and without an origin. No route answers a GET
// of the same URL, so opening it changes nothing.
func (h handler) unsubscribe(w http.ResponseWriter, r *http.Request) error {
	if err := checkOneClick(r); err != nil {
		return err
	}
	act := consent.Act{PolicyVersion: h.consents.Recorder.Rules().Version, Language: "und", Surface: "api"}
	if err := consentapi.Identify(r, &act); err != nil {
		return err
	}
	if err := h.consents.Unsubscribe(r.Context(), r.PathValue("token"), act); err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		State consent.State `json:"state"`
	}{consent.Denied})
	return nil
}

// checkOneClick refuses a body that is not the form of RFC 8058, in either of the two encodings that mail programs use.
func checkOneClick(r *http.Request) error {
	if web.ContentType(r, "multipart/form-data") != nil {
		if err := web.ContentType(r, "application/x-www-form-urlencoded"); err != nil {
			return fault.New(fault.MediaType, "The body must be a form (RFC 8058).")
		}
	}
	body, err := web.Body(r, web.PublicLimit)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := r.ParseMultipartForm(web.PublicLimit); err != nil && !errors.Is(err, http.ErrNotMultipart) || r.PostForm.Get("List-Unsubscribe") != "One-Click" { //nolint:gosec // the body is limited above
		return fault.At("/List-Unsubscribe", "must be One-Click (RFC 8058)")
	}
	return nil
}

func bearer(r *http.Request) (subject.Token, error) {
	scheme, token, found := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found || !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", fault.New(fault.Unauthenticated, "This route needs the token from a mailed link.")
	}
	return subject.Token(token), nil
}
