package export_test

import (
	"context"
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/smithy-go/middleware"

	"github.com/helpdeskexpert/privacy/shared/feedback"
	"github.com/helpdeskexpert/privacy/shared/mailbox"
)

// Budget: from confirmed to mailed a request costs eight writes at most, an item in a transaction counting as one, and entries of the audit log
// apart: three open the export, one claims it, one stores its link before the mail, and three close the request after it. They are counted from the
// confirmation on, which is the first act that only the holder of the mailbox can do. The receipt of that act costs three more: the act, the claim
// before the mail, and the end after it. It is counted apart, since one receipt may tell many acts. SES's reports that its mails were sent,
// delayed and delivered cost no call to the database at all.
func TestBudgetWritesOfARequest(t *testing.T) {
	s := newRig(t)
	writes, receipt, calls := 0, 0, 0
	counting := func(writes *int) *dynamodb.Client {
		return dynamodb.New(s.Tables.Client.Options(), func(o *dynamodb.Options) {
			o.APIOptions = append(o.APIOptions, func(stack *middleware.Stack) error {
				return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("count",
					func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
						calls++
						switch p := in.Parameters.(type) {
						case *dynamodb.TransactWriteItemsInput:
							*writes += len(p.TransactItems)
						case *dynamodb.PutItemInput, *dynamodb.UpdateItemInput, *dynamodb.DeleteItemInput:
							*writes++
						}
						return next.HandleInitialize(ctx, in)
					}), middleware.Before)
			})
		})
	}
	s.Requests.Client, s.Mailboxes.Client = counting(&writes), counting(&receipt)
	s.OnRecord["anna@example.org"] = "anna@example.org"
	r := s.FileAndMail("anna@example.org")
	s.confirm(t, r)
	writes, receipt = 0, 0
	if err := s.Links.Tell(t.Context(), anna.Mailbox, mailbox.Act{Kind: mailbox.Confirmed, Request: r.ID}); err != nil {
		t.Fatal(err)
	}
	s.Work()
	mailed := map[string]int{}
	for _, m := range s.Mails {
		mailed[m.Kind]++
	}
	if !maps.Equal(mailed, map[string]int{"link": 1, "receipt": 1, "export": 1}) {
		t.Fatalf("mailed: %v", mailed)
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
	t.Logf("budget: a request, from confirmed to mailed | %d writes | 8", writes)
	t.Logf("budget: a receipt | %d writes | 3", receipt)
	if writes == 0 || writes > 8 || receipt == 0 || receipt > 3 {
		t.Errorf("%d writes, and %d for the receipt", writes, receipt)
	}
}
