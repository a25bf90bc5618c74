package dynamo

import _ "embed"

// Keys is the table of every key, as the source of this package has it, for the operator's command line. No function
// refers to it, so none carries it.
//
//go:embed doc.go
var Keys string
