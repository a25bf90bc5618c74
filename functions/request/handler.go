package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/limit"
	"github.com/helpdeskexpert/privacy/shared/links"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
	"github.com/helpdeskexpert/privacy/shared/work"
)

type handler struct {
	requester *request.Requester
	steps     *request.Fulfilment
	browsers  *consent.Recorder // records the opt-outs of browsers, after which nothing has to follow
	changes   *identity.Holder
	links     *mailbox.Links
	behind    behind
	consents  *mailbox.Consents
	clients   limit.Clients
	clientKey subject.Key
	origin    links.Origin // our own: only its pages send plain forms and use sessions
	now       func() time.Time
}

// behind knows what is behind a mailbox.
type behind interface {
	// Of returns all requests, in no order, and what waits for a confirmation, oldest first.
	Of(ctx context.Context, mailbox string) (all []request.Request, waiting []mailbox.Waiting, err error)
}

func routes(h handler, origins ...string) http.Handler {
	mux := web.NewMux(origins...)
	mux.Handle("POST /v1/requests", h.file)
	mux.Handle("GET /v1/requests/{id}", h.status)
	mux.Handle("GET /v1/requests/{id}/plan", h.seen(h.plan))
	mux.Handle("GET /v1/requests/{id}/certificate", h.seen(h.certificate))
	mux.Handle("POST /v1/requests/{id}/withdraw", h.withdraw)
	mux.Handle("POST /v1/requests/{id}/confirm", h.held(h.confirm))
	mux.Handle("POST /v1/requests/{id}/exports", h.held(h.newExport))
	mux.Handle("POST /v1/links", h.ask)
	mux.Handle("POST /v1/links/{id}/open", h.open)
	mux.Handle("POST /v1/links/end", h.end)
	mux.Handle("GET /v1/me", h.held(h.showMe))
	mux.Handle("POST /v1/pending/{id}/confirm", h.held(h.confirmConsent))
	mux.Handle("POST /v1/pending/{id}/discard", h.held(h.discard))
	mux.Handle("GET /v1/preferences", h.held(h.preferences))
	mux.Handle("POST /v1/preferences", h.held(h.decide))
	mux.HandleAnywhere("POST /v1/unsubscribe/{token}", h.unsubscribe)
	return mux
}

func (h handler) status(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, http.StatusOK, h.requester.Status)
}

// withdraw serves the holder of a status link, and the holder of a session.
func (h handler) withdraw(w http.ResponseWriter, r *http.Request) error {
	if r.Header.Get("Authorization") != "" || sessionOf(r) == "" {
		return h.show(w, r, http.StatusOK, h.requester.Withdraw)
	}
	return h.held(func(w http.ResponseWriter, r *http.Request, who holder) error {
		file, err := h.requester.WithdrawOf(r.Context(), r.PathValue("id"), who.mailbox.ProofOfConfirmed(who.session))
		if err != nil {
			return err
		}
		if file.Request.Step == request.StepLift && request.Rights[file.Request.Right].Answer == work.Limit { // function fulfil does the others
			file = h.lift(r.Context(), file)
		}
		web.JSON(w, http.StatusOK, h.shown(file))
		return nil
	})(w, r)
}

// lift lets what a request imposed end before the answer. If that fails, function fulfil does it.
func (h handler) lift(ctx context.Context, file request.File) request.File {
	file, err := h.steps.AtOnce(ctx, file)
	if err != nil {
		slog.ErrorContext(ctx, "a step was put off", "request", file.Request.ID, "error", fault.Class(err))
	}
	return file
}

// show calls do with the token of a status link and answers with the file as it is afterwards.
func (h handler) show(w http.ResponseWriter, r *http.Request, status int, do func(context.Context, string, subject.Token) (request.File, error)) error {
	token, err := bearer(r)
	if err != nil {
		return err
	}
	file, err := do(r.Context(), r.PathValue("id"), token)
	if err != nil {
		return err
	}
	web.JSON(w, status, h.shown(file))
	return nil
}

// summary is a request as the holder of a link sees it. It has no address and no text, because the link may have been forwarded.
type summary struct {
	ID         string          `json:"id"`
	Right      privacy.Right   `json:"right"`
	State      request.State   `json:"state"`
	ReceivedAt time.Time       `json:"receivedAt"`
	DueAt      time.Time       `json:"dueAt"`
	TimeZone   string          `json:"timeZone"` // the time zone in which the clocks count days
	Clocks     []request.Clock `json:"clocks"`
}

func summarise(r request.Request) summary {
	return summary{
		ID: r.ID, Right: r.Right, State: r.State, ReceivedAt: r.ReceivedAt,
		DueAt: request.DueAt(r), TimeZone: r.Terms.TimeZone, Clocks: request.Clocks(r),
	}
}

type fileShown struct {
	summary
	WaitingFor    request.Wait  `json:"waitingFor,omitempty"` // for whom or what it waits
	Erasure       *erasureShown `json:"erasure,omitempty"`    // where the erasure stands that it asks for
	InForce       bool          `json:"inForce,omitempty"`    // while something holds because of it; this link does not take it back
	Outcome       *decidedShown `json:"outcome,omitempty"`    // what the team decided, once it was mailed
	Extension     *decidedShown `json:"extension,omitempty"`  // why the answer takes longer, once that was mailed
	PolicyVersion string        `json:"policyVersion"`
	HasDetails    bool          `json:"hasDetails"` // whether a text is stored with the request; only an answer to access shows it
	Events        []eventShown  `json:"events"`
	Exports       []exportShown `json:"exports"`
}

// decidedShown is a decision of the team.
type decidedShown struct {
	Result    request.Result `json:"result,omitempty"` // of an outcome
	Reason    string         `json:"reason"`
	DecidedAt time.Time      `json:"decidedAt"`
	// Stands lists the purposes of an objection that stay forbidden.
	Stands []privacy.Purpose `json:"stands,omitempty"`
}

type eventShown struct {
	At     time.Time         `json:"at"`
	Kind   request.EventKind `json:"kind"`
	Reason string            `json:"reason,omitempty"` // why a mail came back, or why the request waits for the team
}

// exportShown has neither sizes nor times of downloads, since the link to the status may have been forwarded (threat T30).
type exportShown struct {
	Export    string       `json:"export"`
	State     export.State `json:"state"`
	CreatedAt time.Time    `json:"createdAt"`
	ExpiresAt *time.Time   `json:"expiresAt,omitempty"`
	UsesLeft  int          `json:"usesLeft"`
}

// decidedAbout returns what the team decided, and why the answer takes longer, each once it was mailed.
func decidedAbout(r request.Request) (outcome, extension *decidedShown) {
	if o := r.Outcome; !o.DecidedAt.IsZero() && r.State.Final() {
		outcome = &decidedShown{Result: o.Result, Reason: o.Reason, DecidedAt: o.DecidedAt, Stands: r.Stands}
	}
	if e := r.Extension; !e.NoticeSent.IsZero() {
		extension = &decidedShown{Reason: e.Reason, DecidedAt: e.DecidedAt}
	}
	return outcome, extension
}

func (h handler) shown(f request.File) fileShown {
	out := fileShown{
		summary: summarise(f.Request), PolicyVersion: f.Request.PolicyVersion, HasDetails: f.Request.Details != "" || len(f.Request.Messages) > 0, InForce: f.Request.Protects(),
		Events:  []eventShown{{At: f.Request.ReceivedAt, Kind: request.EventReceived}},
		Exports: []exportShown{},
	}
	if out.WaitingFor = f.Request.WaitsFor(h.now()); out.WaitingFor == request.ForDays { // the events say so
		out.WaitingFor = request.NoWait
	}
	out.Erasure = erasureOf(f)
	if _, waits := export.ForTeam(f); waits {
		out.WaitingFor = request.ForTeam
	}
	out.Outcome, out.Extension = decidedAbout(f.Request)
	for _, e := range f.Events {
		out.Events = append(out.Events, eventShown{e.At, e.Kind, e.Reason})
	}
	for _, e := range export.Of(f) {
		one := exportShown{Export: e.ID(), State: e.State, CreatedAt: e.CreatedAt}
		if !e.OpenUntil.IsZero() {
			one.ExpiresAt, one.UsesLeft = &e.OpenUntil, e.UsesLeft()
		}
		out.Exports = append(out.Exports, one)
	}
	return out
}
