// Package access says who may call: who a caller is, and what each route asks of a caller.
package access

import (
	"context"
	"slices"

	"github.com/helpdeskexpert/privacy/shared/fault"
)

// Kind says what a caller is.
type Kind string

// Machine is a system of the company's that calls with its own access token.
const Machine Kind = "machine"

// Scope is a permission that an access token carries (RFC 6749, section 3.3), without the prefix that the issuer writes before it.
type Scope string

// The scopes of this service.
const (
	RecordsWrite  Scope = "records.write"  // send in records, end contracts, acknowledge erasures
	DecisionsRead Scope = "decisions.read" // ask whether a data subject's data may be used for a purpose
	SubjectsWrite Scope = "subjects.write" // state the addresses of a data subject, rename them, join and separate data subjects
	NoticesManage Scope = "notices.manage" // see the campaigns of notices, and stop, continue, end and retry them
)

// Role is what a person does in the company. A machine's token carries none.
type Role string

// Principal is a caller whose token was verified.
type Principal struct {
	Kind   Kind
	ID     string // the client id in the token: it names a system, and is never an e-mail address
	Scopes []Scope
	Roles  []Role
}

type contextKey struct{}

// WithPrincipal returns a context that carries the principal of a call to its handler.
func WithPrincipal(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, contextKey{}, p)
}

// PrincipalOf returns the principal that the context carries. Without one it returns the zero Principal, which no rule admits.
func PrincipalOf(ctx context.Context) Principal {
	p, _ := ctx.Value(contextKey{}).(Principal)
	return p
}

// Rule says what a route asks of its caller: all the scopes, and all the roles. An empty rule admits nobody, so a row that is missing or was
// left empty opens no route.
type Rule struct {
	Scopes []Scope
	Roles  []Role
}

var (
	errNoRule = fault.New(fault.Forbidden, "This route admits nobody.")
	errNoRole = fault.New(fault.Forbidden, "The token lacks a role.")
)

// Admits returns nil if the rule lets the principal through, and fault.Forbidden otherwise. The error names the first missing scope as a
// token spells it, with the prefix that the issuer writes before every scope of this service.
func (r Rule) Admits(p Principal, prefix string) error {
	if len(r.Scopes)+len(r.Roles) == 0 {
		return errNoRule
	}
	for _, scope := range r.Scopes {
		if !slices.Contains(p.Scopes, scope) {
			return fault.New(fault.Forbidden, "The token lacks the scope "+prefix+string(scope)+".")
		}
	}
	for _, role := range r.Roles {
		if !slices.Contains(p.Roles, role) {
			return errNoRole
		}
	}
	return nil
}

// Rules is the table of every route that asks for a token. A route that is absent is public. The functions that serve them, ingest, identity and
// control, refuse to start with a route that is not here, so a forgotten row fails closed.
var Rules = map[string]Rule{
	"PUT /v1/records/{category}/{id}": {Scopes: []Scope{RecordsWrite}},
	"POST /v1/records":                {Scopes: []Scope{RecordsWrite}},
	"POST /v1/subjects/contract-end":  {Scopes: []Scope{RecordsWrite}},
	"POST /v1/decisions":              {Scopes: []Scope{DecisionsRead}},

	"POST /v1/records/{category}/{id}/retract": {Scopes: []Scope{RecordsWrite}},
	"POST /v1/erasures/{id}/acknowledge":       {Scopes: []Scope{RecordsWrite}},
	"PUT /v1/subjects/{id}":                    {Scopes: []Scope{SubjectsWrite}},
	"POST /v1/subjects/rename":                 {Scopes: []Scope{SubjectsWrite}},
	"POST /v1/subjects/separate":               {Scopes: []Scope{SubjectsWrite}},

	"GET /v1/notices":                   {Scopes: []Scope{NoticesManage}},
	"GET /v1/notices/{version}":         {Scopes: []Scope{NoticesManage}},
	"POST /v1/notices/{version}/pause":  {Scopes: []Scope{NoticesManage}},
	"POST /v1/notices/{version}/resume": {Scopes: []Scope{NoticesManage}},
	"POST /v1/notices/{version}/cancel": {Scopes: []Scope{NoticesManage}},
	"POST /v1/notices/{version}/retry":  {Scopes: []Scope{NoticesManage}},
}
