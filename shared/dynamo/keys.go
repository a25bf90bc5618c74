package dynamo

import _ "embed"

// Keys is the text of doc.go, which lists every key. Only the operator's command line uses it, so no function's binary contains it.
//
//go:embed doc.go
var Keys string
