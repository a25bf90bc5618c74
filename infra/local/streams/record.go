package streams

import "time"

// record is one change of an item on its way to a function.
type record struct {
	sequence string
	created  time.Time
	lane     string         // what must stay in order: the item's partition key
	event    map[string]any // as Lambda hands it to the function
}

// newRecord turns a change into the event that Lambda makes of it.
func newRecord(r changed, arn string) record {
	out := record{created: time.Now(), event: map[string]any{
		"eventID": r.EventID, "eventName": r.EventName, "eventVersion": "1.1", "eventSource": "aws:dynamodb",
		"awsRegion": "eu-west-2", "eventSourceARN": arn, "dynamodb": r.Dynamodb,
	}}
	if at, ok := r.Dynamodb["ApproximateCreationDateTime"].(float64); ok {
		out.created = time.UnixMilli(int64(at * 1000))
		r.Dynamodb["ApproximateCreationDateTime"] = out.created.Unix() // Lambda gives whole seconds
	}
	if r.UserIdentity != nil {
		out.event["userIdentity"] = map[string]any{"type": r.UserIdentity.Type, "principalId": r.UserIdentity.PrincipalID}
	}
	out.sequence, _ = r.Dynamodb["SequenceNumber"].(string)
	keys, _ := r.Dynamodb["Keys"].(map[string]any)
	pk, _ := keys["PK"].(map[string]any)
	out.lane, _ = pk["S"].(string)
	return out
}
