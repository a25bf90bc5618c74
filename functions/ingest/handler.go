package main

import (
	"context"
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// bodyLimit is the largest body of a call, in bytes. For one record, the limit is its stored size ([record.MaxStored]).
const bodyLimit = 4 << 20

// answerTime is the part of the function's time that is reserved for the answer. Writing stops before it.
const answerTime = time.Second

// authorizer checks the token of a request against a rule and returns the caller.
type authorizer interface {
	Authorize(r *http.Request, rule access.Rule) (access.Principal, error)
}

type handler struct{ intake *intake.Intake }

// routes returns the handler of all routes. It panics for a route that is not in [access.Rules], so that no route can start without a rule.
func routes(h handler, d decisions, auth authorizer) http.Handler {
	mux := web.NewMux()
	for route, handle := range map[string]func(http.ResponseWriter, *http.Request) error{
		"PUT /v1/records/{category}/{id}": h.one,
		"POST /v1/records":                h.many,
		"POST /v1/subjects/contract-end":  h.contractEnd,
		"POST /v1/decisions":              d.decide,
	} {
		rule, listed := access.Rules[route]
		if !listed {
			panic("ingest: no rule for " + route)
		}
		mux.Handle(route, admitted(auth, rule, handle))
	}
	return mux
}

// admitted calls the handler if the rule admits the caller, whom the handler finds with [access.PrincipalOf]. The handler's context ends early
// enough to answer in time.
func admitted(auth authorizer, rule access.Rule, handle func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		principal, err := auth.Authorize(r, rule)
		if err != nil {
			return err
		}
		ctx := access.WithPrincipal(r.Context(), principal)
		if deadline, limited := ctx.Deadline(); limited {
			var cancel context.CancelFunc
			ctx, cancel = context.WithDeadline(ctx, deadline.Add(-answerTime))
			defer cancel()
		}
		return intake.InTime(handle(w, r.WithContext(ctx)))
	}
}

// person names a data subject in a body.
type person struct {
	Email string `json:"email"`
}

// body is the body of a record whose category and id are in the path.
type body struct {
	Subject    *person        `json:"subject"`
	Source     string         `json:"source"`
	OccurredAt string         `json:"occurredAt"`
	Data       jsontext.Value `json:"data"`
}

// one takes in a single record.
func (h handler) one(w http.ResponseWriter, r *http.Request) error {
	var b body
	if err := web.Decode(r, bodyLimit, &b); err != nil {
		return err
	}
	line, err := h.check(r.PathValue("category"), r.PathValue("id"), b)
	if err != nil {
		return err
	}
	result, err := h.intake.TakeOne(r.Context(), line)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		Outcome   record.Outcome `json:"outcome"`
		ExpiresAt *time.Time     `json:"expiresAt"`
	}{result.Outcome, expiry(result)})
	return nil
}

// check turns a body into a line, or returns an error that names each wrong field.
func (h handler) check(category, id string, b body) (intake.Line, error) {
	draft := record.Draft{Category: category, ID: id, Source: b.Source, OccurredAt: b.OccurredAt, Data: b.Data}
	if b.Subject != nil {
		draft.Email = &b.Subject.Email
	}
	return h.intake.Check(draft)
}

func expiry(r intake.Result) *time.Time {
	if r.ExpiresAt.IsZero() {
		return nil
	}
	at := r.ExpiresAt.UTC().Truncate(time.Second)
	return &at
}

// contractEnd ends the running contracts of a subject.
func (h handler) contractEnd(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		Subject person `json:"subject"`
		EndedAt string `json:"endedAt"`
	}
	if err := web.Decode(r, web.PublicLimit, &b); err != nil {
		return err
	}
	var at fault.Fields
	who, err := subject.ParseAddress(b.Subject.Email)
	at.Need("/subject/email", b.Subject.Email, err == nil, "must be an email address")
	ended := record.ContractEnd(&at, b.EndedAt, h.intake.Now())
	if err := at.Err(); err != nil {
		return err
	}
	if err := h.intake.EndContract(r.Context(), who, ended); err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		EndedAt time.Time `json:"endedAt"`
	}{ended.UTC()})
	return nil
}
