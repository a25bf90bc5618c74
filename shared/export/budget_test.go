package export_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/helpdeskexpert/privacy/shared/feedback"
)

// Budget: from verified to mailed a request costs eight writes at most, an item in a transaction counting as one. SES's reports that its mails
// were sent, delayed and delivered cost no call to the database at all.
func TestBudgetWritesOfARequest(t *testing.T) {
	s := newRig(t)
	writes, calls := 0, 0
	s.Requests.Client = dynamodb.New(s.Tables.Client.Options(), func(o *dynamodb.Options) {
		o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
			return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("count",
				func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
					calls++
					switch p := in.Parameters.(type) {
					case *dynamodb.TransactWriteItemsInput:
						writes += len(p.TransactItems)
					case *dynamodb.PutItemInput, *dynamodb.UpdateItemInput, *dynamodb.DeleteItemInput:
						writes++
					}
					return next.HandleInitialize(ctx, in)
				}), middleware.Before)
		})
	})
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.FileAndMail("anna@example.org")
	s.confirm(t, r)
	writes = 0
	s.Work()
	if s.LastMail().Kind != "export" {
		t.Fatalf("no export was mailed")
	}
	calls = 0
	for _, m := range s.Mails {
		for _, outcome := range []feedback.Outcome{feedback.Sent, feedback.Delayed, feedback.Delivered} {
			s.Report(m, outcome, false, "")
		}
	}
	if calls != 0 {
		t.Errorf("%d calls because of reports about mails that arrived", calls)
	}
	t.Logf("budget: a request, from verified to mailed | %d writes | 8", writes)
	if writes == 0 || writes > 8 {
		t.Errorf("%d writes", writes)
	}
}
