// Command consent records, reads and withdraws consent. It is the hot path: it opens DynamoDB and nothing else.
package main

import (
	"log"
	"os"
	"strings"
	"time"

	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/subject"
	"github.com/helpdeskexpert/privacy/shared/web"
)

func main() {
	client := dynamo.Open()
	recorder := &consent.Recorder{Log: &consents.Store{Client: client, Table: required("CONSENTS_TABLE")}, Periods: policy.CurrentConsentPeriods(), Now: time.Now}
	web.Start(routes(handler{
		visitors: recorder,
		byAddress: &mailbox.Consents{
			Recorder:      recorder,
			Confirmations: &confirmations.Store{Client: client, Table: required("REQUESTS_TABLE"), Now: time.Now},
		},
		clients: subject.Key(required("CLIENT_KEY")),
	}, append(websites(), required("ORIGIN"))...))
}

// websites returns the origins of the websites whose pages may call, besides the service's own; none where the variable is empty.
func websites() []string {
	return strings.FieldsFunc(os.Getenv("WEBSITE_ORIGINS"), func(r rune) bool { return r == ',' })
}

// required reads a variable of the environment. The library by which the other functions read theirs would cost 64 KB of the binary's
// budget.
func required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("the environment variable %s is not set", name)
	}
	return value
}
