package queue

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"github.com/helpdeskexpert/privacy/shared/work"
)

// Event wakes a function that does work. It is a batch of the table's stream, or the event of a schedule, which has no records.
type Event struct {
	Records []events.DynamoDBEventRecord `json:"Records"`
}

// Answer reports the records of a batch that failed. Lambda delivers the batch again from the first failed record on. Repeating work that
// was done changes nothing (faults F02, F19).
type Answer = events.DynamoDBEventResponse

// Handler returns the handler of a function that does due tasks. For a batch it does the tasks that the records name; for the schedule's
// event it does all due tasks.
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

// Tasks returns the task that each record names, or the zero Task for a record that names none. It does not look at the record's image,
// because the item may have changed since.
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

// byTTL reports whether DynamoDB's own TTL made the change, which the identity in the record shows. Such a deletion only ends the item's
// retention, so there is nothing left to do about the item (fault F09).
func byTTL(record events.DynamoDBEventRecord) bool {
	who := record.UserIdentity
	return who != nil && who.Type == "Service" && who.PrincipalID == "dynamodb.amazonaws.com"
}
