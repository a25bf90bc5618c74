package requests

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/shared/request"
)

// Event is what wakes the functions that do work: a batch of the table's stream, or a schedule, whose event has no records.
type Event struct {
	Records []events.DynamoDBEventRecord `json:"Records"`
}

// Answer reports the records of a batch that failed. Lambda delivers the batch again from the first of them, and doing again what was
// done changes nothing (faults F02, F19).
type Answer = events.DynamoDBEventResponse

// FromStream reports whether the event is a batch of the stream.
func (e Event) FromStream() bool { return len(e.Records) > 0 }

// byTTL reports whether DynamoDB's own TTL made the change, by the identity of its service. Such a deletion is the end of an item's
// retention: nobody erased anything, and nothing is left to be done about the item (fault F09).
func byTTL(record events.DynamoDBEventRecord) bool {
	who := record.UserIdentity
	return who != nil && who.Type == "Service" && who.PrincipalID == "dynamodb.amazonaws.com"
}

// Each does the work that every record points at. A stream is only a wake-up: the record's image is not looked at, since the table may have
// moved on, and doing the same work twice changes nothing (fault F02).
func (e Event) Each(ctx context.Context, do func(context.Context, request.Reference) error) Answer {
	var answer Answer
	for _, record := range e.Records {
		if byTTL(record) {
			continue
		}
		keys := record.Change.Keys
		reference := request.Reference{PK: keys["PK"].String(), SK: keys["SK"].String()}
		if err := do(ctx, reference); err != nil {
			answer.BatchItemFailures = append(answer.BatchItemFailures,
				events.DynamoDBBatchItemFailure{ItemIdentifier: record.Change.SequenceNumber})
		}
	}
	return answer
}
