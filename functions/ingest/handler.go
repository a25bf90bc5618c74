package main

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/web"
)

// bodyLimit is the largest body of a call, in bytes. For one record, the limit is its stored size ([record.MaxStored]).
const bodyLimit = 4 << 20

type handler struct{ intake *intake.Intake }

// routes returns the handler of all routes. Each of them asks for a token.
func routes(h handler, d decisions, a acknowledgements, auth web.Authorizer) http.Handler {
	mux := web.NewMux()
	web.HandleAdmitted(mux, auth, map[string]func(http.ResponseWriter, *http.Request) error{
		"PUT /v1/records/{category}/{id}":          h.one,
		"POST /v1/records/{category}/{id}/retract": h.retract,
		"POST /v1/records":                         h.many,
		"POST /v1/subjects/contract-end":           h.contractEnd,
		"POST /v1/erasures/{id}/acknowledge":       a.acknowledge,
		"POST /v1/decisions":                       d.decide,
	})
	return mux
}

// body is the body of a record whose category and id are in the path.
type body struct {
	Subject    *record.Named  `json:"subject"`
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
	line, err := h.check(r, r.PathValue("category"), r.PathValue("id"), b)
	if err != nil {
		return err
	}
	result, err := h.intake.TakeOne(r.Context(), line)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		Outcome   record.Outcome `json:"outcome"`
		Reason    record.Reason  `json:"reason,omitempty"`
		Address   identity.Note  `json:"address,omitempty"`
		Erasure   string         `json:"erasure,omitempty"`
		ExpiresAt *time.Time     `json:"expiresAt"`
	}{result.Outcome, result.Reason, result.Address, result.Erasure, expiry(result)})
	return nil
}

// check turns a body into a line, or returns an error that names each wrong field.
func (h handler) check(r *http.Request, category, id string, b body) (intake.Line, error) {
	draft := record.Draft{Category: category, ID: id, Subject: b.Subject, Source: b.Source, OccurredAt: b.OccurredAt, Data: b.Data}
	return h.intake.Check(client(r), draft)
}

// client returns the client id in the token of a call. The ids that a call uses for data subjects are those of this client.
func client(r *http.Request) string { return access.PrincipalOf(r.Context()).ID }

func expiry(r intake.Result) *time.Time {
	if r.ExpiresAt.IsZero() {
		return nil
	}
	at := r.ExpiresAt.UTC().Truncate(time.Second)
	return &at
}

// checkSubject notes what is wrong with whom a call names.
func checkSubject(at *fault.Fields, who *record.Named) {
	if who == nil {
		at.Add("/subject", fault.Required)
		return
	}
	who.Check(at, "/subject")
}

// contractEnd ends the running contracts of a subject.
func (h handler) contractEnd(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		Subject *record.Named `json:"subject"`
		EndedAt string        `json:"endedAt"`
	}
	if err := web.Decode(r, web.PublicLimit, &b); err != nil {
		return err
	}
	var at fault.Fields
	checkSubject(&at, b.Subject)
	ended := record.ContractEnd(&at, b.EndedAt, h.intake.Now())
	if err := at.Err(); err != nil {
		return err
	}
	who, err := b.Subject.Named(client(r))
	if err != nil {
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
