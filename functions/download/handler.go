package main

import (
	"context"
	"net/http"
	"time"

	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// presigner makes URLs without calling the object store.
type presigner interface {
	Presign(ctx context.Context, key, filename string, life time.Duration) (url string, expires time.Time, err error)
}

type handler struct {
	register request.Register
	bucket   presigner
	tokens   subject.Key
	now      func() time.Time
}

func routes(h handler, origins ...string) http.Handler {
	mux := web.NewMux(origins...)
	mux.Handle("POST /v1/downloads", h.download)
	return mux
}

func (h handler) download(w http.ResponseWriter, r *http.Request) error {
	var body struct {
		Export string        `json:"export"`
		Token  subject.Token `json:"token"`
	}
	if err := web.Decode(r, web.PublicLimit, &body); err != nil {
		return err
	}
	var at fault.Fields
	at.Require("/export", body.Export)
	at.Require("/token", string(body.Token))
	if err := at.Err(); err != nil {
		return err
	}
	attempt, err := export.Redeem(r.Context(), h.register, h.tokens, body.Export, body.Token, h.now())
	if err != nil {
		return err
	}
	name := "helpdesk-expert-privacy-export-" + attempt.CreatedAt.Format(time.DateOnly) + ".zip.age"
	url, expires, err := h.bucket.Presign(r.Context(), attempt.Object, name, export.URLLife)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		URL       string    `json:"url"`
		ExpiresAt time.Time `json:"expiresAt"`
		Bytes     int64     `json:"bytes"`
	}{url, expires.UTC().Truncate(time.Second), attempt.Bytes})
	return nil
}
