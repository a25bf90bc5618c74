package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/work"
)

// refusing implements every kind of step, and fails each.
type refusing struct{ ids []string }

func (r *refusing) step(id string) error {
	r.ids = append(r.ids, id)
	return errors.New("refused")
}

func (r *refusing) Run(_ context.Context, id string) error              { return r.step(id) }
func (r *refusing) about(_ context.Context, id privacy.SubjectID) error { return r.step(string(id)) }
func (r *refusing) Save(_ context.Context, file request.File, _ ...request.Item) (request.File, error) {
	return file, nil
}
func (r *refusing) Under(_ context.Context, id string) ([]request.Request, error) {
	return nil, r.step(id)
}
func (r *refusing) Due(context.Context, time.Time) ([]work.Task, error) { return nil, nil }

func (r *refusing) Load(_ context.Context, id string) (request.File, error) {
	return request.File{}, r.step(id)
}

// An event of the stream or of the schedule may contain anything. Each record that names a task is worked on once, and the answer names each
// record whose work failed. A record that names no task must not fail, or the stream would deliver it again and again.
func FuzzEvent(f *testing.F) {
	right := []byte(`{"Records":[{"eventName":"INSERT","dynamodb":{"SequenceNumber":"1","Keys":{"PK":{"S":"r#1"},"SK":{"S":"REQUEST"}}}},
		{"dynamodb":{"SequenceNumber":"2","Keys":{"PK":{"S":"s#1"},"SK":{"S":"STEP#walk"}}}},{"dynamodb":{"SequenceNumber":"3","Keys":{"PK":{"S":"s#1"},"SK":{"S":"STEP#consent"}}}},
		{"dynamodb":{"SequenceNumber":"4","Keys":{"PK":{"S":"c#1"},"SK":{"S":"CONSENT"}}}},{"dynamodb":{"SequenceNumber":"5","Keys":{"PK":{"S":"r#1"},"SK":{"S":"EXPORT#1"}}}},
		{"dynamodb":{"SequenceNumber":"6","Keys":{"PK":{"S":"m#1"},"SK":{"S":"MAILBOX"}}}},{"dynamodb":{"SequenceNumber":"7","Keys":{"PK":{"S":"l#1"},"SK":{"S":"LINK"}}}}]}`)
	f.Add(right)
	f.Add([]byte(`{"Records":[{"dynamodb":{"SequenceNumber":"1","Keys":{"PK":{"N":"1"},"SK":{"B":"AA=="}}}},{}]}`))
	f.Add([]byte(`{"Records":[{"eventName":"REMOVE","userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"},"dynamodb":{"Keys":{"PK":{"S":"r#1"},"SK":{"S":"REQUEST"}}}}]}`))
	f.Add([]byte(`{"Records":[{"dynamodb":{"Keys":{"PK":{"NULL":true},"SK":null}}},{"dynamodb":{"Keys":{"PK":{"L":[{"S":1}]},"SK":{"M":{"a":{}}}}}},null]}`))
	f.Add([]byte(`{"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		r := &refusing{}
		fulfilment := &request.Fulfilment{Register: r, Policy: policy.InForce, Now: time.Now}
		handle := queue.Handler(newRunner(r, map[work.Kind]work.Do{
			work.Request: work.Step(fulfilment.Run), work.Confirmation: work.Step(r.Run), work.Link: work.Step(r.Run), work.Mailbox: work.Step(r.Run),
			work.Consent: ofSubject(r.about), work.Walk: ofSubject(r.about),
		}, time.Now))
		out, err := lambda.NewHandler(handle).Invoke(t.Context(), payload)
		var event events.DynamoDBEvent
		if json.NewDecoder(bytes.NewReader(payload)).Decode(&event) != nil { // like Lambda, which ignores what follows the JSON value
			if err == nil {
				t.Errorf("%+q was accepted as an event", payload)
			}
			return
		}
		var answer events.DynamoDBEventResponse
		if err != nil || json.Unmarshal(out, &answer) != nil {
			t.Fatalf("%s, %v", out, err)
		}
		if len(answer.BatchItemFailures) != len(r.ids) || bytes.Equal(payload, right) && len(r.ids) != 6 { // function export does the exports
			t.Errorf("%q failed, and %v were named", r.ids, answer.BatchItemFailures)
		}
		for _, failed := range answer.BatchItemFailures {
			if !slices.ContainsFunc(event.Records, func(r events.DynamoDBEventRecord) bool { return r.Change.SequenceNumber == failed.ItemIdentifier }) {
				t.Errorf("%+q is not a record of the batch", failed.ItemIdentifier)
			}
		}
		for _, id := range r.ids {
			if !strings.Contains(string(payload), "#") {
				t.Errorf("%+q was worked on", id)
			}
		}
	})
}
