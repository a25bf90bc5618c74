// Package access says who may call: scopes for the company's systems, in one table from route to scope.
package access

// Scope is a permission that an access token carries (RFC 6749, section 3.3).
type Scope string

// The scopes of this service.
const (
	RecordsWrite  Scope = "records.write"  // send in records, end contracts
	DecisionsRead Scope = "decisions.read" // ask whether a data subject's data may be used for a purpose
)

// Scopes is the table of every route that asks for a token. A route that is absent is public; ingest refuses to start a
// route that is not here, so a forgotten row fails closed.
var Scopes = map[string]Scope{
	"PUT /v1/records/{category}/{id}": RecordsWrite,
	"POST /v1/records":                RecordsWrite,
	"POST /v1/subjects/contract-end":  RecordsWrite,
	"POST /v1/decisions":              DecisionsRead,
}
