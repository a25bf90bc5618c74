package dynamo

import _ "embed"

// Keys is the text of doc.go with the table of every key, for the operator's command line. No function uses it, so no function's binary contains it.
//
//go:embed doc.go
var Keys string
