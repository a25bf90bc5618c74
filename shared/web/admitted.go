package web

import (
	"context"
	"net/http"
	"time"

	"github.com/helpdeskexpert/privacy/shared/access"
	"github.com/helpdeskexpert/privacy/shared/fault"
)

// answerTime is the part of a function's time that is reserved for the answer.
const answerTime = time.Second

// Authorizer checks the token of a request against a rule and returns the caller.
type Authorizer interface {
	Authorize(r *http.Request, rule access.Rule) (access.Principal, error)
}

// HandleAdmitted registers the handlers of routes that ask for a token, by their route keys. A handler is called if the route's rule admits
// the caller, whom it finds with [access.PrincipalOf]. Its context ends early enough to answer in time, and a call that ran out of time is
// answered 503. HandleAdmitted panics for a route that is not in [access.Rules], so that no function can start a route without a rule.
func HandleAdmitted(m *Mux, auth Authorizer, routes map[string]func(http.ResponseWriter, *http.Request) error) {
	for route, handle := range routes {
		rule, listed := access.Rules[route]
		if !listed {
			panic("web: no rule for " + route)
		}
		m.Handle(route, admitted(auth, rule, handle))
	}
}

func admitted(auth Authorizer, rule access.Rule, handle func(http.ResponseWriter, *http.Request) error) func(http.ResponseWriter, *http.Request) error {
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
		return fault.InTime(handle(w, r.WithContext(ctx)))
	}
}
