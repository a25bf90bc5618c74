package streams

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
)

// record is one change of an item on its way to a function.
type record struct {
	sequence string
	created  time.Time
	lane     string         // what must stay in order: the item's partition key
	event    map[string]any // as Lambda hands it to the function
}

// newRecord turns a change into the event that Lambda makes of it.
func newRecord(r changed, arn string) record {
	change := map[string]any{
		"Keys":           image(r.Dynamodb.Keys),
		"SequenceNumber": *r.Dynamodb.SequenceNumber,
		"StreamViewType": string(r.Dynamodb.StreamViewType),
	}
	created := time.Now()
	if at := r.Dynamodb.ApproximateCreationDateTime; at != nil {
		created = *at
	}
	change["ApproximateCreationDateTime"] = float64(created.Unix())
	if size := r.Dynamodb.SizeBytes; size != nil {
		change["SizeBytes"] = float64(*size)
	}
	if r.Dynamodb.NewImage != nil {
		change["NewImage"] = image(r.Dynamodb.NewImage)
	}
	if r.Dynamodb.OldImage != nil {
		change["OldImage"] = image(r.Dynamodb.OldImage)
	}
	pk, _ := r.Dynamodb.Keys["PK"].(*types.AttributeValueMemberS)
	out := record{sequence: *r.Dynamodb.SequenceNumber, created: created, event: map[string]any{
		"eventID": text(r.EventID), "eventName": string(r.EventName), "eventVersion": "1.1", "eventSource": "aws:dynamodb",
		"awsRegion": "eu-west-2", "eventSourceARN": arn, "dynamodb": change,
	}}
	if r.by != nil {
		out.event["userIdentity"] = map[string]any{"type": r.by.Type, "principalId": r.by.PrincipalID}
	}
	if pk != nil {
		out.lane = pk.Value
	}
	return out
}

// text reads an optional string.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// image writes the attributes of an item.
func image(attributes map[string]types.AttributeValue) map[string]any {
	out := make(map[string]any, len(attributes))
	for name, value := range attributes {
		out[name] = attribute(value)
	}
	return out
}

// attribute writes a value as DynamoDB's JSON does: {"S": "text"}. Bytes become base64 when the event is encoded.
func attribute(value types.AttributeValue) map[string]any {
	switch v := value.(type) {
	case *types.AttributeValueMemberS:
		return map[string]any{"S": v.Value}
	case *types.AttributeValueMemberN:
		return map[string]any{"N": v.Value}
	case *types.AttributeValueMemberB:
		return map[string]any{"B": v.Value}
	case *types.AttributeValueMemberBOOL:
		return map[string]any{"BOOL": v.Value}
	case *types.AttributeValueMemberNULL:
		return map[string]any{"NULL": v.Value}
	case *types.AttributeValueMemberSS:
		return map[string]any{"SS": v.Value}
	case *types.AttributeValueMemberNS:
		return map[string]any{"NS": v.Value}
	case *types.AttributeValueMemberBS:
		return map[string]any{"BS": v.Value}
	case *types.AttributeValueMemberM:
		return map[string]any{"M": image(v.Value)}
	case *types.AttributeValueMemberL:
		list := make([]any, len(v.Value))
		for i, item := range v.Value {
			list[i] = attribute(item)
		}
		return map[string]any{"L": list}
	}
	return map[string]any{}
}
