package ses

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"

	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/awsenv"
)

// noon is when the clock of each rig starts.
var noon = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// rig is an account that the tests call through AWS's own SDK, with everything that it kept and published.
type rig struct {
	*Account
	client *sesv2.Client
	clock  *testclock.Clock

	mu     sync.Mutex
	mails  []Mail
	events []map[string]any
}

func newRig(t testing.TB, o Options) *rig {
	t.Helper()
	r := &rig{clock: testclock.New(noon)}
	o.Sender, o.Now, o.ConfigurationSet = "privacy@example.com", r.clock.Now, "mails"
	o.Keep = func(mails ...Mail) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.mails = append(r.mails, mails...)
		return nil
	}
	o.Sink = func(text []byte) {
		var e map[string]any
		if err := json.Unmarshal(text, &e); err != nil {
			t.Errorf("an event is no JSON: %s", text)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
	}
	r.Account = Open(o)
	server := httptest.NewServer(r.Account)
	t.Cleanup(server.Close)
	r.client = connect(t, server.URL)
	return r
}

// connect returns a client as functions have it, but without retries.
func connect(t testing.TB, url string) *sesv2.Client {
	t.Helper()
	for name, value := range map[string]string{"AWS_REGION": "eu-west-2", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_ENDPOINT_URL_SESV2": url} {
		t.Setenv(name, value)
	}
	return sesv2.NewFromConfig(awsenv.Config("SESV2"), func(o *sesv2.Options) { o.Retryer = aws.NopRetryer{} })
}

// taken returns what was kept and published since the last call.
func (r *rig) taken() (mails []Mail, events []map[string]any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	mails, events = r.mails, r.events
	r.mails, r.events = nil, nil
	return mails, events
}

// kinds returns the kinds of events, in their order.
func kinds(events []map[string]any) []string {
	all := make([]string, len(events))
	for i, e := range events {
		all[i], _ = e["eventType"].(string)
	}
	return all
}

// tags returns the tags of the mail with that part.
func tags(part string) []types.MessageTag {
	return []types.MessageTag{{Name: aws.String("kind"), Value: aws.String("notice")}, {Name: aws.String("about"), Value: aws.String("2026-11-02")},
		{Name: aws.String("part"), Value: &part}}
}

// single is a mail to one address.
func single(to string) *sesv2.SendEmailInput {
	m := message("HelpDesk <privacy@example.com>", to)
	m.ConfigurationSetName, m.EmailTags = aws.String("mails"), tags("1")
	return m
}

// bulk is a call with a mail to each address.
func bulk(to ...string) *sesv2.SendBulkEmailInput {
	entries := make([]types.BulkEmailEntry, len(to))
	for i, address := range to {
		entries[i] = types.BulkEmailEntry{Destination: &types.Destination{ToAddresses: []string{address}}, ReplacementTags: tags(fmt.Sprintf("1-%d", i))}
	}
	return &sesv2.SendBulkEmailInput{
		FromEmailAddress: aws.String("HelpDesk <privacy@example.com>"), ConfigurationSetName: aws.String("mails"), BulkEmailEntries: entries,
		DefaultContent: &types.BulkEmailContent{Template: &types.Template{
			TemplateContent: &types.EmailTemplateContent{Subject: aws.String("Grüße"), Text: aws.String("plain"), Html: aws.String("<p>rich")},
			TemplateData:    aws.String("{}"), Headers: []types.MessageHeader{{Name: aws.String("Auto-Submitted"), Value: aws.String("auto-generated")}},
		}},
	}
}

// crowd returns addresses, n of them.
func crowd(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("p%d@example.org", i)
	}
	return all
}

// statuses makes a call and returns the status of each of its entries.
func (r *rig) statuses(t testing.TB, m *sesv2.SendBulkEmailInput) []types.BulkEmailStatus {
	t.Helper()
	output, err := r.client.SendBulkEmail(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]types.BulkEmailStatus, len(output.BulkEmailEntryResults))
	for i, result := range output.BulkEmailEntryResults {
		all[i] = result.Status
	}
	return all
}

// accepted makes a call and returns how many of its entries were accepted.
func (r *rig) accepted(t testing.TB, m *sesv2.SendBulkEmailInput) (n int) {
	t.Helper()
	for _, status := range r.statuses(t, m) {
		if status == types.BulkEmailStatusSuccess {
			n++
		}
	}
	return n
}

// code returns the name of SES's error, or nothing.
func code(err error) string {
	if named, ok := errors.AsType[smithy.APIError](err); ok {
		return named.ErrorCode()
	}
	return ""
}
