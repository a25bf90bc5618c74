package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type handler struct{ recorder *consent.Recorder }

func routes(recorder *consent.Recorder, origin string) http.Handler {
	h := handler{recorder}
	mux := web.NewMux(append([]string{origin}, policy.Origins()...)...)
	mux.Handle("POST /v1/consents", h.record)
	mux.Handle("GET /v1/consents/{visitor}", h.read)
	mux.Handle("POST /v1/consents/{visitor}/withdraw", h.withdraw)
	return mux
}

// body is what a website sends when a visitor has decided.
type body struct {
	Subject struct {
		Visitor string `json:"visitor"`
		Email   string `json:"email"`
	} `json:"subject"`
	Decisions     map[privacy.Purpose]consent.State `json:"decisions"`
	PolicyVersion string                            `json:"policyVersion"`
	Language      string                            `json:"language"`
	Surface       string                            `json:"surface"`
	Under16       bool                              `json:"under16"`
}

var surfaces = []string{"banner", "preferences", "form", "api"}

func (h handler) record(w http.ResponseWriter, r *http.Request) error {
	var b body
	if err := web.Decode(r, web.PublicLimit, &b); err != nil {
		return err
	}
	if b.Under16 { // nothing about the visitor is read further, stored or logged (promise I01)
		web.JSON(w, http.StatusOK, refusedForAge())
		return nil
	}
	visitor, err := visitorOf(b)
	if err != nil {
		return err
	}
	if !slices.Contains(surfaces, b.Surface) {
		return fault.At("/surface", "must be one of banner, preferences, form, api")
	}
	if len(b.Language) == 0 || len(b.Language) > 35 || strings.ContainsFunc(b.Language, notLanguage) {
		return fault.At("/language", "must be a language tag such as en or pt-BR")
	}
	act := consent.Act{
		Subject: consent.Visitor(visitor), Decisions: b.Decisions, PolicyVersion: b.PolicyVersion,
		Language: b.Language, Surface: b.Surface,
	}
	return h.append(w, r, act)
}

func (h handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	visitor, err := parseVisitor(r.PathValue("visitor"))
	if err != nil {
		return fault.New(fault.NotFound, "No such visitor.")
	}
	var b struct {
		Purposes []privacy.Purpose `json:"purposes"`
	}
	if r.ContentLength != 0 { // withdrawing everything takes no body
		if err := web.Decode(r, web.PublicLimit, &b); err != nil {
			return err
		}
	}
	purposes := b.Purposes
	if purposes == nil {
		purposes = consent.Purposes()
	}
	if len(purposes) == 0 {
		return fault.At("/purposes", "must name at least one purpose, or be left out for all")
	}
	act := consent.Act{
		Subject: consent.Visitor(visitor), Decisions: map[privacy.Purpose]consent.State{},
		PolicyVersion: policy.CurrentVersion, Language: "und", Surface: "api",
	}
	for i, purpose := range purposes {
		if !slices.Contains(consent.Purposes(), purpose) {
			return fault.At("/purposes/"+strconv.Itoa(i), "is not a purpose that rests on consent")
		}
		act.Decisions[purpose] = consent.Denied
	}
	return h.append(w, r, act)
}

func (h handler) append(w http.ResponseWriter, r *http.Request, act consent.Act) error {
	if err := preconditions(r, &act); err != nil {
		return err
	}
	act.GPC = signalled(r.Header.Get("Sec-GPC"))
	record, err := h.recorder.Record(r.Context(), act)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(record.Version))
	web.JSON(w, http.StatusCreated, answer(record, record.RecordedAt))
	return nil
}

func (h handler) read(w http.ResponseWriter, r *http.Request) error {
	visitor, err := parseVisitor(r.PathValue("visitor"))
	if err != nil {
		return fault.New(fault.NotFound, "No such visitor.")
	}
	record, err := h.recorder.Current(r.Context(), consent.Visitor(visitor))
	if err != nil {
		return err
	}
	w.Header().Set("ETag", etag(record.Version))
	web.JSON(w, http.StatusOK, answer(record, h.recorder.Now()))
	return nil
}

// signalled reads the Global Privacy Control header, also where a proxy joined two of them.
func signalled(header string) bool {
	for value := range strings.SplitSeq(header, ",") {
		if strings.TrimSpace(value) == "1" {
			return true
		}
	}
	return false
}

// preconditions reads If-Match, If-None-Match and Idempotency-Key. The key is stored as a hash, since callers put into it what they like.
func preconditions(r *http.Request, act *consent.Act) error {
	if match := r.Header.Get("If-Match"); match != "" {
		version, err := strconv.Atoi(strings.Trim(match, `"`))
		if err != nil {
			return fault.New(fault.Precondition, "If-Match must be an ETag that this service gave.")
		}
		act.After = &version
	}
	if none := r.Header.Get("If-None-Match"); none != "" {
		if none != "*" {
			return fault.New(fault.Precondition, "If-None-Match must be *.")
		}
		act.First = true
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		if len(key) > 255 {
			return fault.New(fault.Malformed, "Idempotency-Key is longer than 255 characters.")
		}
		sum := sha256.Sum256([]byte(key))
		id = sum[:16]
	}
	act.Operation = base64.RawURLEncoding.EncodeToString(id)
	return nil
}

func visitorOf(b body) (string, error) {
	switch {
	case b.Subject.Email != "" && b.Subject.Visitor != "":
		return "", fault.At("/subject", "must hold either a visitor or an e-mail address")
	case b.Subject.Email != "":
		return "", fault.At("/subject/email", "cannot be recorded yet: consent by e-mail address needs a confirmation that this version does not send")
	}
	visitor, err := parseVisitor(b.Subject.Visitor)
	if err != nil {
		return "", fault.At("/subject/visitor", "must be a random UUID in its hyphenated form")
	}
	return visitor, nil
}

// parseVisitor reads a visitor id in the one spelling that is hashed: 36 characters, lower case.
func parseVisitor(s string) (string, error) {
	id, err := uuid.Parse(s)
	if err != nil || len(s) != 36 || id == uuid.Nil {
		return "", fault.New(fault.NotFound, "No such visitor.")
	}
	return id.String(), nil
}

func notLanguage(r rune) bool {
	return r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
}

func etag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// state is a consent as callers see it.
type state struct {
	ID            string                       `json:"id,omitempty"`
	Version       int                          `json:"version"`
	PolicyVersion string                       `json:"policyVersion,omitempty"`
	RecordedAt    time.Time                    `json:"recordedAt,omitzero"`
	GPC           bool                         `json:"gpc"`
	Decisions     map[privacy.Purpose]decision `json:"decisions"`
}

type decision struct {
	State     consent.State `json:"state"`
	DecidedAt time.Time     `json:"decidedAt,omitzero"`
	ExpiresAt time.Time     `json:"expiresAt,omitzero"`
}

func answer(record consent.Record, now time.Time) state {
	out := state{Decisions: map[privacy.Purpose]decision{}}
	if record.Version > 0 && record.ExpiresAt.After(now) {
		out.ID, out.PolicyVersion = record.Operation, record.PolicyVersion
		out.RecordedAt, out.GPC = record.RecordedAt, record.GPC
	}
	out.Version = record.Version
	for purpose, d := range record.Effective(now) {
		out.Decisions[purpose] = decision(d)
	}
	return out
}

// refusedForAge is the answer to a visitor under 16: everything denied, nothing stored (promise I01).
func refusedForAge() state {
	out := state{Decisions: map[privacy.Purpose]decision{}}
	for _, purpose := range consent.Purposes() {
		out.Decisions[purpose] = decision{State: consent.Denied}
	}
	return out
}
