package main

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/google/uuid"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// filedShown is the answer to a filing. It is the same for a known and for an unknown address (threat T14).
type filedShown struct {
	ID        string        `json:"id"`
	Right     privacy.Right `json:"right"`
	State     request.State `json:"state"`
	Statement string        `json:"statement,omitempty"` // how the policy answers a question about automated decisions
}

// file takes a request: JSON from a script or a program, or a plain form from a browser without script.
func (h handler) file(w http.ResponseWriter, r *http.Request) error {
	if web.IsForm(r) {
		return h.fileForm(w, r)
	}
	var filing request.Filing
	if err := web.Decode(r, web.PublicLimit, &filing); err != nil {
		return err
	}
	filed, err := h.accept(r, filing)
	if err != nil {
		return err
	}
	out, status := filedShown{ID: filed.ID, Right: filed.Right, State: filed.State, Statement: h.statement(filed.Right)}, http.StatusAccepted
	if filed.State == request.Fulfilled {
		status = http.StatusOK
	}
	web.JSON(w, status, out)
	return nil
}

// statement returns how the policy answers a question about automated decisions, and "" for every other right.
func (h handler) statement(name privacy.Right) string {
	if name != privacy.AutomatedDecisions {
		return ""
	}
	right, _ := h.requester.Policy(h.now()).Right(name)
	return right.Text
}

// accept counts the call of the client and files the request. What nobody has to prove takes effect before the answer (promises H06, H10).
func (h handler) accept(r *http.Request, filing request.Filing) (request.Request, error) {
	if err := h.allow(r); err != nil {
		return request.Request{}, err
	}
	if filing.ByVisitor() {
		return h.optOut(r.Context(), filing)
	}
	filed, err := h.requester.File(r.Context(), filing)
	if err != nil {
		return request.Request{}, err
	}
	return h.atOnce(r.Context(), filed), nil
}

// atOnce does the step of a request that was just stored, if nobody has to prove it. If that fails, function fulfil does it, and the answer says that the
// request is open.
func (h handler) atOnce(ctx context.Context, stored request.Request) request.Request {
	if _, here := h.steps.Answers[request.Rights[stored.Right].Answer]; !stored.Unproven || !here {
		return stored
	}
	file, err := h.steps.AtOnce(ctx, request.File{Request: stored})
	if err != nil {
		slog.ErrorContext(ctx, "a step was put off", "request", stored.ID, "error", fault.Class(err))
	}
	return file.Request
}

// optOut records the opt-out of a browser. Its consent log keeps it, and no request is stored (promise H10).
func (h handler) optOut(ctx context.Context, filing request.Filing) (request.Request, error) {
	if err := filing.Check(h.requester.Policy(h.now())); err != nil {
		return request.Request{}, err
	}
	visitor, ok := consent.Visitor(filing.Visitor)
	if !ok {
		return request.Request{}, fault.At("/visitor", "must be the random UUID of a browser")
	}
	id := uuid.Must(uuid.NewV7()).String()
	if _, err := h.browsers.OptOut(ctx, visitor, id); err != nil {
		return request.Request{}, err
	}
	return request.Request{ID: id, Right: filing.Right, State: request.Fulfilled}, nil
}
