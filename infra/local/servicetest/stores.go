// Package servicetest builds the service for tests like the main of each function, on tables of the test's own.
//
// [Stores] has the stores of one test, with one clock, one policy, the keys, and a wire to the engine on which a test can break calls. A [Rig]
// adds the parts that use the stores. It keeps mails and objects in memory, where the test reads them. A test can replace any field. For
// example, the tests of a function put their handler on the stores, and the tests of a failing mailer replace the mailer.
package servicetest

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/helpdeskexpert/privacy/infra/local/engine/enginetest"
	"github.com/helpdeskexpert/privacy/infra/local/testclock"
	"github.com/helpdeskexpert/privacy/shared/audit"
	"github.com/helpdeskexpert/privacy/shared/dynamo"
	"github.com/helpdeskexpert/privacy/shared/dynamo/confirmations"
	"github.com/helpdeskexpert/privacy/shared/dynamo/consents"
	"github.com/helpdeskexpert/privacy/shared/dynamo/ledger"
	"github.com/helpdeskexpert/privacy/shared/dynamo/limits"
	"github.com/helpdeskexpert/privacy/shared/dynamo/mailboxes"
	"github.com/helpdeskexpert/privacy/shared/dynamo/own"
	"github.com/helpdeskexpert/privacy/shared/dynamo/queue"
	"github.com/helpdeskexpert/privacy/shared/dynamo/records"
	"github.com/helpdeskexpert/privacy/shared/dynamo/requests"
	"github.com/helpdeskexpert/privacy/shared/dynamo/subjects"
	"github.com/helpdeskexpert/privacy/shared/export"
	"github.com/helpdeskexpert/privacy/shared/intake"
	"github.com/helpdeskexpert/privacy/shared/policy"
	"github.com/helpdeskexpert/privacy/shared/record"
	"github.com/helpdeskexpert/privacy/shared/subject"
)

// Origin is the origin of a test's service.
const Origin = "https://privacy.example.com"

// Websites are the origins that the deployment of the tests names in WEBSITE_ORIGINS.
var Websites = []string{"https://www.example.com", "http://localhost:3000"}

// The keys of a test's service.
var (
	Tokens  = subject.Key("token-key-of-the-tests")
	Aliases = subject.Key("alias-key-of-the-tests")
	Clients = subject.Key("client-key-of-the-tests")
)

// Writers is how long a write may arrive after a change that it does not know of.
const Writers = 3 * time.Minute

// Stores are the stores of a test's service.
type Stores struct {
	T      testing.TB         // the test that a method without a testing.TB parameter fails; a fuzz target cannot call these methods
	Tables *enginetest.Tables // the client of Tables does not use the wire
	Wire   *enginetest.Wire
	Client *dynamodb.Client // uses the wire
	Clock  *testclock.Clock // begins at noon UTC of the day of the test

	Policy *policy.Policy // in force at the beginning

	// InForce returns the policy at a time. Everything on the stores follows it, so a test can replace it.
	InForce func(now time.Time) *policy.Policy

	Requests      *requests.Store
	Queue         *queue.Queue
	Limits        *limits.Store
	Confirmations *confirmations.Store
	Consents      *consents.WithStep
	Subjects      *subjects.Store
	Addresses     subjects.Addresses // uses Subjects
	Mailboxes     *mailboxes.Store
	Behind        mailboxes.Behind // uses Requests
	Records       *records.Writer
	Intake        *intake.Intake
	Ledger        *ledger.Store
	Own           *own.Store
}

// NewStores returns stores under the policy in force, on new tables.
func NewStores(t testing.TB) *Stores { return OpenStores(t, enginetest.DynamoDB(t), policy.InForce) }

// OpenStores returns stores on the tables and under the policy that is in force at a time. The SDK tries a failed call again without a pause.
func OpenStores(t testing.TB, tables *enginetest.Tables, inForce func(now time.Time) *policy.Policy) *Stores {
	s := &Stores{T: t, Tables: tables, Wire: &enginetest.Wire{}, InForce: inForce, Clock: tables.Clock(time.Now().UTC().Truncate(24 * time.Hour).Add(12 * time.Hour))}
	s.Client = s.Wire.Client(tables.Client, func(o *dynamodb.Options) {
		o.Retryer = retry.AddWithMaxBackoffDelay(retry.NewStandard(), time.Nanosecond)
	})
	p := s.policy
	s.Policy = p(s.Clock.Now())
	names := records.Tables{Records: tables.Name("RecordsTable"), Subjects: tables.Name("SubjectsTable"), Requests: tables.Name("RequestsTable"), Ledger: tables.Name("LedgerTable")}
	log := consents.Store{Client: s.Client, Table: tables.Name("ConsentsTable")}
	s.Requests = &requests.Store{Client: s.Client, Table: names.Requests, Ledger: tables.Name("LedgerTable"), Terms: s.terms, Now: s.Clock.Now}
	s.Limits = &limits.Store{Client: s.Client, Table: names.Requests, Policy: p}
	s.Queue = &queue.Queue{Client: s.Client, Table: names.Requests}
	s.Confirmations = &confirmations.Store{Client: s.Client, Table: names.Requests, Now: s.Clock.Now}
	s.Consents = &consents.WithStep{Store: log, Requests: names.Requests, Policy: p}
	s.Subjects = subjects.New(s.Client, names.Subjects, s.Clock.Now)
	s.Addresses = subjects.Addresses{Store: s.Subjects, Key: Aliases}
	s.Mailboxes = &mailboxes.Store{Client: s.Client, Table: names.Requests, Now: s.Clock.Now}
	s.Behind = mailboxes.Behind{Requests: s.Requests}
	s.Records = records.NewWriter(s.Client, names, s.Clock.Now)
	s.Intake = &intake.Intake{Subjects: s.Subjects, Store: s.Records, Consents: &s.Consents.Store, Aliases: Aliases, Policy: p, Now: s.Clock.Now, Writers: Writers}
	s.Ledger = &ledger.Store{Client: s.Client, Table: tables.Name("LedgerTable"), Policy: p, Now: s.Clock.Now}
	s.Own = &own.Store{Client: s.Client, Consents: log.Table, Subjects: names.Subjects, Requests: names.Requests, Ledger: s.Ledger.Table,
		Notices: tables.Name("NoticesTable")}
	return s
}

// Operator is the operator who restarts exports in tests.
var Operator = audit.Actor{Kind: audit.Operator, ID: "ada"}

// Retry restarts a stopped export, as an operator does.
func (s *Stores) Retry(id string) error {
	return export.Retry(s.T.Context(), s.Requests, id, Operator, s.InForce(s.Clock.Now()).SpanOf(policy.AuditEntry), s.Clock.Now())
}

// policy returns the policy at a time, even if the test has replaced InForce since.
func (s *Stores) policy(now time.Time) *policy.Policy { return s.InForce(now) }

// terms returns the terms of each published version, and those of the version in force.
func (s *Stores) terms(version string) policy.Terms {
	if p := s.InForce(s.Clock.Now()); version == p.Version {
		return p.Terms()
	}
	return policy.TermsOf(version)
}

// Scan returns the items of the table with the logical id, such as ConsentsTable.
func (s *Stores) Scan(table string) (all []dynamo.Item) {
	s.T.Helper()
	s.scan(table, types.SelectAllAttributes, func(page *dynamodb.ScanOutput) { all = append(all, page.Items...) })
	return all
}

// Count returns the number of items in the table with the logical id.
func (s *Stores) Count(table string) (n int) {
	s.T.Helper()
	s.scan(table, types.SelectCount, func(page *dynamodb.ScanOutput) { n += int(page.Count) })
	return n
}

func (s *Stores) scan(table string, what types.Select, each func(page *dynamodb.ScanOutput)) {
	s.T.Helper()
	pages := dynamodb.NewScanPaginator(s.Tables.Client, &dynamodb.ScanInput{TableName: aws.String(s.Tables.Name(table)), ConsistentRead: aws.Bool(true), Select: what})
	for pages.HasMorePages() {
		page, err := pages.NextPage(s.T.Context())
		if err != nil {
			s.T.Fatal(err)
		}
		each(page)
	}
}

// Parse returns the address with this spelling. It fails the test if there is none.
func (s *Stores) Parse(email string) subject.Address {
	s.T.Helper()
	a, err := subject.ParseAddress(email)
	if err != nil {
		s.T.Fatal(err)
	}
	return a
}

// Take stores a record about the owner of the address, as one of the company's systems sends it.
func (s *Stores) Take(email string, r record.Record) (intake.Result, error) {
	s.T.Helper()
	return s.Intake.TakeOne(s.T.Context(), intake.Line{Who: subject.Named{Client: CRM, Address: s.Parse(email)}, Record: r})
}
