package queue

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/shared/work"
)

// Event is what wakes the functions that do work: a batch of the table's stream, or a schedule, whose event has no records.
type Event struct {
	Records []events.DynamoDBEventRecord `json:"Records"`
}

// Answer reports the records of a batch that failed. Lambda delivers the batch again from the first of them, and doing again what was
// done changes nothing (faults F02, F19).
type Answer = events.DynamoDBEventResponse

// Handler returns the handler of a function that does due tasks: those that the records of a batch name, or with the schedule's event all.
func Handler(runner *work.Runner) func(context.Context, Event) (Answer, error) {
	return func(ctx context.Context, event Event) (answer Answer, err error) {
		if len(event.Records) == 0 {
			return answer, runner.Scheduled(ctx)
		}
		for _, i := range runner.Batch(ctx, event.Tasks()) {
			answer.BatchItemFailures = append(answer.BatchItemFailures,
				events.DynamoDBBatchItemFailure{ItemIdentifier: event.Records[i].Change.SequenceNumber})
		}
		return answer, nil
	}
}

// Tasks returns the task that each record names, or the zero Task where it names none. A stream only wakes a function up: the record's image
// is not looked at, since the table may have moved on.
func (e Event) Tasks() []work.Task {
	tasks := make([]work.Task, len(e.Records))
	for i, record := range e.Records {
		if !byTTL(record) {
			keys := record.Change.Keys
			tasks[i] = Parse(keys["PK"].String(), keys["SK"].String())
		}
	}
	return tasks
}

// byTTL reports whether DynamoDB's own TTL made the change, by the identity of its service. Such a deletion is the end of an item's
// retention: nobody erased anything, and nothing is left to be done about the item (fault F09).
func byTTL(record events.DynamoDBEventRecord) bool {
	who := record.UserIdentity
	return who != nil && who.Type == "Service" && who.PrincipalID == "dynamodb.amazonaws.com"
}
