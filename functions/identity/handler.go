package main

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/fault"
	"github.com/helpdeskexpert/privacy/shared/identity"
	"github.com/helpdeskexpert/privacy/shared/metric"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

type handler struct {
	acts         *identity.Identity
	consents     *consent.Recorder
	consequences *identity.Consequences
	count        func(metric.Name) error
}

// routes returns the handler of all routes. Each of them asks for a token.
func routes(h handler, auth web.Authorizer) http.Handler {
	mux := web.NewMux()
	web.HandleAdmitted(mux, auth, map[string]func(http.ResponseWriter, *http.Request) error{
		"PUT /v1/subjects/{id}":      h.setAddresses,
		"POST /v1/subjects/rename":   h.rename,
		"POST /v1/subjects/separate": h.separate,
	})
	return mux
}

// setAddresses states all addresses of the data subject with an id.
func (h handler) setAddresses(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		Emails []string `json:"emails"`
		Join   bool     `json:"join"`
	}
	if err := web.Decode(r, web.PublicLimit, &b); err != nil {
		return err
	}
	var at fault.Fields
	who := subject.Named{Client: client(r), ID: r.PathValue("id")}
	record.CheckID(&at, "/id", who.ID)
	emails := addresses(&at, b.Emails)
	if err := at.Err(); err != nil {
		return err
	}
	result, err := h.acts.SetAddresses(r.Context(), caller(r), who, emails, b.Join)
	return h.answer(w, r, result, err)
}

// addresses returns the addresses that a call states, and notes what is wrong with them.
func addresses(at *fault.Fields, emails []string) []subject.Address {
	switch {
	case emails == nil:
		at.Add("/emails", fault.Required)
	case len(emails) > subject.Most:
		at.Add("/emails", "must be at most "+strconv.Itoa(subject.Most)+" addresses")
		return nil
	}
	known := map[string]bool{}
	all := make([]subject.Address, len(emails))
	for i, email := range emails {
		pointer := "/emails/" + strconv.Itoa(i)
		all[i] = record.CheckEmail(at, pointer, email)
		if known[all[i].Lookup] {
			at.Add(pointer, "is the same address as one before it")
		}
		known[all[i].Lookup] = all[i].Lookup != ""
	}
	return all
}

// rename says that an address has changed, for a system that sends no ids.
func (h handler) rename(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		From string `json:"from"`
		To   string `json:"to"`
		Join bool   `json:"join"`
	}
	if err := web.Decode(r, web.PublicLimit, &b); err != nil {
		return err
	}
	var at fault.Fields
	from, to := record.CheckEmail(&at, "/from", b.From), record.CheckEmail(&at, "/to", b.To)
	if err := at.Err(); err != nil {
		return err
	}
	result, err := h.acts.Rename(r.Context(), caller(r), client(r), from, to, b.Join)
	return h.answer(w, r, result, err)
}

// separate takes a join back.
func (h handler) separate(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		Subject *record.Named `json:"subject"`
	}
	if err := web.Decode(r, web.PublicLimit, &b); err != nil {
		return err
	}
	var at fault.Fields
	if b.Subject == nil {
		at.Add("/subject", fault.Required)
	} else {
		b.Subject.Check(&at, "/subject")
	}
	if err := at.Err(); err != nil {
		return err
	}
	who, err := b.Subject.Named(client(r))
	if err != nil {
		return err
	}
	result, err := h.acts.Separate(r.Context(), caller(r), who, h.consents.Carry)
	h.follow(r.Context(), result)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		Separated bool `json:"separated"`
	}{true})
	return nil
}

// answer answers with what a call has done, after the links and sessions have died that it took the ground from.
func (h handler) answer(w http.ResponseWriter, r *http.Request, result identity.Result, err error) error {
	h.follow(r.Context(), result)
	if err != nil {
		return err
	}
	web.JSON(w, http.StatusOK, struct {
		Addresses int `json:"addresses"`
		Attached  int `json:"attached"`
		Detached  int `json:"detached"`
		Joined    int `json:"joined"`
	}{result.Addresses, result.Attached, result.Detached, result.Joined})
	return nil
}

// follow does what cannot wait for the tasks of the changes: links and sessions die, and each act is counted. A call that fails after some of its
// acts has done those. The acts stand whatever happens here: the task of a change lets its links die again.
func (h handler) follow(ctx context.Context, result identity.Result) {
	for _, change := range result.Changes {
		if err := h.count(metric.IdentityActs); err != nil {
			slog.ErrorContext(ctx, "no metrics", "error", fault.Class(err))
		}
		if err := h.consequences.CutNow(ctx, change); err != nil {
			slog.ErrorContext(ctx, "links are left to the task", "change", change, "error", fault.Class(err))
		}
	}
}

// client returns the client id in the token of a call. The ids that a call uses for data subjects are those of this client.
func client(r *http.Request) string { return access.PrincipalOf(r.Context()).ID }

// caller returns who is named in the audit entry of an act.
func caller(r *http.Request) audit.Actor { return audit.Actor{Kind: audit.Machine, ID: client(r)} }
