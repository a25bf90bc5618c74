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
