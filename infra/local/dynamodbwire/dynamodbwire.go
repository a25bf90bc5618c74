// Package dynamodbwire reads and writes the HTTP form of DynamoDB calls, for anything between a client and an engine.
package dynamodbwire

import (
	"net/http"
	"strings"
)

// target is the header that names the API's version and the operation, such as DynamoDB_20120810.PutItem.
const target = "X-Amz-Target"

// Operation returns the operation that a request calls, such as PutItem, or "" if the request calls none.
func Operation(r *http.Request) string {
	_, operation, _ := strings.Cut(r.Header.Get(target), ".")
	return operation
}

// SetOperation makes the request a call of the operation.
func SetOperation(r *http.Request, operation string) {
	r.Header.Set(target, "DynamoDB_20120810."+operation)
}
