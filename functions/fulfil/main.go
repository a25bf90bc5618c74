// Command fulfil does every due step except exports. It puts requests and consents by address behind their mailboxes, mails links and receipts, opens
// exports, and tells an unknown person that nothing is stored. It imposes and lifts limits on the use of data, and mails what the team decided. It
// applies consents and withdrawals to other stored data, and finishes walks over account data.
package main

import (
	"log"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/caarlos0/env/v11"

	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/web"
)

func main() {
	c, err := env.ParseAs[config]()
	if err != nil {
		log.Fatal(err)
	}
	web.LogJSON()
	lambda.Start(queue.Handler(c.open(time.Now)))
}
