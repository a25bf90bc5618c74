package periods

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/consent"
	"github.com/helpdeskexpert/privacy/shared/consent/confirming"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/privacy"
	"github.com/helpdeskexpert/privacy/shared/request"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// noon is when everything is stored. The months after it are of different lengths.
var noon = time.Date(2026, 12, 31, 12, 0, 0, 0, time.UTC)

const anna = "anna@example.org"

// service is what the functions are put together from, under a policy of the test's, on tables of its own.
type service struct {
	t      *testing.T
	policy *policy.Policy
	tables *enginetest.Tables
	clock  *testclock.Clock

	files  *requests.Store
	desk   *request.Desk
	ful    *request.Fulfilment
	del    *request.Delivery
	log    *consents.ByMail
	byMail *consent.ByMail
	mails  *confirming.Desk
	writer *records.Writer

	token, status, preferences subject.Token // of the newest mails
	refused                    string        // the operation of DynamoDB that fails
}

func newService(t *testing.T, p *policy.Policy) *service {
	s := &service{t: t, policy: p, tables: enginetest.DynamoDB(t), clock: testclock.New(noon)}
	client := dynamodb.New(s.tables.Client.Options(), func(o *dynamodb.Options) { o.HTTPClient = s })
	key := subject.Key("a key of tests")
	names := records.Tables{Records: s.tables.Name("RecordsTable"), Subjects: s.tables.Name("SubjectsTable"), Requests: s.tables.Name("RequestsTable")}
	terms := func(version string) policy.Terms {
		if version == p.Version {
			return p.Terms()
		}
		return policy.TermsOf(version)
	}
	s.files = &requests.Store{Client: client, Table: names.Requests, Policy: p, Terms: terms, Now: s.clock.Now}
	s.desk = &request.Desk{Register: s.files, Tokens: key, Policy: p, Now: s.clock.Now}
	s.ful = &request.Fulfilment{Register: s.files, Addresses: s, Mailboxes: s, Limiter: s, Mailer: s, Tokens: key, Policy: p, Now: s.clock.Now}
	s.del = &request.Delivery{Register: s.files, Bundles: s, Mailer: s, Tokens: key, Policy: p, Now: s.clock.Now}
	s.log = &consents.ByMail{Store: consents.Store{Client: client, Table: s.tables.Name("ConsentsTable")}, Requests: names.Requests, Steps: p.SpanOf(policy.WorkStep)}
	waiting := &confirmations.Store{Client: client, Table: names.Requests, Now: s.clock.Now}
	s.byMail = &consent.ByMail{Recorder: &consent.Recorder{Log: s.log, Periods: p.ConsentPeriods(), Now: s.clock.Now}, Confirmations: waiting, Tokens: key}
	s.mails = &confirming.Desk{Confirmations: waiting, Subjects: s, Mailboxes: s, Limiter: s, Mailer: s, Tokens: key, Periods: p.ConsentPeriods(), Now: s.clock.Now}
	s.writer = records.NewWriter(client, names, p, s.clock.Now)
	return s
}

// Mailbox is the one mailbox of all addresses.
func (s *service) Mailbox(subject.Address) string { return "mailbox" }

func (s *service) Listed(ctx context.Context, mailbox string) (request.Listed, error) {
	return s.files.Listed(ctx, mailbox)
}

func (s *service) ListConsent(ctx context.Context, a subject.Address, id string, until time.Time) error {
	return s.files.ListConsent(ctx, s.Mailbox(a), id, until)
}

// Do is the wire to DynamoDB, on which one operation can fail.
func (s *service) Do(q *http.Request) (*http.Response, error) {
	if _, operation, _ := strings.Cut(q.Header.Get("X-Amz-Target"), "."); operation == s.refused {
		refusal := io.NopCloser(strings.NewReader(`{"__type":"com.amazonaws.dynamodb.v20120810#ValidationException","message":"refused"}`))
		return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{}, Body: refusal, Request: q}, nil
	}
	return http.DefaultClient.Do(q)
}

// must ends the test at an error.
func (s *service) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// ends returns when the one item of a table ends whose keys begin so.
func (s *service) ends(table, pk, sk string) time.Time {
	s.t.Helper()
	out, err := s.tables.Client.Scan(s.t.Context(), &dynamodb.ScanInput{TableName: aws.String(s.tables.Name(table)), ConsistentRead: aws.Bool(true)})
	s.must(err)
	var found []time.Time
	for _, item := range out.Items {
		if strings.HasPrefix(dynamo.Text(item, dynamo.PK), pk) && strings.HasPrefix(dynamo.Text(item, dynamo.SK), sk) {
			found = append(found, dynamo.Time(item, dynamo.ExpiresAt))
		}
	}
	if len(found) != 1 || found[0].IsZero() {
		s.t.Fatalf("%s %s %s: stored until %v, and one with an end was wanted", table, pk, sk, found)
	}
	return found[0]
}

// file files a request and mails its challenge.
func (s *service) file() request.Request {
	s.t.Helper()
	r, err := s.desk.File(s.t.Context(), request.Filing{Right: privacy.Access, Email: anna})
	s.must(err)
	s.must(s.ful.Run(s.t.Context(), r.ID))
	return r
}

// answer files a request, proves its address, and mails its export.
func (s *service) answer() request.Request {
	s.t.Helper()
	r := s.file()
	_, err := s.desk.Verify(s.t.Context(), r.ID, s.token)
	s.must(err)
	s.must(s.ful.Run(s.t.Context(), r.ID))
	_, err = s.del.Run(s.t.Context(), r.ID, 1)
	s.must(err)
	return r
}

// act grants or refuses marketing mail under the version in force.
func act(state consent.State) consent.Act {
	return consent.Act{
		Who: consent.Who{Email: anna}, Operation: "019ab2c4-7a10-7c3e-9d55-2f6b8a41c0de", PolicyVersion: policy.CurrentVersion, Language: "en", Surface: "form",
		Decisions: map[privacy.Purpose]consent.State{privacy.MarketingEmail: state},
	}
}

// changed returns a copy of the policy that change has been at.
func changed(t *testing.T, change func(p *policy.Policy)) *policy.Policy {
	t.Helper()
	text, err := json.Marshal(policy.Current())
	if err != nil {
		t.Fatal(err)
	}
	var p policy.Policy
	if err := json.Unmarshal(text, &p); err != nil {
		t.Fatal(err)
	}
	change(&p)
	return &p
}

// longer gives one kind a row of its own, whose period is longer than the one so far by one of the unit in which it is counted.
func longer(p *policy.Policy, kind policy.Kind) {
	row := p.RetentionOf(kind)
	row.ID, row.Stored = "changed", []policy.Kind{kind}
	row.Years, row.Months, row.Days = row.Years+min(row.Years, 1), row.Months+min(row.Months, 1), row.Days+min(row.Days, 1)
	p.Retention = append([]policy.Retention{row}, p.Retention...) // the first row that names a kind governs it
}

// The other half of every mail and bundle: what they need of the outside.

func (s *service) Find(context.Context, subject.Address) (privacy.SubjectID, string, bool, error) {
	return "sid", anna, true, nil
}

func (s *service) Introduce(context.Context, subject.Address, time.Time) (privacy.SubjectID, string, error) {
	return "sid", anna, nil
}

func (s *service) MayChallenge(context.Context, subject.Address, string, bool, time.Time) (may, later bool, err error) {
	return true, false, nil
}

func (s *service) NotMailed(context.Context, subject.Address, string, time.Time) error { return nil }

func (s *service) MayMail(context.Context, string, time.Time) (bool, error) { return true, nil }

func (s *service) Challenge(_ context.Context, _ string, _ request.Request, verify, status subject.Token) error {
	s.token, s.status = verify, status
	return nil
}

func (s *service) NothingHeld(context.Context, string, request.Request, subject.Token) error {
	return nil
}

func (s *service) ConfirmConsent(_ context.Context, _ string, _ consent.Confirmation, confirm, preferences subject.Token, _ string) error {
	s.token, s.preferences = confirm, preferences
	return nil
}

func (s *service) ExportReady(context.Context, request.Request, request.Export, subject.Token, string, subject.Token) error {
	return nil
}

func (s *service) Seal(context.Context, request.Request, request.Export) (int64, string, error) {
	return 42, "AGE-SECRET-KEY-PQ-1TEST", nil
}

func (s *service) Discard(context.Context, string) error { return nil }
